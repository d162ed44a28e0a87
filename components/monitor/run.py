"""The stage: compare the log of a model in use with its training, write the report, and decide."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from components._inference_log.reader import LogReader
from components._problem.registration import RegisteredModel
from components._store.folder import open_folder
from components.environment import Environment
from components.errors import InvalidData, format_list
from components.memory import DEFAULT_MEMORY, resolve_memory
from components.monitor.comparison import LoadedModel, LogPeriod, make_report
from components.monitor.decision import refuse_retraining
from components.monitor.event_log import convert_events
from components.monitor.log_folder import VersionLog, open_log
from components.monitor.record import MonitoringReport, Retraining
from components.monitor.report import render_monitoring
from components.monitor.report_folder import ReportFolder, find_last_retraining
from components.monitor.retraining import build_tables, plan_retraining
from components.monitor.retraining_rows import MOST_ROWS, collect_labelled_rows
from components.monitor.sample_size import limit_rows
from components.monitor.settings import Settings
from components.monitor.truth import read_truth

__all__ = ["MonitoringOutcome", "Settings", "resolve_memory", "run"]


class MonitoringOutcome(NamedTuple):
    """What the stage returns.

    Attributes
    ----------
    decision : str
        nothing, alert or retrain.
    metrics : dict of str to float
        Figures for the dashboard.
    retraining : Retraining or None
        What to train; None unless that was decided.
    """

    decision: str
    metrics: dict[str, float]
    retraining: Retraining | None

    def to_outputs(self) -> dict[str, Any]:
        """Return the component's results by name; the parameters of the training are empty without one."""
        wanted = self.retraining
        if wanted is None:
            texts = ("source", "test", "target", "task", "metric", "model_name", "must_beat")
            return {
                "decision": self.decision,
                **dict.fromkeys(texts, ""),
                "problem": {},
                "expectations": {},
                "known_trials": [],
            }
        return {
            "decision": self.decision,
            "source": wanted.source,
            "test": wanted.test,
            **wanted.parameters,
        }


def run(
    *,
    truth: str,
    model: str,
    registration: str,
    record: str,
    report: str,
    settings: Settings,
    memory: int = DEFAULT_MEMORY,
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
    memory : int
        Bytes that the stage may use.

    Raises
    ------
    InvalidData
        There is no log of this version.
    NoReference
        The model was trained by an earlier version.
    StorageError
        Object storage cannot be reached, or refuses.
    TrackingError
        MLflow did not answer, or refused. The report is not stored.
    """
    environment, now = Environment.read(), datetime.now(UTC).replace(tzinfo=None)
    registered, loaded = RegisteredModel.load(registration), LoadedModel.load(Path(model))
    problem = loaded.monitored.problem
    folder = open_folder(settings.folder, environment)
    reports = ReportFolder(folder)
    version = registered.version or ""
    last_retrained = find_last_retraining(reports, registered.model, problem.monitoring)
    period = LogPeriod(now, settings.days, last_retrained)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        known = read_truth(truth, problem, memory // 2, scratch)
        logged = stack.enter_context(
            open_log(folder, registered.model, (version, loaded.digest), settings.days)
        )
        _require_log(logged, registered, settings.folder)
        files = stack.enter_context(convert_events(logged, loaded.build_converter(version)))
        made = make_report(loaded, (registered.model, version), files, known, period, settings.seed, memory)
        if made.decision.action == "retrain":
            log = LogReader(files.files, loaded.kinds, problem.identifiers).read()
            layout, end = loaded.layout, np.datetime64(now, "us")
            most_rows = limit_rows(MOST_ROWS, loaded.monitored.reference, memory)
            labelled = collect_labelled_rows(log, layout, known, end, settings.days, most_rows)
            # Rows of the same key, of which the newest counts, were all counted before.
            obstacle = layout.find_obstacle(known, labelled.table.num_rows)
            if obstacle:
                made = replace(made, decision=refuse_retraining(made.decision, obstacle))
            else:
                tables = build_tables(labelled, loaded.monitored.reference, layout, settings.seed)
                wanted = plan_retraining(tables, layout, Path(model), folder, registered, now)
                made = replace(made, retraining=wanted)
    Path(record).write_text(made.to_json(), encoding="utf-8")
    Path(report).write_text(render_monitoring(made), encoding="utf-8")
    metrics = _collect_metrics(made)
    if environment.tracking_uri is not None:
        # MLflow takes seconds to import.
        from components.monitor.decision_run import log_decision

        log_decision(made, metrics, (Path(record), Path(report)), environment.tracking_uri)
    # Last, because the cooldown begins with a report that asks for a training.
    reports.store(registered.model, Path(record), now)
    return MonitoringOutcome(made.decision.action, metrics, made.retraining)


def _require_log(files: VersionLog, registered: RegisteredModel, place: str) -> None:
    if files.files or files.events:
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
        "Serve the model with a log (make serve does it by default; on a cluster KServe's logger does), and "
        "send it requests.",
    )


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
