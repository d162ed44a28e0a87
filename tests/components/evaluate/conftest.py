"""A trained model on disk, as the train stage leaves it, for each task."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._model.package import Package
from components._model.signature import Signature
from components._problem.spec import Problem
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import append_step
from components._recipe.select import Selector
from components._table.schema import Kind
from components._table.target import encode_target, order_classes
from tests.components._model.tables import fit_estimator
from tests.tables import write_frame

KINDS: dict[str, Kind] = {"signal": "float", "noise": "float", "colour": "string", "sex": "string"}
COLUMNS: dict[str, Kind] = {name: KINDS[name] for name in ("signal", "noise", "colour")}


class Trained(NamedTuple):
    """Paths of a stage's inputs, and what they hold."""

    paths: dict[str, str]
    package: Package
    problem: Problem
    train: pd.DataFrame
    test: pd.DataFrame


def get_target_kind(labels: pd.Series) -> Kind:
    return "string" if labels.dtype == object else "boolean" if labels.dtype == bool else "integer"


def draw_rows(n: int, seed: int) -> pd.DataFrame:
    """A table whose column signal tells something, noise nothing, and colour a little."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=n)
    return pd.DataFrame(
        {
            "signal": np.where(rng.random(n) < 0.05, np.nan, signal),
            "noise": rng.normal(size=n),
            "colour": rng.choice(["red", "green", "blue"], n),
            "sex": rng.choice(["f", "m"], n),
            "score": signal + (rng.random(n) < 0.5) * 0.5 + rng.normal(scale=0.7, size=n),
        }
    )


def add_labels(frame: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """The same table with the problem's target in place of the score it is cut from."""
    score = frame["score"]
    if problem.kind == "regression":
        return frame.drop(columns="score").assign(y=score * 10 + 50)
    classes = list(problem.classes)
    edges = np.quantile(score, np.linspace(0, 1, len(classes) + 1)[1:-1])
    labels = pd.Series([classes[i] for i in np.searchsorted(edges, score)], index=frame.index)
    return frame.drop(columns="score").assign(y=labels)


def fit_package(
    train: pd.DataFrame, problem: Problem, family: str, threshold: float | None, lineage: dict[str, Any]
) -> Package:
    """A package as the train stage builds it."""
    recipe = append_step(None, "preprocess", Preprocessor(["signal", "noise"], ["colour"], []))
    recipe = append_step(recipe, "engineer", Engineer(problem.kind))
    recipe = append_step(recipe, "select", Selector(problem.kind))
    y = encode_target(train["y"], problem)
    matrix = recipe.fit_transform(train[list(COLUMNS)], y)
    member = fit_estimator(family, problem.kind, matrix, y)
    classes = [] if problem.kind == "regression" else list(order_classes(problem))
    estimator = (
        LabelledClassifier(EnsembleClassifier(problem.kind, [member], [1.0]), classes, threshold)
        if classes
        else EnsembleRegressor([member], [1.0])
    )
    title = FAMILIES[family].title
    signature = Signature(problem.kind, "y", COLUMNS, classes, threshold, family, title, problem.metric)
    return Package(Pipeline([*recipe.steps, ("model", estimator)]), signature, lineage)


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., Trained]:
    """A function that writes the inputs of the stage to disk and names its outputs."""

    def build_all(
        settings: dict[str, Any],
        *,
        n_train: int = 300,
        n_test: int = 200,
        test: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame,
        family: str = "linear",
        threshold: float | None = None,
        lineage: dict[str, Any] | None = None,
    ) -> Trained:
        problem = Problem.model_validate({"target": "y", "sensitive": ("sex",), **settings})
        learnt = add_labels(draw_rows(n_train, 1), problem)
        unseen = test(add_labels(draw_rows(n_test, 2), problem)).reset_index(drop=True)
        package = fit_package(learnt, problem, family, threshold, lineage or {"trials": 7, "seed": 3})
        paths = {
            name: str(tmp_path / name)
            for name in ("train", "test", "problem", "model", "report", "card", "verdict")
        }
        kinds = {**KINDS, "y": "float" if problem.kind == "regression" else get_target_kind(learnt["y"])}
        write_frame(learnt, kinds, paths["train"])
        write_frame(unseen, kinds, paths["test"])
        problem.save(paths["problem"])
        package.save(paths["model"])
        return Trained(paths, package, problem, learnt, unseen)

    return build_all
