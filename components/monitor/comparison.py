"""A log compared with training, as the record of a report."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from components._inference_log.kserve_events import EventConverter
from components._inference_log.reader import LogReader
from components._inference_log.record import RecordBuilder
from components._model.reference_rows import ReferenceRows
from components._model.scorer import Scorer
from components._problem.duration import parse_duration
from components._problem.spec import Problem
from components._table.row_reader import RowReader
from components._table.schema import Kind
from components.errors import format_count, format_list
from components.monitor.column_bins import build_bins
from components.monitor.decision import decide
from components.monitor.event_log import EventLog
from components.monitor.findings import MonitoredModel, judge_log
from components.monitor.log_folder import MOST_COUNTED, VersionLog
from components.monitor.logged_rows import LogSummary, convert_reference, summarise_log
from components.monitor.record import MonitoringReport
from components.monitor.truth import KnownTruth
from components.monitor.window_counts import WindowCounts


class LoadedModel(NamedTuple):
    """A model's folder, read.

    Attributes
    ----------
    scorer : Scorer
        The model.
    kinds : dict of str to Kind
        Its columns that are in a log.
    masked : list of str
        Its columns that are not, because they are sensitive.
    monitored : MonitoredModel
        Its problem and reference.
    """

    scorer: Scorer
    kinds: dict[str, Kind]
    masked: list[str]
    monitored: MonitoredModel

    @property
    def digest(self) -> str:
        """The start of the model file's hash, which ends the name of its log's folder."""
        return self.scorer.digest[:12]

    @classmethod
    def load(cls, folder: Path) -> "LoadedModel":
        """Read a model's folder.

        Raises
        ------
        NoReference
            The model was trained by an earlier version.
        DamagedModel, IncompatibleModel
            It cannot predict.
        """
        stored = ReferenceRows.load(folder)
        scorer, problem = Scorer(folder), Problem.load(folder / "problem.json")
        signature = scorer.signature
        masked = [name for name in problem.sensitive if name in signature.columns]
        kinds = {name: kind for name, kind in signature.columns.items() if name not in masked}
        reference = convert_reference(stored, signature.columns)
        bins = build_bins(reference, kinds, is_class=signature.task != "regression")
        monitored = MonitoredModel(problem, bins, signature.threshold, scorer.predict_outputs, reference)
        return cls(scorer, kinds, masked, monitored)

    def build_converter(self, version: str) -> EventConverter:
        """Return what makes records of KServe's events; the same columns are masked as in a server's log."""
        scorer = self.scorer
        signature = scorer.signature
        reader = RowReader(list(signature.columns), scorer.schema)
        builder = RecordBuilder.from_problem(reader, len(signature.classes), self.monitored.problem)
        # A server without a version answers with its file's hash.
        return EventConverter(builder, signature.labels, {version, self.digest})


class LogPeriod(NamedTuple):
    """The part of a log that is looked at.

    Attributes
    ----------
    now : datetime
        The end, in UTC.
    days : float
        Days up to the newest row.
    last_retrained : datetime or None
        When retraining was decided last, in UTC.
    """

    now: datetime
    days: float
    last_retrained: datetime | None = None


def make_report(
    model: LoadedModel,
    name: tuple[str, str],
    files: VersionLog,
    truth: KnownTruth,
    period: LogPeriod,
    seed: int,
) -> MonitoringReport:
    """Compare a log with training, and decide.

    Parameters
    ----------
    model : LoadedModel
        The model.
    name : tuple of (str, str)
        Its name and version.
    files : VersionLog
        Its log.
    truth : KnownTruth
        The true targets.
    period : LogPeriod
        Which part of the log.
    seed : int
        Seed of samples and resamples.
    """
    problem = model.monitored.problem
    events = EventLog(model.build_converter(name[1]))
    log, skipped = _read_log(model, files, events, truth, period, seed)
    findings = judge_log(model.monitored, log, seed)
    decision = decide(
        findings.loss,
        findings.columns,
        findings.performance,
        findings.concept,
        problem.monitoring,
        period.last_retrained,
        period.now,
    )
    return MonitoringReport(
        model=name[0],
        version=name[1],
        made=period.now.isoformat(timespec="seconds"),
        start=_format_moment(log.start),
        end=_format_moment(log.end),
        newest_truth=_format_moment(log.newest_truth),
        rows=float(log.sample.weight.sum()),
        rows_logged=sum(window.n_rows for window in log.counts.windows.values()),
        other_versions=files.other_versions,
        loss=findings.loss,
        columns=findings.columns,
        predictions=findings.predictions,
        performance=findings.performance,
        concept=findings.concept,
        decision=decision,
        notes=(
            *_iterate_notes(log, files, skipped, model.masked),
            *events.describe_omissions(),
            *truth.notes,
            *truth.describe_matches(log.n_labelled),
            *findings.notes,
        ),
    )


def _read_log(
    model: LoadedModel,
    files: VersionLog,
    events: EventLog,
    truth: KnownTruth,
    period: LogPeriod,
    seed: int,
) -> tuple[LogSummary, dict[Path, int]]:
    problem = model.monitored.problem
    identifiers = [name for name in problem.identifiers if name in truth.keys]
    window = timedelta(seconds=parse_duration(problem.monitoring.window))
    counts = WindowCounts(model.monitored.bins, window)
    now = np.datetime64(period.now, "us")
    with TemporaryDirectory() as scratch:
        converted = Path(scratch) / "events"
        events.convert(files.events, converted)
        reader = LogReader([*files.files, converted], model.kinds, identifiers)
        log = summarise_log(reader.read(), model.kinds, counts, truth, now, period.days, seed)
    return log, reader.skipped


def _iterate_notes(
    log: LogSummary, files: VersionLog, skipped: dict[Path, int], masked: list[str]
) -> Iterator[str]:
    if files.other_versions:
        listed = format_list(
            f"{name} ({format_count(n, 'file')}{' or more' if n == MOST_COUNTED else ''})"
            for name, n in files.other_versions.items()
        )
        yield f"Logs of other versions of the model are not judged: {listed}."
    if skipped:
        lines, names = sum(skipped.values()), format_list(path.name for path in skipped)
        yield f"{format_count(lines, 'line')} of the log cannot be read and were left out, in {names}."
    if log.n_future:
        yield (
            f"{format_count(log.n_future, 'row')} of the log are from the future and were left out: a "
            "server's clock is wrong."
        )
    if masked:
        yield f"Sensitive columns are not in the log, so their drift is not known: {format_list(masked)}."


def _format_moment(moment: np.datetime64 | None) -> str | None:
    return None if moment is None else str(moment.astype("datetime64[s]"))
