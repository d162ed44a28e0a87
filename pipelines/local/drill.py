"""A drill of monitoring: says which alert fires, when, whom it reaches, and what is decided."""

import sys
from collections.abc import Iterator
from pathlib import Path

from components._problem.metrics import describe_metric
from components._table.storage import read_frame
from components.errors import InvalidSetting, format_list
from components.monitor.comparison import LoadedModel
from components.monitor.drill import DrillDay, predict_rows, run_drill
from components.monitor.faults import choose_fault
from components.monitor.record import MonitoringReport
from components.monitor.wording import describe_day
from pipelines.local.local_server import ServedRun
from pipelines.local.run_folder import find_run
from pipelines.observability.alerts import Alert, list_alerts
from pipelines.observability.objectives import Clock

_SEED = 0


def show_drill(runs: Path, run: ServedRun, kind: str) -> None:
    """Put a fault into the run's test rows, and print what monitoring says day by day.

    Parameters
    ----------
    runs : Path
        Folder of all runs.
    run : ServedRun
        The run whose model is monitored.
    kind : str
        The fault.

    Raises
    ------
    InvalidSetting
        There is no such fault, no column of the model can have it, or the run has no test rows.
    NoReference
        The model was trained by an earlier version.
    """
    model = LoadedModel.load(run.model)
    test = find_run(runs, run.name).find_output("split", "test")
    if test is None:
        raise InvalidSetting(f"The run {run.name!r} has no test rows.", "Train again: make run.")
    usual = predict_rows(model, read_frame(test))
    fault = choose_fault(kind, model.monitored, model.kinds, _SEED)
    sys.stdout.write(f"The model of {run.name}. The fault: {fault.words}.\n\n")
    found: DrillDay | None = None
    for day in run_drill(model, usual, fault, (run.log.parent.name, run.name), _SEED):
        sys.stdout.write(f"{_name_day(day.number)}: {_describe_drift(day.report)}\n")
        sys.stdout.flush()
        found = day
    assert found is not None  # the day before the fault
    sys.stdout.write("\n" + "\n".join(describe_end(found, model.monitored.problem.owner)) + "\n")


def list_fired_alerts(report: MonitoringReport) -> list[Alert]:
    """Return the alerts about the model that Prometheus makes of a report."""
    fired = {
        "TabularLossAboveBudget": report.loss.is_above_budget,
        "TabularModelWorse": report.performance.is_worse,
    }
    if report.decision.action != "nothing" and not any(fired.values()):
        fired["TabularPolicyAlert"] = True
    return [alert for alert in list_alerts(Clock()) if fired.get(alert.name)]


def describe_end(last: DrillDay, owner: str) -> Iterator[str]:
    """Yield the lines that end a drill: decision, alerts, whom they reach, and the cost.

    Parameters
    ----------
    last : DrillDay
        The day on which something was decided, or the last.
    owner : str
        The model's owner; empty if the problem names none.
    """
    report = last.report
    alerts = list_fired_alerts(report)
    yield describe_day(report.loss)
    yield from (f"Note: {note}" for note in report.notes)
    if report.decision.action == "nothing":
        yield f"Decision after {last.number} days of the fault: nothing. {' '.join(report.decision.reasons)}"
        return
    yield f"Decision on day {last.number} of the fault: {report.decision.action}."
    yield from (f"  {reason}" for reason in report.decision.reasons)
    for alert in alerts:
        wakes = "wakes somebody" if alert.severity == "critical" else "waits until the morning"
        yield f"Alert {alert.name} ({alert.severity}, {wakes}) reaches the {alert.owner}."
        yield f"  Its runbook is docs/runbooks/{alert.name}.md."
    yield (
        f"The model's owner is {owner}."
        if owner
        else "Nobody is named as the owner: problem.yaml has no owner."
    )


def _name_day(number: int) -> str:
    return "the day before the fault" if number == 0 else f"day {number} of the fault"


def _describe_drift(report: MonitoringReport) -> str:
    drifting = [column.name for column in report.columns if column.is_drifting]
    words = "no column drifts"
    if drifting:
        words = f"{format_list(drifting)} {'drifts' if len(drifting) == 1 else 'drift'}"
    labelled = report.performance.labelled
    if labelled is not None:
        words += f"; {describe_metric(report.performance.metric)} {labelled.value:.3f}"
    return f"{words}; {report.decision.action}"
