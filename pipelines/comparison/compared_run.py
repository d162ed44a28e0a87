"""A training that is compared with another one: run, measured and read by the code of its own checkout."""

import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from components._report.page import format_duration
from components._table.storage import read_frame
from components.errors import InvalidSetting
from components.json_file import read_json
from pipelines.comparison import model_measurement
from pipelines.local.checkout import Checkout
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import load_verdict
from pipelines.parameters import format_words

_SHOWN_LINES = 8
# No registry and no shared study: a comparison leaves nothing behind in either. Empty counts as not set.
_ALONE = {"MLFLOW_TRACKING_URI": "", "KFP_TABULAR_STUDY_URL": "", "KFP_TABULAR_WEBHOOK": ""}


class ComparedRun(NamedTuple):
    """A finished training.

    Attributes
    ----------
    title : str
        What was trained, for people.
    folder : RunFolder
        The run.
    processor_seconds : float or None
        Processor time of the run with all its processes; None if it was not measured.
    seconds : float
        Its wall time.
    parameters, problem, signature, lineage, data : dict
        The run's parameters, its resolved problem, its model's signature and lineage, and facts about its
        table. What the run did not come to is empty.
    evaluation : dict
        The record of evaluate's verdict; empty without one.
    failures : tuple of str
        The gates that the model did not pass.
    """

    title: str
    folder: RunFolder
    processor_seconds: float | None
    seconds: float
    parameters: dict[str, Any]
    problem: dict[str, Any]
    signature: dict[str, Any]
    lineage: dict[str, Any]
    data: dict[str, Any]
    evaluation: dict[str, Any]
    failures: tuple[str, ...]

    @property
    def processor_time(self) -> str:
        """Its processor time as text."""
        return "not measured" if self.processor_seconds is None else format_duration(self.processor_seconds)

    @property
    def model(self) -> Path:
        """The folder of its model."""
        return _require_output(self.folder, "train", "model")

    @property
    def test(self) -> Path:
        """Its test rows."""
        return _require_output(self.folder, "split", "test")

    def read_test_rows(self) -> pd.DataFrame:
        """Return its test rows."""
        return read_frame(self.test)


class Measurement(NamedTuple):
    """The predictions of a model for its test rows, and its time.

    Attributes
    ----------
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    predict_ms : float or None
        Processor time to predict a row, in milliseconds; None if its code cannot measure it.
    """

    predictions: np.ndarray
    predict_ms: float | None


def train(checkout: Checkout, title: str, parameters: Mapping[str, Any], folder: RunFolder) -> ComparedRun:
    """Train a model with the code of a checkout.

    Parameters
    ----------
    checkout : Checkout
        The code.
    title : str
        What it is, for people.
    parameters : mapping of str to JSON values
        Parameters of the training pipeline, those that are not its defaults.
    folder : RunFolder
        Where the run goes; it must not exist.

    Raises
    ------
    InvalidSetting
        The training made no model.
    """
    log = folder.path.with_suffix(".log")
    # A new checkout has no bytecode; without it, the cost of its run would be compared unfairly.
    checkout.run_python(("-m", "compileall", "-q", "components", "pipelines"), log=log)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    options = ("--runs", str(folder.path.parent), "--name", folder.name)
    checkout.run(("run", "training", *options, *format_words(parameters)), _ALONE, log)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if folder.find_output("train", "model") is None or folder.find_output("split", "test") is None:
        _fail(f"The training of {title} made no model", log)
    return read_compared_run(title, folder, spent)


def measure(checkout: Checkout, run: ComparedRun) -> Measurement:
    """Predict a run's test rows with its model, and time the model.

    Parameters
    ----------
    checkout : Checkout
        The code that trained it.
    run : ComparedRun
        The run.

    Raises
    ------
    InvalidSetting
        That code cannot predict by itself.
    """
    log = run.folder.path.with_suffix(".log")
    predictions, time = (run.folder.path / name for name in ("predictions.npy", "predict_ms.json"))
    program = model_measurement.__file__
    # -P keeps the program's own folder, with the code here, out of the path.
    words = ("-P", program, str(run.model), str(run.test), str(predictions), str(time))
    if checkout.run_python(words, log=log) != 0:
        _fail(f"The model of {run.title} cannot be read by its own code", log)
    return Measurement(np.load(predictions), read_json(time))


def read_compared_run(title: str, folder: RunFolder, processor_seconds: float | None) -> ComparedRun:
    """Read a training from its folder, however far it came.

    Parameters
    ----------
    title : str
        What was trained, for people.
    folder : RunFolder
        The run.
    processor_seconds : float or None
        Processor time of the run with all its processes; None if it was not measured.
    """
    record, model = folder.load_record(), folder.find_output("train", "model")
    problem = folder.find_output("validate", "problem")
    verdict = load_verdict(folder, "evaluate")
    return ComparedRun(
        title=title,
        folder=folder,
        processor_seconds=processor_seconds,
        seconds=float(record.get("seconds", 0.0)),
        parameters=record["parameters"],
        problem=read_json(problem) if problem else {},
        signature=read_json(model / "signature.json") if model else {},
        lineage=read_json(model / "lineage.json") if model else {},
        data=folder.read_metadata("ingest", "dataset"),
        evaluation=verdict.record if verdict else {},
        failures=verdict.failures if verdict else ("the evaluation did not end",),
    )


def _require_output(folder: RunFolder, task: str, name: str) -> Path:
    path = folder.find_output(task, name)
    if path is None:
        raise FileNotFoundError(f"{folder.path} has no {task}/{name}")
    return path


def _fail(what: str, log: Path) -> None:
    lines = [line.rstrip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    last = "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:])
    raise InvalidSetting(f"{what}. It ended with:\n{last}", f"The whole log: {log}")
