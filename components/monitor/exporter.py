"""Passes each model's latest monitoring report to Prometheus: ``python3 -m components.monitor.exporter``.

Every figure comes with the time at which its report was made, so that old news is seen to be old. A report
that cannot be read is counted, and the last good one stays; it may be half written, so it is tried again. If
the folder cannot be read, the reports of the last look stay, and the time of that look shows it.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, get_args

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from components._metrics.estimate import Estimate
from components._store.folder import open_folder
from components.environment import Environment
from components.errors import SuiteError, print_user_errors
from components.monitor.record import Action, ColumnDrift, MonitoringReport
from components.monitor.report_folder import ReportFolder

PORT = 9108
_PREFIX = "tabular_monitor_"
_PAUSE = 60.0
# The labels beside model and version, and the help text.
_GAUGES: dict[str, tuple[tuple[str, ...], str]] = {
    "report_timestamp_seconds": ((), "When the report was made, in seconds since 1970."),
    "newest_row_timestamp_seconds": ((), "Time of the newest logged row, in seconds since 1970."),
    "newest_truth_timestamp_seconds": (
        (),
        "Time of the newest row whose truth is known, in seconds since 1970.",
    ),
    "rows": (("kind",), "Rows of the traffic, of the log, and with known truth."),
    "loss_per_day": (("bound",), "By how much a day costs more than at training, in the owner's unit."),
    "budget_per_day": ((), "The most loss per day that the owner accepts, in the owner's unit."),
    "column_loss_per_day": (("column",), "Loss per day because of the drift of a column."),
    "column_drift": (("column",), "Drift of a column in units of its threshold."),
    "column_drifted": (("column",), "Whether the drift of a column persists."),
    "prediction_drift": ((), "Drift of the predictions in units of the threshold."),
    "prediction_drifted": ((), "Whether the drift of the predictions persists."),
    "metric": (
        ("metric", "kind", "bound"),
        "The main metric at training, on rows with known truth, and estimated.",
    ),
    "worse": ((), "Whether rows with known truth are predicted worse than at training, by more than chance."),
    "decision": (("decision",), "1 for what the policy decided, 0 for the others."),
}


class Figure(NamedTuple):
    """A figure of a report.

    Attributes
    ----------
    name : str
        Name of the metric, without its prefix.
    labels : tuple of str
        Values of the labels beside model and version.
    value : float
        The figure.
    """

    name: str
    labels: tuple[str, ...]
    value: float


class _Reading(NamedTuple):
    name: str
    version: str
    figures: list[Figure]


class ReportExporter(Collector):
    """The figures of the latest reports.

    Parameters
    ----------
    folder : ReportFolder
        Where the reports are.
    """

    def __init__(self, folder: ReportFolder) -> None:
        self._folder = folder
        self._readings: dict[str, _Reading] = {}
        self._damaged: dict[str, int] = {}
        self._looked: float | None = None
        self._failures = 0

    def look(self, now: float) -> str | None:
        """Read the reports that are new, and return what is wrong with the folder; None if nothing is.

        A model whose reports cannot be read keeps its figures, and does not hold up the others.

        Parameters
        ----------
        now : float
            The time in seconds since 1970.
        """
        try:
            models = self._folder.list_models()
        except (OSError, SuiteError) as error:
            self._failures += 1
            return str(error)
        # Replaced when all are read, because a scrape may come meanwhile.
        readings, damaged, faults = {}, {}, []
        for model in models:
            reading, n_damaged = self._readings.get(model), self._damaged.get(model, 0)
            try:
                reading, n_damaged = self._read_latest(model)
            except (OSError, SuiteError) as error:
                faults.append(str(error))
            damaged[model] = n_damaged
            if reading:
                readings[model] = reading
        self._readings, self._damaged = readings, damaged
        if faults:
            self._failures += 1
            return faults[0]
        self._looked = now
        return None

    def _read_latest(self, model: str) -> tuple[_Reading | None, int]:
        """Return the latest report that can be read, and how many newer ones cannot."""
        known = self._readings.get(model)
        n_damaged = 0
        for name in self._folder.list_reports(model):
            if known and name <= known.name:
                break
            try:
                return _read_figures(name, self._folder.load(model, name)), n_damaged
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
                n_damaged += 1
        return known, n_damaged

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        readings = self._readings
        for name, (labels, text) in _GAUGES.items():
            gauge = GaugeMetricFamily(f"{_PREFIX}{name}", text, labels=["model", "version", *labels])
            for model, reading in readings.items():
                for figure in reading.figures:
                    if figure.name == name:
                        gauge.add_metric([model, reading.version, *figure.labels], figure.value)
            yield gauge
        damaged = GaugeMetricFamily(
            f"{_PREFIX}damaged_reports",
            "Reports that cannot be read and are newer than the one that can.",
            labels=["model"],
        )
        for model, number in self._damaged.items():
            damaged.add_metric([model], number)
        yield damaged
        yield CounterMetricFamily(
            f"{_PREFIX}look_failures", "Times that the folder of reports could not be read.", self._failures
        )
        looked = GaugeMetricFamily(
            f"{_PREFIX}looked_timestamp_seconds",
            "When the folder of reports was last read, in seconds since 1970.",
        )
        if self._looked is not None:
            looked.add_metric([], self._looked)
        yield looked


def _read_figures(name: str, report: MonitoringReport) -> _Reading:
    # The record does not check its values, and one that is not a number would spoil the whole answer.
    figures = [
        Figure(figure.name, tuple(map(str, figure.labels)), float(figure.value))
        for figure in list_figures(report)
    ]
    return _Reading(name, str(report.version), figures)


def list_figures(report: MonitoringReport) -> Iterator[Figure]:
    """Yield the figures of a report; those that it leaves open have none.

    Parameters
    ----------
    report : MonitoringReport
        The report.

    Raises
    ------
    ValueError
        A time of the report is not one.
    """
    for name, moment in (
        ("report", report.made),
        ("newest_row", report.end),
        ("newest_truth", report.newest_truth),
    ):
        if moment is not None:
            yield Figure(f"{name}_timestamp_seconds", (), _to_seconds(moment))
    performance, loss = report.performance, report.loss
    yield Figure("rows", ("seen",), report.rows)
    yield Figure("rows", ("logged",), report.rows_logged)
    yield Figure("rows", ("labelled",), performance.labelled_rows)
    yield from _list_bounds("loss_per_day", (), loss.per_day)
    if loss.budget is not None:
        yield Figure("budget_per_day", (), loss.budget)
    for column in report.columns:
        if column.loss is not None:
            yield Figure("column_loss_per_day", (column.name,), column.loss.value)
        yield from _list_drift("column", (column.name,), column)
    if report.predictions is not None:
        yield from _list_drift("prediction", (), report.predictions)
    for kind, estimate in (
        ("reference", performance.reference),
        ("labelled", performance.labelled),
        ("estimated", performance.estimated),
    ):
        yield from _list_bounds("metric", (performance.metric, kind), estimate)
    yield Figure("worse", (), float(performance.is_worse))
    for action in get_args(Action):
        yield Figure("decision", (action,), float(action == report.decision.action))


def _to_seconds(moment: str) -> float:
    time_of_day = datetime.fromisoformat(moment)
    # Times without an offset are in UTC, as all times of a report.
    return (time_of_day if time_of_day.tzinfo else time_of_day.replace(tzinfo=UTC)).timestamp()


def _list_bounds(name: str, labels: tuple[str, ...], estimate: Estimate | None) -> Iterable[Figure]:
    if estimate is None:
        return []
    bounds = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return [Figure(name, (*labels, bound), value) for bound, value in bounds.items() if value is not None]


def _list_drift(name: str, labels: tuple[str, ...], drift: ColumnDrift) -> Iterator[Figure]:
    if drift.effect is not None:
        yield Figure(f"{name}_drift", labels, drift.effect / drift.threshold)
    yield Figure(f"{name}_drifted", labels, float(drift.is_drifting))


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the folder and the port of a command line."""
    parser = argparse.ArgumentParser(prog="python3 -m components.monitor.exporter")
    parser.add_argument("--folder", default="monitoring", help="folder of the reports: a path, or s3://…")
    parser.add_argument("--port", type=int, default=PORT, help="port of /metrics")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer Prometheus until the process is told to end; return its exit status.

    Raises
    ------
    SuiteError
        The address of the folder is wrong, or a variable of the environment is.
    """
    options = parse_arguments(arguments)
    # It looks again in a minute anyway.
    folder = open_folder(options.folder, Environment.read(), waits=())
    exporter = ReportExporter(ReportFolder(folder))
    registry = CollectorRegistry()
    registry.register(exporter)
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    server, thread = start_http_server(options.port, registry=registry)
    while not is_over.is_set():
        if fault := exporter.look(time.time()):
            sys.stdout.write(f"The reports in {options.folder} cannot be read: {fault}\n")
            sys.stdout.flush()
        is_over.wait(_PAUSE)
    server.shutdown()
    thread.join()
    return 0


if __name__ == "__main__":
    print_user_errors()
    sys.exit(main())
