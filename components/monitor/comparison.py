"""A log compared with training, as the record of a report."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
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
from components._table.schema import Kind, Schema
from components.errors import format_count, format_list
from components.memory import DEFAULT_MEMORY
from components.monitor.column_bins import build_bins
from components.monitor.decision import decide
from components.monitor.findings import MonitoredModel, judge_log
from components.monitor.log_folder import MOST_COUNTED, VersionLog
from components.monitor.logged_rows import SAMPLE_ROWS, LogSummary, convert_reference, summarise_log
from components.monitor.record import MonitoringReport
from components.monitor.retraining_rows import TableLayout
from components.monitor.sample_size import limit_rows
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
    schema : Schema
        The columns of the table that it was trained on.
    """

    scorer: Scorer
    kinds: dict[str, Kind]
    masked: list[str]
    monitored: MonitoredModel
    schema: Schema

    @property
    def layout(self) -> TableLayout:
        """The columns of a table that it can be trained on again."""
        return TableLayout(self.monitored.problem, self.schema, self.kinds, self.masked)

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
        return cls(scorer, kinds, masked, monitored, Schema.load(folder / "schema.json"))

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
    memory: int = DEFAULT_MEMORY,
) -> MonitoringReport:
    """Compare a log with training, and decide.

    Parameters
    ----------
    model : LoadedModel
        The model.
    name : tuple of (str, str)
        Its name and version.
    files : VersionLog
        Its log, with its events converted.
    truth : KnownTruth
        The true targets.
    period : LogPeriod
        Which part of the log.
    seed : int
        Seed of samples and resamples.
    memory : int
        Bytes that the stage may use, which limit the samples.
    """
    problem = model.monitored.problem
    most_rows = limit_rows(SAMPLE_ROWS, model.monitored.reference, memory)
    log, skipped = _read_log(model, files, truth, period, seed, most_rows)
    findings = judge_log(model.monitored, log, seed)
    decision = decide(
        findings.loss,
        findings.columns,
        findings.performance,
        findings.concept,
        problem.monitoring,
        period.last_retrained,
        period.now,
        model.layout.find_obstacle(truth, log.n_labelled),
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
            *_describe_samples(log, most_rows),
            *files.omissions,
            *truth.notes,
            *truth.describe_matches(log.n_labelled),
            *findings.notes,
        ),
    )


def _read_log(
    model: LoadedModel, files: VersionLog, truth: KnownTruth, period: LogPeriod, seed: int, most_rows: int
) -> tuple[LogSummary, dict[Path, int]]:
    problem = model.monitored.problem
    identifiers = [name for name in problem.identifiers if name in truth.keys]
    window = timedelta(seconds=parse_duration(problem.monitoring.window))
    counts = WindowCounts(model.monitored.bins, window)
    now = np.datetime64(period.now, "us")
    reader = LogReader(files.files, model.kinds, identifiers)
    log = summarise_log(reader.read(), model.kinds, counts, truth, now, period.days, seed, most_rows)
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


def _describe_samples(log: LogSummary, most_rows: int) -> Iterator[str]:
    """Yield how many rows were drawn, and for what, where there were more."""
    if log.n_sampled > most_rows:
        yield (
            f"The loss and the performance without truth are estimated from a uniform sample of "
            f"{format_count(most_rows, 'row')} of the {log.n_sampled:,} logged ones. Drift is counted in all."
        )
    if log.n_labelled > most_rows:
        yield (
            f"The performance is that of a uniform sample of {format_count(most_rows, 'row')} of the "
            f"{log.n_labelled:,} with known truth."
        )


def _format_moment(moment: np.datetime64 | None) -> str | None:
    return None if moment is None else str(moment.astype("datetime64[s]"))
