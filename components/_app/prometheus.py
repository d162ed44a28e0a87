"""What Prometheus knows of a model in use, by fixed queries; no query comes from a browser."""

import asyncio
import math
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from components._problem.metrics import describe_metric
from components.errors import SuiteError

Json = dict[str, Any]
# The values of a series by the values of one label.
Figures = dict[str, float]


class HealthWindow(NamedTuple):
    """A time up to now, in seconds, with the steps of its charts and the time over which a rate is taken."""

    seconds: int
    step: int
    rate: int


WINDOWS = {
    "1h": HealthWindow(3600, 60, 300),
    "24h": HealthWindow(86_400, 900, 900),
    "7d": HealthWindow(604_800, 7200, 7200),
}

_SECONDS = 5.0
_MONITOR = "tabular_monitor_"


class PrometheusFailed(SuiteError):
    """Prometheus did not answer, or refused a query."""


class Prometheus:
    """Asks a Prometheus about one model.

    Parameters
    ----------
    url : str
        Its address, up to and without ``/api``.
    model : str
        The model's name in the addresses of its servers, which the exporter of monitoring reports has, too.
    namespace : str or None
        The namespace of the servers, if Prometheus has those of more than one. The exporter of reports may
        be in another.
    """

    def __init__(self, url: str, model: str, namespace: str | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/api/v1/", timeout=_SECONDS)
        place = {} if namespace is None else {"namespace": namespace}
        # The server's own metrics do not have the model's name; the one about the model shows whose they are.
        info = f"tabular_model_info{_write_labels({'name': model, **place})}"
        self._servers = f"* on (instance, job) group_left () max by (instance, job) ({info})"
        self._monitored = {"model": model}

    async def read_counts(self, window: HealthWindow) -> Json:
        """Return what the servers counted within a window, in the form of ``ServerMetrics.describe``.

        Raises
        ------
        PrometheusFailed
            Prometheus did not answer, or refused a query.
        """
        metrics = {
            "outcomes": ("requests_total", "outcome"),
            "seconds": ("request_seconds_bucket", "le"),
            "decisions": ("decisions_total", "class"),
            "nulls": ("nulls_total", "column"),
            "out_of_range": ("out_of_range_total", "column"),
            "unreadable": ("unreadable_total", "column"),
            "rows": ("request_rows_sum", ""),
        }
        found = await asyncio.gather(
            *(
                self._ask(self._sum("increase", name, window.seconds, label), label)
                for name, label in metrics.values()
            )
        )
        counts: Json = dict(zip(metrics, found, strict=True))
        counts["rows"] = counts["rows"].get("", 0.0)
        counts["seconds"] = sorted(counts["seconds"].items(), key=lambda bucket: float(bucket[0]))
        return counts

    async def read_history(self, window: HealthWindow, now: float) -> Json:
        """Return the course of a window: the ends of its steps in seconds since 1970, and figures for each.

        Raises
        ------
        PrometheusFailed
            Prometheus did not answer, or refused a query.
        """
        times = [now - window.seconds + step for step in range(window.step, window.seconds + 1, window.step)]
        buckets = self._sum("rate", "request_seconds_bucket", window.rate, "le")
        outcomes, rows, median, high = await asyncio.gather(
            self._ask_course(self._sum("rate", "requests_total", window.rate, "outcome"), "outcome", times),
            self._ask_course(self._sum("rate", "request_rows_sum", window.rate, ""), "", times),
            self._ask_course(f"histogram_quantile(0.5, {buckets})", "", times),
            self._ask_course(f"histogram_quantile(0.95, {buckets})", "", times),
        )
        nothing: list[float | None] = [None] * len(times)
        return {
            "times": times,
            "outcomes": outcomes,
            "rows": rows.get("", nothing),
            "median": median.get("", nothing),
            "p95": high.get("", nothing),
        }

    async def read_monitoring(self) -> Json | None:
        """Return the figures of the newest monitoring report of the model; None if there is none.

        Raises
        ------
        PrometheusFailed
            Prometheus did not answer, or refused a query.
        """
        made = await self._ask(self._take("report_timestamp_seconds", "version"), "version")
        if not made:
            return None
        version = max(made, key=made.__getitem__)
        labels = {
            "decision": "decision",
            "loss_per_day": "bound",
            "budget_per_day": "",
            "column_drift": "column",
            "column_drifted": "column",
            "column_loss_per_day": "column",
            "worse": "",
            "rows": "kind",
        }
        decision, loss, budget, drift, drifted, cost, worse, rows = await asyncio.gather(
            *(self._ask(self._take(name, label, version=version), label) for name, label in labels.items())
        )
        metric = await self._query(self._take("metric", "metric, kind, bound", version=version))
        return {
            "version": version,
            "made": datetime.fromtimestamp(made[version], UTC).isoformat(timespec="seconds"),
            "decision": next((name for name, value in decision.items() if value), "nothing"),
            "loss": {**loss, "budget": budget.get("")} if loss else None,
            "columns": [
                {"name": name, "drift": drift.get(name), "loss": cost.get(name)}
                for name, value in drifted.items()
                if value
            ],
            "performance": _gather_performance(metric),
            "is_worse": bool(worse.get("")),
            "rows": rows.get("logged"),
        }

    def _sum(self, function: str, metric: str, seconds: int, label: str) -> str:
        by = f"by ({label}) " if label else ""
        return f"sum {by}({function}(tabular_{metric}[{seconds}s]) {self._servers})"

    def _take(self, metric: str, labels: str, **more: str) -> str:
        return f"max by ({labels}) ({_MONITOR}{metric}{_write_labels({**self._monitored, **more})})"

    async def _ask(self, expression: str, label: str) -> Figures:
        """Return the present value of each series, by a label; ``""`` if it has none."""
        found = await self._query(expression)
        values = {one["metric"].get(label, ""): float(one["value"][1]) for one in found}
        return {name: value for name, value in values.items() if math.isfinite(value)}

    async def _ask_course(
        self, expression: str, label: str, times: list[float]
    ) -> dict[str, list[float | None]]:
        """Return a value for each time, by a label; None where there is none."""
        step = times[1] - times[0]
        words = {"query": expression, "start": times[0], "end": times[-1], "step": step}
        found = await self._get("query_range", words)
        courses = {}
        for one in found:
            course: list[float | None] = [None] * len(times)
            for moment, text in one["values"]:
                value = float(text)
                course[round((moment - times[0]) / step)] = value if math.isfinite(value) else None
            courses[one["metric"].get(label, "")] = course
        return courses

    async def _query(self, expression: str) -> list[Json]:
        return await self._get("query", {"query": expression, "time": time.time()})

    async def _get(self, path: str, words: Mapping[str, Any]) -> list[Json]:
        remedy = "Check the address that the server was started with, and that Prometheus runs."
        try:
            response = await self._client.get(path, params=words)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            what = f"Prometheus does not answer: {type(error).__name__} {error}".rstrip()
            raise PrometheusFailed(f"{what}.", remedy) from None
        if not isinstance(answer, dict) or answer.get("status") != "success":
            reason = answer.get("error") if isinstance(answer, dict) else answer
            raise PrometheusFailed(f"Prometheus refuses a query: {reason}.", remedy)
        return list(answer["data"]["result"])


def _gather_performance(series: Iterable[Json]) -> Json | None:
    """Return the metric's usual name and its figures by kind and bound; None if there are none."""
    gathered: Json = {}
    for one in series:
        labels = one["metric"]
        gathered["metric"] = describe_metric(labels["metric"])
        gathered.setdefault(labels["kind"], {})[labels["bound"]] = float(one["value"][1])
    return gathered or None


def _write_labels(labels: Mapping[str, str]) -> str:
    """Return the part of a query that chooses series, with each value quoted."""
    quoted = {
        name: value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for name, value in labels.items()
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in quoted.items()) + "}"
