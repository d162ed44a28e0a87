"""Tables, problems and models that the tests of the recipe and of its stages share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from components._estimators import FAMILIES, FitOptions, Parameters, fit
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._model.package import Package
from components._model.signature import Signature
from components._problem.metrics import DEFAULT_SCORER
from components._problem.spec import Problem
from components._problem.task import Label, TaskKind
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import list_alternatives
from components._recipe.select import Selector
from components._table.findings import ColumnFinding, Findings
from components._table.schema import Column, Kind, Schema
from components._table.target import encode_target, order_classes
from tests.tables import write_frame

CLASSES: dict[TaskKind, tuple[Label, ...]] = {
    "binary": ("left", "stayed"),
    "multiclass": ("a", "b", "c"),
    "regression": (),
}
KINDS: dict[str, Kind] = {
    "amount": "float",
    "amount_is_null": "integer",
    "visits": "integer",
    "member": "boolean",
    "city": "string",
    "product": "string",
    "since": "datetime",
}


def make_problem(kind: TaskKind, **settings: Any) -> Problem:
    """Return a resolved problem whose target is the column ``y``."""
    positive = CLASSES["binary"][0] if kind == "binary" else None
    resolved: dict[str, Any] = {
        "target": "y",
        "task": kind,
        "metric": DEFAULT_SCORER[kind],
        "classes": CLASSES[kind],
        "positive_label": positive,
    }
    return Problem(**{**resolved, **settings})


def draw_rows(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Return rows of every kind, as a table is read: nulls, outliers, rare categories, dates before 1970."""
    rng = np.random.default_rng(seed)

    def drop_some(values: Any, share: float) -> pd.Series:
        return pd.Series(values).where(rng.random(n_rows) >= share)

    def put_none(values: pd.Series) -> pd.Series:
        return pd.Series([None if pd.isna(value) else value for value in values], dtype=object)

    minutes = pd.to_timedelta(rng.integers(0, 12 * 365 * 24 * 60, n_rows), unit="min")
    return pd.DataFrame(
        {
            "amount": drop_some(rng.standard_t(2, n_rows) * 100, 0.1),
            # The null indicator of amount would have the same name.
            "amount_is_null": rng.integers(0, 3, n_rows),
            "visits": rng.poisson(3, n_rows),
            "member": put_none(drop_some(rng.random(n_rows) < 0.5, 0.2)),
            "city": put_none(
                drop_some(
                    rng.choice(["Bern", "a=b", "Oslo", "rare"], n_rows, p=[0.5, 0.3, 0.197, 0.003]), 0.1
                )
            ),
            "product": pd.Series([f"p{i}" for i in rng.integers(0, 20, n_rows)], dtype=object),
            "since": drop_some(pd.Timestamp("1964-02-27") + minutes, 0.1).astype("datetime64[us]"),
        }
    )


def draw_target(rows: pd.DataFrame, kind: TaskKind, seed: int = 0) -> pd.Series:
    """Return a target that depends on amount, city and product, with noise."""
    rng = np.random.default_rng(seed)
    signal = (
        rows["amount"].fillna(0).clip(-300, 300) / 100
        + (rows["city"] == "Bern")
        + rows["product"].str[1:].astype(int) / 10
        + rng.normal(0, 0.5, len(rows))
    )
    if kind == "regression":
        return signal.rename("y")
    labels = np.array(CLASSES[kind], dtype=object)
    return pd.Series(labels[pd.qcut(signal, len(labels), labels=False)], index=rows.index, name="y")


def draw_table(kind: TaskKind, n_rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return rows with their target in ``y``."""
    rows = draw_rows(n_rows, seed)
    return rows.assign(y=draw_target(rows, kind, seed))


# Every kind of derivation of the columns of ``draw_rows``.
DERIVED = [
    ["product", "amount", "visits"],
    ["difference", "amount", "amount_is_null"],
    ["ratio", "visits", "amount"],
    ["ratio", "member", "amount_is_null"],
    ["cross", "city", "product"],
    ["group_mean", "amount", "city"],
    ["group_deviation", "visits", "product"],
    ["difference_to_group", "amount", "product"],
    ["ratio_to_group", "visits", "city"],
    ["frequency", "product"],
    ["days_between", "since", "since"],
    ["year_cycle", "since"],
    ["week_cycle", "since"],
    ["day_cycle", "since"],
]


def make_recipe(kind: TaskKind, rare_below: float = 0.005) -> Pipeline:
    """Return the recipe of all three steps for ``draw_rows``."""
    numeric = [name for name, of in KINDS.items() if of in ("float", "integer", "boolean")]
    preprocessor = Preprocessor(numeric, ["city", "product"], ["since"], rare_below=rare_below)
    return Pipeline([("preprocess", preprocessor), ("engineer", Engineer(kind)), ("select", Selector(kind))])


# Parameters of each family that fit in milliseconds.
SMALL: dict[str, Parameters] = {
    name: {**family.portfolio[0], **more}
    for (name, family), more in zip(
        FAMILIES.items(), ({}, {}, {}, {"min_samples_leaf": 30}, {"width": 16}, {}, {}), strict=True
    )
}
_STEPS = 8


def fit_estimator(
    family: str,
    kind: TaskKind,
    matrix: np.ndarray,
    y: np.ndarray,
    parameters: Parameters | None = None,
    alternatives: Sequence[str] = (),
) -> Any:
    """Return a small estimator of a family; an iterative one takes few steps."""
    options = FitOptions(kind, DEFAULT_SCORER[kind], seed=0, alternatives=tuple(alternatives))
    with threadpool_limits(1):
        return fit(family, matrix, y, parameters or SMALL[family], options, _STEPS).estimator


def fit_package(
    family: str, kind: TaskKind, threshold: float | None = None, parameters: Parameters | None = None
) -> Package:
    """Return a small model of a family with its recipe, fitted on ``draw_table``."""
    table, question = draw_table(kind), make_problem(kind)
    y = encode_target(table["y"], question)
    recipe = make_recipe(kind)
    matrix = recipe.fit_transform(table[list(KINDS)], y)
    estimator: Any = fit_estimator(family, kind, matrix, y, parameters, list_alternatives(recipe))
    classes: list[Label] = []
    if kind == "regression":
        estimator = EnsembleRegressor([estimator], [1.0])
    else:
        classes = list(order_classes(question))
        estimator = LabelledClassifier(EnsembleClassifier(kind, [estimator], [1.0]), classes, threshold)
    signature = Signature(
        kind, "y", KINDS, classes, threshold, family, FAMILIES[family].title, question.metric
    )
    return Package(Pipeline([*recipe.steps, ("model", estimator)]), signature, {"seed": 0, "models": []})


def write_inputs(folder: Path, kind: TaskKind, *findings: ColumnFinding, **settings: Any) -> dict[str, str]:
    """Write a training table, its problem, its schema and its findings; return their paths by name."""
    kinds: dict[str, Kind] = {**KINDS, "y": "float" if kind == "regression" else "string"}
    places = {name: str(folder / name) for name in ("train", "problem", "schema", "findings")}
    write_frame(draw_table(kind), kinds, places["train"])
    make_problem(kind, **settings).save(places["problem"])
    Schema(tuple(Column(name, of) for name, of in kinds.items()), 300).save(places["schema"])
    Findings(findings).save(places["findings"])
    return places
