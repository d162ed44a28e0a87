"""This repository: its stages one after another, as in ``benchmarks.stages`` but on all rows given.

The settings are those of ``make run``; only the seed, the time and the number of trials are the benchmark's.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import components.eda.run as eda
import components.engineer.run as engineer
import components.ingest.run as ingest
import components.preprocess.run as preprocess
import components.problem.run as problem
import components.select.run as select
import components.train.run as train
import components.tune.run as tune
import components.validate.run as validate
from benchmarks.defaults import build_settings
from components._model.package import Package
from components._table.storage import read_frame

PACKAGES = ("kfp-tabular", "lightgbm", "optuna", "scikit-learn")
# What the budget does not cover: starting and ending the processes, and writing the model.
_RESERVE = 1.0
_LEAST_SECONDS = 0.5

Predict = Callable[[pd.DataFrame], np.ndarray]


def fit(_rows: pd.DataFrame, job: dict[str, Any]) -> tuple[Predict, str]:
    """Run the stages within the seconds given; they read the file themselves, which counts."""
    started = time.monotonic()
    folder, seed = Path(job["folder"]), job["seed"]

    def get_path(name: str) -> str:
        return str(folder / name)

    asked = {"target": job["target"], "task": job["kind"], "metric": job["metric"]}
    roles = {role: job[role] for role in ("event_time", "group") if job[role] is not None}
    problem.run(problem=get_path("draft"), brief=get_path("brief"), **asked, details=roles)
    facts = ingest.run(
        dataset=get_path("dataset"),
        reading=get_path("reading"),
        problem=get_path("draft"),
        source=job["train"],
        seed=seed,
    )
    checked = {
        name: get_path(name) for name in ("dataset", "reading", "draft", "problem", "schema", "verdict")
    }
    validate.run(**checked, report=get_path("validate.html"))
    rows = {"train": get_path("dataset"), "problem": get_path("problem")}
    described = {"schema": get_path("schema"), "findings": get_path("findings")}
    eda.run(**rows, **described, report=get_path("eda.html"), seed=seed)
    preprocess.run(
        **rows,
        **described,
        recipe=get_path("cleaned"),
        report=get_path("preprocess.html"),
        settings=build_settings("preprocess"),
    )
    engineer.run(
        **rows,
        cleaned=get_path("cleaned"),
        recipe=get_path("engineered"),
        report=get_path("engineer.html"),
        settings=build_settings("engineer", budget_minutes=job["seconds"] / 60, seed=seed),
    )
    select.run(
        **rows,
        engineered=get_path("engineered"),
        recipe=get_path("recipe"),
        report=get_path("select.html"),
        settings=build_settings("select", seed=seed),
    )
    tune.plan(**rows, recipe=get_path("recipe"), folds=get_path("folds"), workers=1, seed=seed)
    before = time.monotonic() - started
    left = max(job["seconds"] - before - _RESERVE, _LEAST_SECONDS)
    tune.run(
        folds=get_path("folds"),
        results=get_path("trials"),
        study="sweep",
        settings=build_settings("tune", trials=10_000, budget_minutes=left / 60, seed=seed),
    )
    tuned = time.monotonic() - started
    metrics = train.run(
        **rows,
        schema=get_path("schema"),
        recipe=get_path("recipe"),
        folds=get_path("folds"),
        trials=get_path("trials"),
        model=get_path("model"),
        report=get_path("train.html"),
        source={"dataset_sha256": str(facts["sha256"]), "source": "benchmark"},
        settings=build_settings("train", budget_minutes=left / 60, seed=seed),
    )
    package = Package.load(folder / "model")
    trained = time.monotonic() - started
    title, trials = package.signature.title, f"{metrics.get('trials', 0):.0f}"
    note = f"{title}, {trials} trials; before the sweep {before:.1f} s, tune {tuned - before:.1f} s, "
    return _put_in_order(package, job["classes"]), f"{note}train {trained - tuned:.1f} s"


def read_test(job: dict[str, Any]) -> pd.DataFrame:
    """Read the rows as ``make score`` does, by the model's own readings."""
    folder = Path(job["folder"])
    dataset = str(folder / "unseen")
    ingest.run_rows(
        dataset=dataset,
        model=str(folder / "model"),
        source=job["test"],
        unreadable="refuse",
        seed=job["seed"],
    )
    return read_frame(dataset)


def _put_in_order(package: Package, classes: list[str]) -> Predict:
    if not classes:
        return package.predict
    order = [package.signature.classes.index(label) for label in classes]
    return lambda rows: package.predict(rows)[:, order]
