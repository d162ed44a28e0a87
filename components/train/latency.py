"""How long a model takes to predict a row as it is served.

Time is processor time of the thread that predicts, so other work on the machine does not change the model.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from components._compiled.model import CompiledModel, ServingForm
from components._compiled.recipe import CompiledRecipe
from components._model.package import Package
from components._recipe.model_input import to_rows
from components.train.member_choice import MemberChoice

_ROWS, _REPEATS = 20, 5


class LatencyResult(NamedTuple):
    """The effect of a limit on the time to predict a row.

    Attributes
    ----------
    limit_ms, served_ms : float
        The limit, and the time of the served model, in milliseconds of processor time.
    recipe_ms : float
        The part of it that the recipe takes.
    free : MemberChoice
        What would be chosen without the limit.
    free_title : str
        The title of that model.
    free_ms : float
        Its time.
    is_binding : bool
        Whether the limit changed the model.
    """

    limit_ms: float
    served_ms: float
    recipe_ms: float
    free: MemberChoice
    free_title: str
    free_ms: float
    is_binding: bool

    @property
    def is_met(self) -> bool:
        """Whether the model predicts a row within the limit."""
        return self.served_ms <= self.limit_ms


def measure_served_ms(package: Package, compiled: ServingForm | None, frame: pd.DataFrame) -> float:
    """Return the processor time in which a server predicts a row, in milliseconds."""
    rows = _sample_rows(frame)
    if compiled is None:
        return _measure_median_ms(package.predict, [rows.iloc[i : i + 1] for i in range(len(rows))])
    model = CompiledModel(compiled)
    return _measure_median_ms(model.predict, [[row] for row in to_rows(rows, package.signature.columns)])


def measure_recipe_ms(package: Package, frame: pd.DataFrame) -> float:
    """Return the processor time that the compiled recipe takes for a row, in milliseconds."""
    columns = package.signature.columns
    recipe = CompiledRecipe(
        {name: step.export() for name, step in package.pipeline.steps[:-1]}, list(columns)
    )
    return _measure_median_ms(recipe.transform, [[row] for row in to_rows(_sample_rows(frame), columns)])


def _sample_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[np.linspace(0, len(frame) - 1, min(_ROWS, len(frame))).astype(int)]


def _measure_median_ms(predict: Callable[[Any], object], rows: list[Any]) -> float:
    """Return the time of the median row in milliseconds, where each row counts with its fastest repeat."""
    seconds = np.empty((_REPEATS, len(rows)))
    with threadpool_limits(limits=1):
        for repeat in range(_REPEATS):
            for i, row in enumerate(rows):
                started = time.thread_time()
                predict(row)
                seconds[repeat, i] = time.thread_time() - started
    return float(np.median(seconds.min(axis=0)) * 1e3)
