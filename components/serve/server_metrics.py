"""What a server has seen, counted in memory that its workers share, and told to Prometheus."""

import mmap
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from components.serve.row_reader import RowDeviations

Protocol = Literal["v1", "v2", "grpc"]
Outcome = Literal["answered", "invalid_json", "invalid_input", "too_large", "wrong_type", "failed"]

_PROTOCOLS: tuple[Protocol, ...] = ("v1", "v2", "grpc")
_OUTCOMES: tuple[Outcome, ...] = (
    "answered",
    "invalid_json",
    "invalid_input",
    "too_large",
    "wrong_type",
    "failed",
)
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
_ROWS = (1, 2, 5, 10, 50, 100, 500, 1_000, 10_000)
_BYTES_OF_CELL = 8


class ServerMetrics:
    """Counts since the server started.

    Each worker adds to cells of its own, so none waits for another; a scrape adds them all up.

    Parameters
    ----------
    columns : sequence of str
        The model's columns.
    outputs : sequence of float
        Ascending bounds between which predictions are counted.
    decisions : sequence of str
        What may be decided; empty for a regression.
    workers : int
        Processes that count. They are forked after this, and call ``become``.
    """

    def __init__(
        self, columns: Sequence[str], outputs: Sequence[float], decisions: Sequence[str], workers: int = 1
    ) -> None:
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
            # A cell for each bucket, one beyond the last bound, and the sum.
            **{name: len(bounds) + 2 for name, bounds in self._bounds.items()},
        }
        for name, size in sizes.items():
            self._first[name] = n_cells
            n_cells += size
        self._sizes = sizes
        self.outcomes = [(protocol, outcome) for protocol in _PROTOCOLS for outcome in _OUTCOMES]
        self._outcome_cells = {end: self._first["requests"] + i for i, end in enumerate(self.outcomes)}
        self._shared = mmap.mmap(-1, max(1, n_cells * workers) * _BYTES_OF_CELL)
        self._shape = (workers, n_cells)
        self.set_worker(0)

    def set_worker(self, worker: int) -> None:
        """Count for one of the workers, numbered from 0."""
        _, n_cells = self._shape
        cells = memoryview(self._shared).cast("d")
        self._cells = cells[worker * n_cells : (worker + 1) * n_cells]

    def count_request(self, protocol: Protocol, outcome: Outcome, seconds: float) -> None:
        """Count a request, and the time that it took."""
        self._cells[self._outcome_cells[protocol, outcome]] += 1
        self._observe("seconds", seconds)

    def count_rows(self, observed: RowDeviations, n_rows: int) -> None:
        """Count a request's rows, and where they differ from those of the training."""
        cells = self._cells
        for name, columns in zip(observed._fields, observed, strict=True):
            for at in columns:
                cells[self._first[name] + at] += 1
        self._observe("rows", n_rows)

    def count_prediction(self, output: float, decision: int | None) -> None:
        """Count a prediction: its last output, and the number of the decision."""
        self._observe("outputs", output)
        if decision is not None:
            self._cells[self._first["decisions"] + decision] += 1

    def _observe(self, name: str, value: float) -> None:
        bounds, first = self._bounds[name], self._first[name]
        self._cells[first + bisect_left(bounds, value)] += 1
        self._cells[first + len(bounds) + 1] += value

    def sum_cells(self, name: str) -> list[float]:
        """Return the cells of a name, all workers' together."""
        cells = np.frombuffer(self._shared, dtype=np.float64)[: self._shape[0] * self._shape[1]]
        total = cells.reshape(self._shape).sum(axis=0)
        return total[self._first[name] :][: self._sizes[name]].tolist()  # type: ignore[no-any-return]

    def compute_histogram(self, name: str) -> tuple[list[tuple[str, float]], float]:
        """Return the cumulative buckets of a histogram as Prometheus counts them, and the sum."""
        *counts, total = self.sum_cells(name)
        bounds = [*(f"{bound:g}" for bound in self._bounds[name]), "+Inf"]
        return list(zip(bounds, np.cumsum(counts).tolist(), strict=True)), total


class ServerMetricsCollector(Collector):
    """Tells Prometheus what a tally says.

    Parameters
    ----------
    tally : Tally
        The counts.
    info : dict of str to str
        What is served: name, version, data.
    """

    def __init__(self, tally: ServerMetrics, info: dict[str, str]) -> None:
        self._metrics = tally
        self._info = info

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        tally = self._metrics
        yield InfoMetricFamily("tabular_model", "The model that is served.", value=self._info)
        requests = CounterMetricFamily(
            "tabular_requests", "Requests by protocol and outcome.", labels=["protocol", "outcome"]
        )
        for end, number in zip(tally.outcomes, tally.sum_cells("requests"), strict=True):
            requests.add_metric(list(end), number)
        yield requests
        for name, metric, what in (
            ("seconds", "tabular_request_seconds", "Time from a request's last byte to its answer."),
            ("rows", "tabular_request_rows", "Rows of a request."),
            ("outputs", "tabular_prediction", "Predicted values; of classes, the last one's probability."),
        ):
            buckets, total = tally.compute_histogram(name)
            yield HistogramMetricFamily(metric, what, buckets=buckets, sum_value=total)
        for name, metric, labels, what in (
            ("decisions", "tabular_decisions", tally.decisions, "Decisions by class."),
            ("nulls", "tabular_nulls", tally.columns, "Nulls by column."),
            (
                "out_of_range",
                "tabular_out_of_range",
                tally.columns,
                "Values that no training row had, by column.",
            ),
            (
                "unreadable",
                "tabular_unreadable",
                tally.columns,
                "Values that do not fit their column and were taken for null, by column.",
            ),
        ):
            counter = CounterMetricFamily(metric, what, labels=["class" if name == "decisions" else "column"])
            for label, value in zip(labels, tally.sum_cells(name), strict=True):
                counter.add_metric([label], value)
            yield counter
