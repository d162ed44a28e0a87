"""The newest monitoring report of a run's model on this machine, for the app."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from components._metrics.estimate import Estimate
from components._problem.metrics import describe_metric
from components.monitor.record import ColumnDrift, MonitoringReport, Performance
from components.monitor.wording import describe_column_cost, describe_day
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.run_folder import RunFolder, resolve_runs
from pipelines.local.run_list import RunList

Json = dict[str, Any]


def describe_newest_report(runs: Path, name: str, listed: RunList) -> Json | None:
    """Return the newest report about a run's model, as JSON values; None if there is none.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    name : str
        The run that trained the model.
    listed : RunList
        Reads the runs, for the page of the report.
    """
    folder = choose_run_to_serve(runs, name).log.parent / "reports"
    registered = RunFolder(resolve_runs(runs) / name).read_registration("register")
    damaged = []
    for file in sorted(folder.glob("*.json"), reverse=True):
        try:
            report = MonitoringReport.load(file)
        except (OSError, ValueError, TypeError, KeyError) as error:
            damaged.append(f"{file.name}: {type(error).__name__}")
            continue
        return {
            **_describe_report(report),
            "is_of_other_version": registered is not None and registered.version != report.version,
            "damaged": damaged,
            "page": _find_page(report, runs, listed),
        }
    return None if not damaged else {"damaged": damaged}


def _describe_report(report: MonitoringReport) -> Json:
    loss = report.loss
    return {
        "model": report.model,
        "version": report.version,
        "made": _name_zone(report.made),
        "decision": report.decision.action,
        "reasons": list(report.decision.reasons),
        "loss": {**(_describe_estimate(loss.per_day) or {}), "budget": loss.budget, "unit": loss.unit},
        "cost": f"{describe_day(loss)} From {loss.basis}.",
        "columns": [_describe_column(column, loss.unit) for column in report.columns if column.is_drifting],
        "performance": _describe_performance(report.performance),
        "is_worse": report.performance.is_worse,
        "rows": report.rows_logged,
    }


def _describe_column(column: ColumnDrift, unit: str) -> Json:
    return {
        "name": column.name,
        "drift": None if column.effect is None else column.effect / column.threshold,
        "since": column.since and _name_zone(column.since),
        "loss": None if column.loss is None else column.loss.value,
        "cost": describe_column_cost(column, unit),
    }


def _describe_performance(performance: Performance) -> Json:
    return {
        "metric": describe_metric(performance.metric),
        "reference": _describe_estimate(performance.reference),
        "labelled": _describe_estimate(performance.labelled),
        "estimated": _describe_estimate(performance.estimated),
    }


def _describe_estimate(estimate: Estimate | None) -> Json | None:
    return None if estimate is None else {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _name_zone(moment: str) -> str:
    """Return a time of a record, which is in UTC, in a form that says so."""
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def _find_page(report: MonitoringReport, runs: Path, listed: RunList) -> Json | None:
    """Return the page of the run that made a report; None if the run was removed."""
    for run in listed.read():
        page = next((page for page in run.pages if page.title == "monitor"), None)
        if page is None:
            continue
        record = RunFolder(resolve_runs(runs) / run.name).find_output("monitor", "record")
        if record is not None and MonitoringReport.load(record).made == report.made:
            return {"run": run.name, "address": f"runs/{quote(run.name)}/pages/{page.path}"}
    return None
