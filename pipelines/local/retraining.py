"""The training that follows a decision to retrain, as a run of its own on this machine."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components._problem.metrics import describe_metric
from components._problem.registration import RegisteredModel
from components._report.formats import format_value
from pipelines.interface import Command
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_report import run_and_report
from pipelines.local.task_runners import TaskRunner
from pipelines.local.use_results import MonitoringUse
from pipelines.parameters import limit_by_time

if TYPE_CHECKING:
    from components.monitor.record import Retraining

# The parameters of monitoring that are those of the training.
_PASSED_ON = ("budget_minutes", "trials", "workers", "experiment", "seed")


def find_retraining(monitored: RunFolder) -> "Retraining | None":
    """Return the training that a monitoring run decided on; None for none."""
    use = MonitoringUse.find(monitored)
    return None if use is None else use.report.retraining


def build_training_command(wanted: "Retraining", options: Mapping[str, str]) -> Command:
    """Return the command that trains the model, as a person would type it.

    Parameters
    ----------
    wanted : Retraining
        What to train.
    options : mapping of str to str
        The options of the monitoring run.
    """
    given = {"source": wanted.source, "test": wanted.test, "target": wanted.parameters["target"]}
    for name in ("problem", "expectations"):
        # Records of earlier monitoring runs have no expectations.
        if details := wanted.parameters.get(name):
            given[name] = json.dumps(details, ensure_ascii=False)
    names = ("must_beat", "model_name", "task", "metric")
    given |= {name.replace("_", "-"): wanted.parameters[name] for name in names}
    passed = (*(name.replace("_", "-") for name in _PASSED_ON), "minutes", "runs", "docker")
    return Command(("run", "training"), given | {name: options[name] for name in passed if name in options})


def retrain(
    wanted: "Retraining",
    parameters: Mapping[str, Any],
    options: Mapping[str, str],
    runs: Path,
    runner: TaskRunner,
    *,
    is_verbose: bool,
) -> int:
    """Train the model, and make it the champion if it is better than the one in use.

    Parameters
    ----------
    wanted : Retraining
        What to train.
    parameters : mapping of str to JSON values
        The parameters that the monitoring run was given.
    options : mapping of str to str
        Its options as typed.
    runs : Path
        Folder of all runs.
    runner : TaskRunner
        Runs the tasks.
    is_verbose : bool
        Whether to show kfp's own output.

    Returns
    -------
    int
        The command's exit status: 1 if the new model does not replace the one in use.
    """
    passed = {name: parameters[name] for name in _PASSED_ON if name in parameters}
    arguments = {**wanted.parameters, **limit_by_time(passed), "source": wanted.source, "test": wanted.test}
    folder = RunFolder.create(runs, f"training-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    sys.stdout.write(f"\nThe training begins, as the run {folder.name}.\n")
    sys.stdout.flush()
    command = build_training_command(wanted, options)
    status = run_and_report(command, arguments, folder, runner, is_verbose=is_verbose)
    registered = folder.read_registration("register")
    if status == 0 and registered is not None and registered.version is not None:
        # On this machine nothing is rolled out, which would make it the champion.
        with open_registry(runs, registered.model) as registry:
            registry.promote(registered.version)
        sys.stdout.write(f"{_describe_win(registered, wanted)} It is the champion now.\n")
    return status


def _describe_win(registered: RegisteredModel, wanted: "Retraining") -> str:
    better, low, high = (
        format_value(float(registered.tags[name]))
        for name in ("better_by", "better_by_low", "better_by_high")
    )
    metric = describe_metric(wanted.parameters["metric"])
    return (
        f"On the newest {wanted.rows_test:,} labelled rows {registered.title} is better than version "
        f"{wanted.parameters['must_beat']}: by {better} of {metric} (95 % interval {low} to {high})."
    )
