"""The server's metrics for Prometheus, counted in memory that its workers share."""

import copy
import mmap
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from components._inference_log.writer import WrittenRows
from components._table.row_reader import RowDeviations

Protocol = Literal["v1", "v2", "grpc"]
Outcome = Literal["answered", "invalid_json", "invalid_input", "too_large", "wrong_type", "failed"]

_PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_LOG_OUTCOMES = ("kept", "sampled_out", "lost")
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
_ROWS = (1, 2, 5, 10, 50, 100, 500, 1_000, 10_000)
_BYTES_OF_CELL = 8
# That of the event loop, and one that predicts whole tables.
_THREADS = 2


class ServerMetrics:
    """Counts since the server started.

    Each worker, and each thread in it, adds to its own cells, so that none waits for another. A scrape adds
    up all cells.

    Parameters
    ----------
    columns : sequence of str
        The model's columns.
    outputs : sequence of float
        Ascending bounds between which predictions are counted.
    decisions : sequence of str
        The classes; empty for a regression.
    workers : int
        Processes that count. They are forked after this, and call ``set_worker``.

    Attributes
    ----------
    started : float
        Since when it counts, in seconds since 1970.
    """

    def __init__(
        self, columns: Sequence[str], outputs: Sequence[float], decisions: Sequence[str], workers: int = 1
    ) -> None:
        self.started = time.time()
        self.columns = list(columns)
        self.decisions = list(decisions)
        self._bounds: dict[str, Sequence[float]] = {"seconds": _SECONDS, "rows": _ROWS, "outputs": outputs}
        self._first: dict[str, int] = {}
        n_cells = 0
        sizes = {
            "requests": len(_PROTOCOLS) * len(_OUTCOMES),
            "nulls": len(self.columns),
            "out_of_range": len(self.columns),
            "unreadable": len(self.columns),
            "decisions": len(self.decisions),
            "log_rows": len(_LOG_OUTCOMES),
            "log_deleted_bytes": 1,
            # A cell for each bucket, one beyond the last bound, and the sum.
            **{name: len(bounds) + 2 for name, bounds in self._bounds.items()},
        }
        for name, size in sizes.items():
            self._first[name] = n_cells
            n_cells += size
        self._sizes = sizes
        self.outcomes = [(protocol, outcome) for protocol in _PROTOCOLS for outcome in _OUTCOMES]
        self._outcome_cells = {end: self._first["requests"] + i for i, end in enumerate(self.outcomes)}
        self._shape = (_THREADS * workers, n_cells)
        self._shared = mmap.mmap(-1, max(1, n_cells * _THREADS * workers) * _BYTES_OF_CELL)
        self.set_worker(0)

    def set_worker(self, worker: int) -> None:
        """Count in the cells of a worker, numbered from 0."""
        self._worker = worker
        self._cells = self._get_cells(0)

    def copy_for_thread(self) -> "ServerMetrics":
        """Return an object that counts in cells of its own, for the one other thread that counts."""
        other = copy.copy(self)
        other._cells = self._get_cells(1)
        return other

    def _get_cells(self, thread: int) -> "memoryview[float]":
        _, n_cells = self._shape
        first = (_THREADS * self._worker + thread) * n_cells
        return memoryview(self._shared).cast("d")[first : first + n_cells]

    def count_request(self, protocol: Protocol, outcome: Outcome, seconds: float) -> None:
        """Count a request and its time."""
        self._cells[self._outcome_cells[protocol, outcome]] += 1
        self._observe("seconds", seconds)

    def count_rows(self, observed: RowDeviations, n_rows: int) -> None:
        """Count a request's rows, and how they differ from the training rows."""
        cells = self._cells
        for name, columns in zip(observed._fields, observed, strict=True):
            for column in columns:
                cells[self._first[name] + column] += 1
        self._observe("rows", n_rows)

    def count_prediction(self, output: float, decision: int | None) -> None:
        """Count a prediction by its last output and the number of its class."""
        self._observe("outputs", output)
        if decision is not None:
            self._cells[self._first["decisions"] + decision] += 1

    def count_log(self, written: WrittenRows) -> None:
        """Count what became of the rows for the inference log."""
        cells, first = self._cells, self._first["log_rows"]
        for i, number in enumerate(written[: len(_LOG_OUTCOMES)]):
            cells[first + i] += number
        cells[self._first["log_deleted_bytes"]] += written.deleted_bytes

    def _observe(self, name: str, value: float) -> None:
        bounds, first = self._bounds[name], self._first[name]
        self._cells[first + bisect_left(bounds, value)] += 1
        self._cells[first + len(bounds) + 1] += value

    def sum_cells(self, name: str) -> list[float]:
        """Return the cells of a metric, summed over all workers and threads."""
        cells = np.frombuffer(self._shared, dtype=np.float64)[: self._shape[0] * self._shape[1]]
        total = cells.reshape(self._shape).sum(axis=0)
        return total[self._first[name] :][: self._sizes[name]].tolist()  # type: ignore[no-any-return]

    def compute_histogram(self, name: str) -> tuple[list[tuple[str, float]], float]:
        """Return a histogram's cumulative buckets, as Prometheus defines them, and its sum."""
        *counts, total = self.sum_cells(name)
        bounds = [*(f"{bound:g}" for bound in self._bounds[name]), "+Inf"]
        return list(zip(bounds, np.cumsum(counts).tolist(), strict=True)), total

    def describe(self) -> dict[str, Any]:
        """Return the counts as JSON values, without columns that have none.

        ::

            since       in seconds since 1970
            outcomes    requests by outcome
            rows        rows of requests that could be read
            seconds     cumulative buckets of the time that an answer took, each with its upper bound
            decisions   predictions by class
            nulls, out_of_range, unreadable
                        values by column
        """
        outcomes: dict[str, float] = dict.fromkeys(_OUTCOMES, 0.0)
        for (_, outcome), number in zip(self.outcomes, self.sum_cells("requests"), strict=True):
            outcomes[outcome] += number
        by_column = {
            name: dict(zip(self.columns, self.sum_cells(name), strict=True))
            for name in ("nulls", "out_of_range", "unreadable")
        }
        return {
            "since": self.started,
            "outcomes": outcomes,
            "rows": self.sum_cells("rows")[-1],
            "seconds": self.compute_histogram("seconds")[0],
            "decisions": dict(zip(self.decisions, self.sum_cells("decisions"), strict=True)),
            **{
                name: {column: number for column, number in numbers.items() if number}
                for name, numbers in by_column.items()
            },
        }


class ServerMetricsCollector(Collector):
    """Passes the metrics to Prometheus' client.

    Parameters
    ----------
    metrics : ServerMetrics
        The counts.
    info : dict of str to str
        The model's name, version, task, family and form.
    """

    def __init__(self, metrics: ServerMetrics, info: dict[str, str]) -> None:
        self._metrics = metrics
        self._info = info

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        metrics = self._metrics
        yield InfoMetricFamily("tabular_model", "The served model.", value=self._info)
        requests = CounterMetricFamily(
            "tabular_requests", "Requests by protocol and outcome.", labels=["protocol", "outcome"]
        )
        for outcome, number in zip(metrics.outcomes, metrics.sum_cells("requests"), strict=True):
            requests.add_metric(list(outcome), number)
        yield requests
        for name, metric, what in (
            ("seconds", "request_seconds", "Time from a request's last byte to its answer."),
            ("rows", "request_rows", "Rows of a request."),
            (
                "outputs",
                "prediction",
                "Predicted values; for a classification, the last class's probability.",
            ),
        ):
            buckets, total = metrics.compute_histogram(name)
            yield HistogramMetricFamily(f"tabular_{metric}", what, buckets=buckets, sum_value=total)
        for name, label, values, what in (
            ("log_rows", "outcome", _LOG_OUTCOMES, "Rows for the inference log, by outcome."),
            ("decisions", "class", metrics.decisions, "Decisions by class."),
            ("nulls", "column", metrics.columns, "Nulls by column."),
            ("out_of_range", "column", metrics.columns, "Values that no training row had, by column."),
            ("unreadable", "column", metrics.columns, "Unreadable values that became null, by column."),
        ):
            counter = CounterMetricFamily(f"tabular_{name}", what, labels=[label])
            for value, number in zip(values, metrics.sum_cells(name), strict=True):
                counter.add_metric([value], number)
            yield counter
        (deleted,) = metrics.sum_cells("log_deleted_bytes")
        text = "Bytes of the inference log that were deleted to stay below its limit."
        yield CounterMetricFamily("tabular_log_deleted_bytes", text, value=deleted)
