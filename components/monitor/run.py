"""The stage: compare the log of a model in use with its training, write the report, and decide."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components._inference_log.reader import LogReader
from components._model.reference_rows import ReferenceRows
from components._model.scorer import Scorer
from components._problem.duration import parse_duration
from components._problem.registration import RegisteredModel
from components._problem.spec import Problem
from components._table.schema import Kind
from components._table.storage import read_frame
from components.environment import Environment
from components.errors import InvalidData, format_count, format_list
from components.monitor.column_bins import build_bins
from components.monitor.decision import decide
from components.monitor.findings import MonitoredModel, judge_log
from components.monitor.log_folder import VersionLog, open_log
from components.monitor.logged_rows import LogSummary, convert_reference, summarise_log
from components.monitor.record import MonitoringReport
from components.monitor.report import render_monitoring
from components.monitor.report_folder import find_last_retraining, open_folder
from components.monitor.settings import Settings
from components.monitor.truth import KnownTruth, read_truth
from components.monitor.window_counts import WindowCounts

__all__ = ["MonitoringOutcome", "Settings", "run"]


class MonitoringOutcome(NamedTuple):
    """What the stage returns.

    Attributes
    ----------
    decision : str
        nothing, alert or retrain.
    metrics : dict of str to float
        Figures for the dashboard.
    """

    decision: str
    metrics: dict[str, float]


def run(
    *, truth: str, model: str, registration: str, record: str, report: str, settings: Settings
) -> MonitoringOutcome:
    """Compare the log of a model with its training.

    Parameters
    ----------
    truth : str
        Folder of the true targets with their keys; may have no rows.
    model, registration : str
        The model's folder, and its version in the registry.
    record, report : str
        Files to write; the record is also stored in the folder of the reports.
    settings : Settings
        Which log.

    Raises
    ------
    InvalidData
        There is no log of this version.
    NoReference
        The model was trained by an earlier version.
    StorageError
        Object storage cannot be reached, or refuses.
    """
    environment, now = Environment.read(), datetime.now(UTC).replace(tzinfo=None)
    registered, folder = RegisteredModel.load(registration), Path(model)
    scorer, problem = Scorer(folder), Problem.load(folder / "problem.json")
    known = read_truth(read_frame(truth), problem)
    reports = open_folder(settings.folder, environment)
    version = registered.version or ""
    with open_log(
        settings.folder, registered.model, (version, scorer.digest[:12]), settings.days, environment
    ) as files:
        _require_log(files, registered, settings.folder)
        masked = [name for name in problem.sensitive if name in scorer.signature.columns]
        kinds = {name: kind for name, kind in scorer.signature.columns.items() if name not in masked}
        monitored = _build_model(scorer, problem, kinds, folder)
        log, skipped = _read_log(files, scorer, kinds, monitored, known, now, settings)
    findings = judge_log(monitored, log, settings.seed)
    decision = decide(
        findings.loss,
        findings.columns,
        findings.performance,
        findings.concept,
        problem.monitoring,
        find_last_retraining(reports, registered.model, problem.monitoring),
        now,
    )
    truth_notes = (*known.notes, *known.describe_matches(log.n_labelled))
    made = MonitoringReport(
        model=registered.model,
        version=version,
        made=now.isoformat(timespec="seconds"),
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
        notes=(*_iterate_notes(log, files, skipped, masked), *truth_notes, *findings.notes),
    )
    Path(record).write_text(made.to_json(), encoding="utf-8")
    Path(report).write_text(render_monitoring(made), encoding="utf-8")
    reports.store(registered.model, Path(record), now)
    return MonitoringOutcome(decision.action, _collect_metrics(made))


def _require_log(files: VersionLog, registered: RegisteredModel, place: str) -> None:
    if files.files:
        return
    where = f"{place.rstrip('/')}/{registered.model}"
    if files.other_versions:
        raise InvalidData(
            f"{where} has no log of version {registered.version}, only of "
            f"{format_list(files.other_versions)}.",
            "Monitor the version that is in use, or send requests to this one.",
        )
    raise InvalidData(
        f"{where} has no inference log yet.",
        "Serve the model with a log (make serve does it by default), and send it requests.",
    )


def _build_model(scorer: Scorer, problem: Problem, kinds: dict[str, Kind], folder: Path) -> MonitoredModel:
    stored = ReferenceRows.load(folder)
    reference = convert_reference(stored, scorer.signature.columns)
    return MonitoredModel(
        problem,
        build_bins(reference, kinds, is_class=scorer.signature.task != "regression"),
        scorer.signature.threshold,
        scorer.predict_outputs,
        reference,
    )


def _read_log(
    files: VersionLog,
    scorer: Scorer,
    kinds: dict[str, Kind],
    model: MonitoredModel,
    known: KnownTruth,
    now: datetime,
    settings: Settings,
) -> tuple[LogSummary, dict[Path, int]]:
    identifiers = [name for name in model.problem.identifiers if name in known.keys]
    reader = LogReader(files.files, kinds, identifiers)
    period = timedelta(seconds=parse_duration(model.problem.monitoring.window))
    counts = WindowCounts(model.bins, period)
    moment = np.datetime64(now, "us")
    log = summarise_log(reader.read(), kinds, counts, known, moment, settings.days, settings.seed)
    return log, reader.skipped


def _iterate_notes(
    log: LogSummary, files: VersionLog, skipped: dict[Path, int], masked: list[str]
) -> Iterator[str]:
    if files.other_versions:
        listed = format_list(
            f"{name} ({format_count(n, 'file')})" for name, n in files.other_versions.items()
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


def _collect_metrics(made: MonitoringReport) -> dict[str, float]:
    loss, performance = made.loss.per_day, made.performance
    figures = {
        "rows": made.rows,
        "labelled_rows": float(performance.labelled_rows),
        "columns_drifting": float(sum(column.is_drifting for column in made.columns)),
        "reference": performance.reference.value,
        "loss_per_day": loss.value if loss is not None else None,
        "labelled": performance.labelled.value if performance.labelled is not None else None,
        "estimated": performance.estimated.value if performance.estimated is not None else None,
    }
    return {name: value for name, value in figures.items() if value is not None}
