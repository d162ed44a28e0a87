"""The recipe: a scikit-learn Pipeline of steps that turn raw rows into a numeric matrix with names.

Each stage appends one ``Step``. The same fitted object transforms rows in training, batch scoring, serving
and monitoring; ``export`` gives the state of which a faster form can be compiled.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import Pipeline

from components._problem.spec import Problem


class Step(TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """One step of a recipe.

    Fitted state ends in an underscore and holds arrays, numbers, strings, lists and dicts only, so that it
    can be stored without pickle.
    """

    @abstractmethod
    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Step":
        """Learn from training rows and their encoded target."""

    @abstractmethod
    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the columns that ``transform`` makes, shape (n_columns,)."""

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """Return the fitted state as JSON values, enough to transform a row without this class."""

    @abstractmethod
    def describe(self) -> list[str]:
        """Return what the fitted step does, a sentence each."""


def append_step(recipe: Pipeline | None, name: str, step: Step) -> Pipeline:
    """Return an unfitted copy of a recipe with one step more.

    Parameters
    ----------
    recipe : Pipeline or None
        The recipe so far, left as it is; None to begin one.
    name : str
        The new step's name.
    step : Step
        The new step.
    """
    steps = [] if recipe is None else [(done, clone(part)) for done, part in recipe.steps]
    return Pipeline([*steps, (name, step)])


def list_required_columns(recipe: Pipeline) -> list[str]:
    """Return the raw columns that a recipe reads."""
    return list(recipe[0].feature_names)


def set_sources(X: pd.DataFrame, sources: list[str]) -> pd.DataFrame:
    """Note for each feature of a table the column that it was made of, for the step after."""
    X.attrs["sources"] = sources
    return X


def get_sources(X: pd.DataFrame) -> list[str]:
    """Return for each feature of a table the column that it was made of: by default itself."""
    return list(X.attrs.get("sources", X.columns))


def list_directions(recipe: Pipeline, problem: Problem) -> list[int]:
    """Return for each feature of a fitted recipe 1, -1 or 0: predictions rise with it, fall, or either.

    A number passes every step under its own name, and rises with the column as it came in.
    """
    signs = {column: 1 if way == "rising" else -1 for column, way in problem.monotonic.items()}
    return [signs.get(str(name), 0) for name in recipe[-1].get_feature_names_out()]


def list_alternatives(recipe: Pipeline) -> list[str]:
    """Return for each feature of a fitted recipe how it encodes a column that has other features too.

    "one-hot" or "target", or "" for a feature that is its column's only form.
    """
    ways = recipe["engineer"].get_alternatives() if "engineer" in recipe.named_steps else {}
    return [ways.get(str(name), "") for name in recipe[-1].get_feature_names_out()]


def make_unique_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names that repeat neither one another nor those taken, numbered where they would.

    A column that a step makes may be called like one that the table has: ``age_is_null`` beside ``age``.
    """
    used = set(taken)
    result = []
    for name in names:
        free, number = name, 2
        while free in used:
            free, number = f"{name}_{number}", number + 1
        used.add(free)
        result.append(free)
    return result
