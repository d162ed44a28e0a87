"""How long a model takes to predict a row as it is served, and the best model within a limit of this time.

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
from components._model.serving_form import NoServingForm, build_serving_form
from components._recipe.model_input import to_rows
from components.train.member_choice import NO_LIMIT, LatencyLimit, Member, MemberChoice
from components.train.model_parts import ModelPart
from components.train.parity import Parity

_ROWS, _REPEATS = 20, 5


class BuiltModel(NamedTuple):
    """A choice, fitted.

    Attributes
    ----------
    choice : MemberChoice
        Its trials.
    parts : list of ModelPart
        Their fits.
    package : Package
        The model.
    parity : Parity
        Its compiled form.
    """

    choice: MemberChoice
    parts: list[ModelPart]
    package: Package
    parity: Parity


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


def build_within(
    limit_ms: float,
    choose: Callable[[LatencyLimit], MemberChoice],
    build: Callable[[MemberChoice], BuiltModel],
    pack: Callable[[MemberChoice, list[ModelPart]], Package],
    frame: pd.DataFrame,
) -> tuple[BuiltModel, LatencyResult]:
    """Choose without a limit, fit and time the model; while it takes too long, choose again.

    The time of a trial is known after it was fitted. Until then it is assumed to be 0, so that the best
    trials are fitted first, and not more of them than necessary.

    Parameters
    ----------
    limit_ms : float
        Time in which the model is to predict a row, in milliseconds.
    choose : callable
        Returns the best choice within a limit on its trials' time.
    build : callable
        Returns the model of a choice.
    pack : callable
        Returns the same model from a choice and its fits, without compiling it.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows, some of which are predicted.
    """
    built = free = build(choose(NO_LIMIT))
    ms = free_ms = measure_served_ms(free.package, free.parity.compiled, frame)
    recipe_ms = _measure_recipe_ms(free.package, frame)
    known: dict[int, float] = {}
    # If the recipe alone takes too long, no choice of trials helps.
    while ms > limit_ms > recipe_ms:
        new = [member for member in built.choice.members if member.trial.number not in known]
        if not new:
            break
        for member in new:
            alone = _pack_member(member, built, pack)
            known[member.trial.number] = measure_served_ms(alone, _try_compile(alone), frame) - recipe_ms
        built = build(choose(LatencyLimit(limit_ms - recipe_ms, known)))
        ms = measure_served_ms(built.package, built.parity.compiled, frame)
    is_binding = built.choice.members != free.choice.members
    title = free.package.signature.title
    return built, LatencyResult(limit_ms, ms, recipe_ms, free.choice, title, free_ms, is_binding)


def measure_served_ms(package: Package, compiled: ServingForm | None, frame: pd.DataFrame) -> float:
    """Return the processor time in which a server predicts a row, in milliseconds."""
    rows = _sample_rows(frame)
    if compiled is None:
        return _measure_median_ms(package.predict, [rows.iloc[i : i + 1] for i in range(len(rows))])
    model = CompiledModel(compiled)
    return _measure_median_ms(model.predict, [[row] for row in to_rows(rows, package.signature.columns)])


def _pack_member(
    member: Member, built: BuiltModel, pack: Callable[[MemberChoice, list[ModelPart]], Package]
) -> Package:
    """Return the model of a single trial, with the fits that it has in the ensemble."""
    trial, weight = member
    choice = built.choice._replace(members=[Member(trial, 1.0)], slope=1.0, intercept=0.0)
    own = [part for part in built.parts if part.trial.number == trial.number]
    return pack(choice, [part._replace(weight=part.weight / weight) for part in own])


def _measure_recipe_ms(package: Package, frame: pd.DataFrame) -> float:
    columns = package.signature.columns
    recipe = CompiledRecipe(
        {name: step.export() for name, step in package.pipeline.steps[:-1]}, list(columns)
    )
    return _measure_median_ms(recipe.transform, [[row] for row in to_rows(_sample_rows(frame), columns)])


def _try_compile(package: Package) -> ServingForm | None:
    try:
        return build_serving_form(package)
    except NoServingForm:
        return None


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
