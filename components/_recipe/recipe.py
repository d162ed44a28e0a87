"""The recipe: a scikit-learn Pipeline of steps that turn raw rows into a numeric matrix with names.

Each stage appends one ``Step``. The same fitted object transforms rows in training, batch scoring, serving
and monitoring. ``export`` returns the state from which the faster serving form is compiled.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import Pipeline

from components._problem.spec import Problem
from components._table.time_blocks import cut_time_blocks

# In a step's state: the attributes that are JSON texts.
_TEXTS = "json"


class Step(TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """One step of a recipe.

    Names of fitted state end in an underscore. It holds only arrays, numbers, strings, lists and dicts, so
    that it can be stored without pickle.
    """

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes; lists and dicts without arrays are JSON, of which skops makes one entry.

        It would make one of each value in them, which takes seconds for thousands of columns.
        """
        state: dict[str, Any] = dict(super().__getstate__())
        texts = {}
        for name, value in state.items():
            if isinstance(value, list | dict):
                with suppress(TypeError):
                    texts[name] = json.dumps(value)
        return {**state, **texts, _TEXTS: sorted(texts)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the attributes that ``__getstate__`` returned."""
        texts = state.pop(_TEXTS)
        super().__setstate__({**state, **{name: json.loads(state[name]) for name in texts}})

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
        """Return sentences that say what the fitted step does."""


class _Shared:
    """What a step tells the next one about its table, in the table's ``attrs``.

    pandas copies ``attrs`` deeply for every column that is taken from a table. Of a table of thousands of
    columns this would copy thousands of entries thousands of times.
    """

    def __init__(self, facts: Any) -> None:
        self.facts = facts

    def __deepcopy__(self, memo: object) -> "_Shared":
        return self


def append_step(recipe: Pipeline | None, name: str, step: Step) -> Pipeline:
    """Return an unfitted copy of a recipe with one more step.

    Parameters
    ----------
    recipe : Pipeline or None
        The recipe so far, which is not changed; None for a new one.
    name : str
        The new step's name.
    step : Step
        The new step.
    """
    steps = [] if recipe is None else [(before, clone(part)) for before, part in recipe.steps]
    return Pipeline([*steps, (name, step)])


def list_required_columns(recipe: Pipeline) -> list[str]:
    """Return the raw columns that a recipe reads."""
    return list(recipe[0].feature_names)


def list_fit_columns(recipe: Pipeline, problem: Problem) -> list[str]:
    """Return the raw columns that ``fit_recipe`` reads."""
    columns = list_required_columns(recipe)
    event_time = problem.event_time
    return columns if event_time is None or event_time in columns else [*columns, event_time]


def fit_recipe(recipe: Pipeline, frame: pd.DataFrame, y: np.ndarray, problem: Problem) -> Any:
    """Fit a recipe that has the step engineer, and return what it makes of the training rows.

    This is not what ``transform`` makes of them: statistics of the target that a row gets do not come from
    this row, and with an event time all statistics come from earlier rows.

    Parameters
    ----------
    recipe : Pipeline
        The recipe, which is fitted.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows, with the columns of ``list_fit_columns``.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    """
    columns = frame[list_required_columns(recipe)]
    if problem.event_time is None:
        return recipe.fit_transform(columns, y)
    blocks = cut_time_blocks(frame[problem.event_time].to_numpy(), problem.gap)
    return recipe.fit_transform(columns, y, engineer__blocks=blocks)


def set_sources(X: pd.DataFrame, sources: list[str]) -> pd.DataFrame:
    """Record the column that each feature of a table comes from, for the next step."""
    X.attrs["sources"] = _Shared(sources)
    return X


def get_sources(X: pd.DataFrame) -> list[str]:
    """Return the column that each feature of a table comes from; by default the feature itself."""
    return list(X.attrs["sources"].facts if "sources" in X.attrs else X.columns)


def set_units(X: pd.DataFrame, units: dict[str, list[float]]) -> pd.DataFrame:
    """Record the mean and the scale of each standardised number of a table, for the next step."""
    X.attrs["units"] = _Shared(units)
    return X


def get_units(X: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean and the scale of each standardised number of a table."""
    return dict(X.attrs["units"].facts if "units" in X.attrs else {})


def list_directions(recipe: Pipeline, problem: Problem) -> list[int]:
    """Return 1, -1 or 0 for each feature of a fitted recipe: predictions rise with it, fall, or either.

    A number keeps its name in every step, and its feature rises with the raw column.
    """
    signs = {column: 1 if way == "rising" else -1 for column, way in problem.monotonic.items()}
    return [signs.get(str(name), 0) for name in recipe[-1].get_feature_names_out()]


def list_alternatives(recipe: Pipeline) -> list[str]:
    """Return the encoding of each feature of a fitted recipe whose column has two encodings.

    "one-hot" or "target"; "" for all other features.
    """
    ways = recipe["engineer"].get_alternatives() if "engineer" in recipe.named_steps else {}
    return [ways.get(str(name), "") for name in recipe[-1].get_feature_names_out()]


def make_unique_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names with a number appended where they would repeat each other or a taken name.

    A table may have a column with the name that a step makes: ``age_is_null`` beside ``age``.
    """
    used = set(taken)
    result = []
    for name in names:
        unique, number = name, 2
        while unique in used:
            unique, number = f"{name}_{number}", number + 1
        used.add(unique)
        result.append(unique)
    return result
