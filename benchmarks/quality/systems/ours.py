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
from benchmarks.defaults import settings_of
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

    def at(name: str) -> str:
        return str(folder / name)

    asked = {"target": job["target"], "task": job["kind"], "metric": job["metric"]}
    roles = {role: job[role] for role in ("event_time", "group") if job[role] is not None}
    problem.run(problem=at("draft"), brief=at("brief"), **asked, details=roles)
    facts = ingest.run(
        dataset=at("dataset"), reading=at("reading"), problem=at("draft"), source=job["train"], seed=seed
    )
    checked = {name: at(name) for name in ("dataset", "reading", "draft", "problem", "schema", "verdict")}
    validate.run(**checked, report=at("validate.html"))
    rows = {"train": at("dataset"), "problem": at("problem")}
    described = {"schema": at("schema"), "findings": at("findings")}
    eda.run(**rows, **described, report=at("eda.html"), seed=seed)
    preprocess.run(
        **rows,
        **described,
        recipe=at("cleaned"),
        report=at("preprocess.html"),
        settings=settings_of("preprocess"),
    )
    engineer.run(
        **rows, cleaned=at("cleaned"), recipe=at("engineered"), settings=settings_of("engineer", seed=seed)
    )
    select.run(
        **rows,
        engineered=at("engineered"),
        recipe=at("recipe"),
        report=at("select.html"),
        settings=settings_of("select", seed=seed),
    )
    tune.plan(**rows, recipe=at("recipe"), folds=at("folds"), workers=1, seed=seed)
    before = time.monotonic() - started
    left = max(job["seconds"] - before - _RESERVE, _LEAST_SECONDS)
    tune.run(
        folds=at("folds"),
        results=at("trials"),
        study="sweep",
        settings=settings_of("tune", trials=10_000, budget_minutes=left / 60, seed=seed),
    )
    tuned = time.monotonic() - started
    metrics = train.run(
        **rows,
        schema=at("schema"),
        recipe=at("recipe"),
        folds=at("folds"),
        trials=at("trials"),
        model=at("model"),
        report=at("train.html"),
        source={"dataset_sha256": str(facts["sha256"]), "source": "benchmark"},
        settings=settings_of("train", budget_minutes=left / 60, seed=seed),
    )
    package = Package.load(folder / "model")
    trained = time.monotonic() - started
    title, trials = package.signature.title, f"{metrics.get('trials', 0):.0f}"
    note = f"{title}, {trials} trials; before the sweep {before:.1f} s, tune {tuned - before:.1f} s, "
    return _in_order(package, job["classes"]), f"{note}train {trained - tuned:.1f} s"


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


def _in_order(package: Package, classes: list[str]) -> Predict:
    if not classes:
        return package.predict
    order = [package.signature.classes.index(label) for label in classes]
    return lambda rows: package.predict(rows)[:, order]
