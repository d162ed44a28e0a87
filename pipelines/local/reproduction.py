"""Runs a training again, from its own commit, data and parameters, and compares what both made."""

import json
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting, SuiteError
from components.json_file import write_json
from components.machine import describe_processor
from pipelines.local.artifact_comparison import (
    Difference,
    TaskComparison,
    compare_tasks,
    list_task_folders,
)
from pipelines.local.checkout import Checkout, open_checkout
from pipelines.local.recorded_run import RecordedRun, build_parameters
from pipelines.local.run_folder import REPRODUCTIONS, RunFolder, resolve_runs
from pipelines.local.run_origin import restore_variables
from pipelines.parameters import format_words

_NAME = "run"
_REPEATED_SWEEP = "KFP_TABULAR_REPEATED_SWEEP"
_SHOWN_LINES = 15


class RepetitionFailed(SuiteError):
    """The training could not be run again to its end."""


@dataclass(frozen=True)
class Reproduction:
    """A training and its repetition.

    Attributes
    ----------
    run : RecordedRun
        The training.
    commit : str
        The commit of both, by its full name.
    tasks : list of TaskComparison
        The outputs of each task, in the pipeline's order.
    status : str
        How the repetition ended.
    seconds : float
        How long it took.
    metrics : dict of str to float
        The metrics of the repetition on the test rows.
    notes : list of str
        What a person should know about it, as sentences.
    folder : Path
        The folder of the repetition.
    """

    run: RecordedRun
    commit: str
    tasks: list[TaskComparison]
    status: str
    seconds: float
    metrics: dict[str, float]
    notes: list[str]
    folder: Path

    @property
    def differences(self) -> list[Difference]:
        """All outputs that differ, those of the first task first."""
        return [difference for task in self.tasks for difference in task.differences]

    @property
    def is_equal(self) -> bool:
        """Whether all outputs are the same, to the last bit."""
        return not self.differences and self.status == self.run.status

    def save(self) -> None:
        """Write the result into the folder of the repetition."""
        content = {
            "of": self.run.title,
            "commit": self.commit,
            "is_equal": self.is_equal,
            "status": {"recorded": self.run.status, "repeated": self.status},
            "files": {task.task: task.n_files for task in self.tasks},
            "differences": [difference._asdict() for difference in self.differences],
            "notes": self.notes,
        }
        write_json(self.folder / "reproduction.json", content)


def make_folder(runs: Path, name: str) -> Path:
    """Make a folder for a repetition of a run or a version, and return it.

    Raises
    ------
    InvalidSetting
        It cannot be made.
    """
    folder = resolve_runs(runs) / REPRODUCTIONS / f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise InvalidSetting(
            f"The folder {folder} cannot be created: {error.strerror}.", "Try again, or free the place."
        ) from None
    return folder


def reproduce(run: RecordedRun, folder: Path, show: Callable[[str], None]) -> Reproduction:
    """Run a training again, and compare.

    Parameters
    ----------
    run : RecordedRun
        The training.
    folder : Path
        An empty folder for the repetition. Nothing else is written, neither to the registry.
    show : callable
        Shows a line about what is done.

    Raises
    ------
    InvalidSetting
        The table is gone, the commit is not in this repository, its lock cannot be installed, or the
        repetition did not end.
    """
    parameters, notes = build_parameters(run)
    python = run.origin.get("python") or run.origin.get("versions", {}).get("python")
    if python is not None and python != platform.python_version():
        notes.append(f"The training ran on Python {python}, and this is Python {platform.python_version()}.")
    _check_tables(run.parameters)
    with open_checkout(run.revision) as checkout:
        took = f", which took {run.seconds:.0f} s" if run.seconds is not None else ""
        show(f"Runs {run.title}{took} again, at commit {checkout.commit[:12]}")
        for note in notes:
            show(f"  {note}")
        commit = checkout.commit
        _repeat(checkout, run, parameters, folder)
    repeated = RunFolder(folder / _NAME)
    record = repeated.load_record()
    renamed = {
        str(parameters[name]): str(run.parameters[name])
        for name in ("source", "test")
        if parameters.get(name) != run.parameters.get(name)
    }
    # run.json has the stages in their order, and a stage may have several tasks.
    order = _sort_tasks(record["stages"], run, repeated)
    tasks = compare_tasks(
        run.tasks, list_task_folders(repeated.artifacts), order, renamed, is_complete=run.is_complete
    )
    result = Reproduction(
        run, commit, tasks, record["status"], record["seconds"], _read_metrics(repeated), notes, folder
    )
    if not result.is_equal:
        notes += _explain(run, result)
    result.save()
    return result


def _check_tables(parameters: Mapping[str, Any]) -> None:
    for name in ("source", "test"):
        table = str(parameters.get(name) or "")
        if table.startswith("/") and not Path(table).exists():
            raise InvalidSetting(
                f"The {name} of the training is gone: {table}.",
                "Put the same file there again; its content is compared with the recorded one.",
            )


def _repeat(checkout: Checkout, run: RecordedRun, parameters: Mapping[str, Any], folder: Path) -> None:
    """Run the training, in a registry of its own."""
    environment = {
        # A statement of an earlier suite does not tell them.
        **(restore_variables(run.origin["variables"]) if "variables" in run.origin else {}),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        # A shared study would know the trials already.
        "KFP_TABULAR_STUDY_URL": "",
        _REPEATED_SWEEP: "",
    }
    if run.sweep is not None:
        reads = checkout.path / "components" / "environment.py"
        if _REPEATED_SWEEP not in reads.read_text(encoding="utf-8"):
            raise InvalidSetting(
                f"Time had a part in the choice of the trials of {run.title}, and the code of its commit "
                f"{checkout.commit[:12]} cannot run recorded trials again.",
                "Only runs with TRIALS that ended in time can be reproduced from so old a commit.",
            )
        write_json(folder / "sweep.json", run.sweep)
        environment[_REPEATED_SWEEP] = str(folder / "sweep.json")
    words = ["run", "training", "--name", _NAME, "--runs", str(folder)]
    log = folder / "repetition.log"
    checkout.run([*words, *format_words(parameters)], environment, log)
    record = folder / _NAME / "run.json"
    status = json.loads(record.read_text(encoding="utf-8"))["status"] if record.exists() else "not started"
    if status not in ("succeeded", "rejected"):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        raise RepetitionFailed(
            f"The repetition of {run.title} ended with the status {status}:\n" + "\n".join(lines),
            f"Its files are in {folder}.",
        )


def _sort_tasks(stages: list[dict[str, Any]], run: RecordedRun, repeated: RunFolder) -> list[str]:
    """Return the tasks of both runs in the order of their stages; a gate follows its stage's other tasks."""
    names = {*run.tasks, *list_task_folders(repeated.artifacts)}
    places = {stage["name"]: i for i, stage in enumerate(stages)}

    def rank(task: str) -> tuple[int, bool, bool, str]:
        stage, _, part = task.partition("-")
        return places.get(stage, len(places)), part == "gate", part == "result", task

    return sorted(names, key=rank)


def _read_metrics(folder: RunFolder) -> dict[str, float]:
    verdict = folder.find_output("evaluate", "verdict")
    if verdict is None:
        return {}
    record = json.loads(verdict.read_text(encoding="utf-8")).get("record", {})
    metrics: dict[str, float] = record.get("metrics", {})
    return metrics


def _explain(run: RecordedRun, result: Reproduction) -> list[str]:
    """Return what may be the reason of a difference."""
    notes = []
    if result.status != run.status:
        notes.append(f"The training ended as {run.status}, and its repetition as {result.status}.")
    first = result.differences[0] if result.differences else None
    if first is not None and first.stage == "ingest":
        notes.append(f"The data is not the same: {run.parameters['source']} has changed since.")
    then, now = run.origin.get("processor"), describe_processor()
    if then is not None and then != now:
        notes.append(
            f"The training ran on another processor, {then}, than this one, {now}. Linear algebra may round "
            "the last digits otherwise there; OPENBLAS_CORETYPE chooses its instructions."
        )
    return notes


def remove_folder(folder: Path) -> None:
    """Remove the folder of a repetition, and that of all of them if it was the last."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()
