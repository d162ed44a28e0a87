"""This repository: ``make run``, in a process of its own, on all rows given.

Only the seed and the budget are the benchmark's; everything from the start of the process counts.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import components.ingest.run as ingest
from components._compiled.model import ServingForm
from components._model.package import Package
from components._table.storage import read_frame
from components.train.latency import measure_served_ms
from pipelines.local.run_folder import RunFolder

PACKAGES = ("kfp-tabular", "lightgbm", "optuna", "scikit-learn")
_LAST_CHARACTERS = 400

Predict = Callable[[pd.DataFrame], np.ndarray]


def fit(rows: pd.DataFrame, job: dict[str, Any]) -> tuple[Predict, str, Callable[[Path], None]]:
    """Run the training pipeline within the seconds given; it reads the file itself, which counts."""
    test = _write_test_table(rows, job)
    roles = {role: job[role] for role in ("event_time", "group") if job[role] is not None}
    given = {
        "source": job["train"],
        "test": str(test),
        "target": job["target"],
        "task": job["kind"],
        "metric": job["metric"],
        "problem": json.dumps(roles),
        "budget-minutes": str(job["seconds"] / 60),
        "seed": str(job["seed"]),
        "runs": str(_get_run(job).path.parent),
        "name": _get_run(job).name,
    }
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "pipelines", "run", "training", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    model = _find_model(job)
    # A model that evaluate does not approve ends the run, too, and is a model nevertheless.
    if model is None:
        raise RuntimeError((done.stdout + done.stderr).strip()[-_LAST_CHARACTERS:])
    package = Package.load(model)
    return _put_in_order(package, job["classes"]), _describe(job, package), lambda to: _save_served(model, to)


def read_test(job: dict[str, Any]) -> pd.DataFrame:
    """Read the rows as ``make score`` does, by the model's own readings."""
    dataset = str(Path(job["folder"], "unseen"))
    ingest.run_rows(
        dataset=dataset,
        model=str(_find_model(job)),
        source=job["test"],
        unreadable="refuse",
        seed=job["seed"],
    )
    return read_frame(dataset)


def measure_milliseconds(job: dict[str, Any], rows: pd.DataFrame) -> float:
    """Return the processor time in which the server predicts a row."""
    model = _find_model(job)
    assert model is not None
    compiled = ServingForm.load(model / "compiled") if (model / "compiled").exists() else None
    return measure_served_ms(Package.load(model), compiled, rows)


def _write_test_table(rows: pd.DataFrame, job: dict[str, Any]) -> Path:
    """Write the unseen rows with targets drawn at random: the run tests on them, and must know no answer."""
    unseen = pd.read_parquet(job["test"])
    drawn = rows[job["target"]].sample(len(unseen), replace=True, random_state=job["seed"])
    file = Path(job["folder"], "test.parquet")
    unseen.assign(**{job["target"]: drawn.to_numpy()}).to_parquet(file, index=False)
    return file


def _get_run(job: dict[str, Any]) -> RunFolder:
    return RunFolder(Path(job["folder"], "runs", "run"))


def _find_model(job: dict[str, Any]) -> Path | None:
    return _get_run(job).find_output("train", "model")


def _describe(job: dict[str, Any], package: Package) -> str:
    run = _get_run(job)
    trials = run.read_metadata("train", "metrics").get("trials", 0)
    stages = (f"{stage['name']} {stage['seconds']:.1f}" for stage in run.load_record()["stages"])
    return f"{package.signature.title}, {trials:.0f} trials; seconds: {', '.join(stages)}"


def _save_served(model: Path, folder: Path) -> None:
    # What the server loads: a model without a compiled form is served by its pipeline.
    if (model / "compiled").exists():
        shutil.copytree(model / "compiled", folder, dirs_exist_ok=True)
    else:
        shutil.copy(model / "model.skops", folder)


def _put_in_order(package: Package, classes: list[str]) -> Predict:
    if not classes:
        return package.predict
    order = [package.signature.classes.index(label) for label in classes]
    return lambda rows: package.predict(rows)[:, order]
