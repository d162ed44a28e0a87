"""The chosen trials, fitted again as one model."""

import warnings
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from components._dask.choice import LOCAL, EngineChoice
from components._estimators import FAMILIES, FitOptions, StoppingRows, compute_most_row_ms, fit
from components._estimators.binned_boosting import RowPart
from components._estimators.description import get_title
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._model.package import Package
from components._model.signature import Signature
from components._problem.spec import Problem
from components._recipe.recipe import fit_recipe, list_alternatives, list_directions, list_required_columns
from components._sweep.folds import FoldSet
from components._table.target import encode_target, order_classes
from components.errors import SuiteError
from components.machine import limit_processes, read_own_memory
from components.memory import DEFAULT_MEMORY
from components.processes import map_in_processes
from components.train.all_rows import AllRows
from components.train.inputs import TrainingInputs
from components.train.large_fits import Key, LargeFit, LargeInputs, fit_on_all_rows, plan_fit
from components.train.member_choice import MemberChoice
from components.train.model_parts import ModelPart, average_steps, count_seconds, estimate_seconds

# The threads of one fit wait for each other at every split. On fewer rows, and with other work on the
# machine, that costs many times what it saves.
_ROWS_FOR_THREADS = 50_000
_FAMILIES_WITH_THREADS = ("lightgbm", "extra_trees")
# Memory that a process needs for a fit: for itself, and in copies of the features.
_BYTES_OF_PROCESS, _COPIES_OF_MATRIX = 200e6, 4


class ModelNotFitted(SuiteError):
    """The chosen trials could not be fitted."""


class Fitter:
    """Fits the recipe once, and each part of one or more models once.

    Parameters
    ----------
    inputs : TrainingInputs
        What the model is fitted from.
    seed, threads : int
        Seed of the estimators, and processors to fit on. The number of processors does not change the model.

    memory : int
        Bytes of memory to use.
    seconds : float
        Processor seconds for the fits on rows that do not fit into memory.
    may_grow : bool
        Whether these fits may make more steps than the trials, as far as the counted time to predict a row
        allows.
    engine : EngineChoice
        What makes these fits: this process, or the workers of Dask.
    scheduler : str or None
        Address of Dask's scheduler; None for workers of this machine.

    Attributes
    ----------
    spared_processes : int
        Processors that fitted nothing, because memory was too small for so many processes.
    large : LargeInputs or None
        All training rows if the model learns from a sample and from all; otherwise None.
    large_fits : dict
        The fits on all rows, by trial number and bag.
    """

    def __init__(
        self,
        inputs: TrainingInputs,
        *,
        seed: int,
        threads: int,
        memory: int = DEFAULT_MEMORY,
        seconds: float = np.inf,
        may_grow: bool = True,
        engine: EngineChoice = LOCAL,
        scheduler: str | None = None,
    ) -> None:
        self._inputs = inputs
        self._threads = threads
        self._memory, self._seconds, self._may_grow = memory, seconds, may_grow
        problem, frame = inputs.problem, inputs.frame
        y = encode_target(frame[problem.target], problem)
        self._columns = list_required_columns(inputs.recipe)
        self._recipe = clone(inputs.recipe)
        matrix = fit_recipe(self._recipe, frame, y, problem)
        fitting = FitOptions(
            problem.kind,
            problem.metric,
            seed,
            monotonic=tuple(list_directions(self._recipe, problem)),
            alternatives=tuple(list_alternatives(self._recipe)),
            weights=inputs.folds.weights,
        )
        self._shared = _SharedInputs(matrix, y, inputs.folds, fitting)
        self._fitted: dict[Key, Any] = {}
        self.spared_processes = 0
        self.large = self._find_all_rows(seed, engine, scheduler)
        self.large_fits: dict[Key, LargeFit] = {}

    @property
    def all_rows(self) -> int | None:
        """Number of all training rows; None if they are in memory, or only the sample is learnt from."""
        return None if self.large is None else self.large.rows.n_rows

    def _find_all_rows(self, seed: int, engine: EngineChoice, scheduler: str | None) -> LargeInputs | None:
        """Return all rows if there are more than in memory, and the recipe can make features of them."""
        large, frame, problem = self._inputs.large, self._inputs.frame, self._inputs.problem
        matrix, y, folds, options = self._shared
        if large is None or (problem.event_time is not None and not self._has_equal_transform()):
            return None
        rows = AllRows.assign(large.train, large.sample, frame, problem, self._recipe, seed)
        facts = replace(folds.facts, n_rows=rows.n_to_learn)
        sample = RowPart(matrix, y, options.weights)
        own_options = replace(options, threads=self._threads)
        return LargeInputs(rows, sample, own_options, facts, self._memory, engine, scheduler)

    def _has_equal_transform(self) -> bool:
        """Whether the recipe makes of training rows what it makes of new rows.

        With an event time, statistics that a training row gets come from earlier rows only, but a recipe
        keeps those of all rows.
        """
        made = self._recipe.transform(self._inputs.frame[self._columns])
        return np.array_equal(np.asarray(made, dtype=np.float32), self._shared.matrix, equal_nan=True)

    def build_package(self, choice: MemberChoice, parts: list[ModelPart], threshold: float | None) -> Package:
        """Return the model of a choice, without lineage; parts that were fitted before are not fitted again.

        Raises
        ------
        ModelNotFitted
            A process that fitted a part died.
        """
        problem = self._inputs.problem
        missing = [part for part in parts if part.key not in self._fitted]
        if self.large is not None:
            self._fit_on_all_rows([part for part in missing if _learns_from_batches(part)], parts)
            missing = [part for part in missing if not _learns_from_batches(part)]
        self._fit_parts(missing)
        fitted = [self._fitted[part.key] for part in parts]
        estimator = _build_ensemble(fitted, [part.weight for part in parts], choice, problem)
        if problem.kind != "regression":
            estimator = LabelledClassifier(estimator, list(order_classes(problem)), threshold)
        family, title = _name_model(choice)
        signature = Signature(
            task=problem.kind,
            target=problem.target,
            columns={name: self._inputs.schema[name].kind for name in self._columns},
            classes=list(order_classes(problem)) if problem.kind != "regression" else [],
            threshold=threshold,
            family=family,
            title=title,
            metric=problem.metric,
        )
        return Package(Pipeline([*self._recipe.steps, ("model", estimator)]), signature, {})

    def _fit_on_all_rows(self, parts: list[ModelPart], together: list[ModelPart]) -> None:
        """Fit parts on all rows; ``together`` are all parts of their model, which share the time of a row."""
        if not parts:
            return
        large, folds = self.large, self._shared.folds
        assert large is not None
        steps = {part.key: average_steps(part.trial, folds) for part in together}
        row_ms = {
            part.key: FAMILIES[part.trial.family].estimate_row_ms(
                part.trial.parameters, large.facts, steps[part.key]
            )
            for part in together
        }
        growth = 1.0
        if self._may_grow:
            growth = max(1.0, compute_most_row_ms(large.facts) / sum(row_ms.values()))
        seconds = {part.key: count_seconds(part.trial, folds, self.all_rows) for part in together}
        share = self._seconds / sum(seconds.values())
        plans = [
            plan_fit(
                part,
                steps[part.key],
                max(1, int(steps[part.key] * growth)),
                large,
                seconds[part.key] * share,
            )
            for part in parts
        ]
        self.large_fits |= fit_on_all_rows(plans, large)
        self._fitted |= {key: fitted.estimator for key, fitted in self.large_fits.items()}

    def _fit_parts(self, parts: list[ModelPart]) -> None:
        seconds = {part.key: estimate_seconds(part.trial, self._shared.folds) for part in parts}
        # The longest first, so that no processor waits for one of them at the end.
        waiting = sorted(parts, key=lambda part: -seconds[part.key])
        while waiting and self._is_long(waiting[0], sum(seconds[part.key] for part in waiting), seconds):
            self._fit_group([waiting.pop(0)], self._threads)
        self._fit_group(waiting, 1)

    def _is_long(
        self, part: ModelPart, total: float, seconds: Mapping[tuple[int, int | None], float]
    ) -> bool:
        """Whether processors would wait for a part if it had one of them for itself."""
        is_large = len(self._shared.y) >= _ROWS_FOR_THREADS
        return (
            is_large
            and self._threads > 1
            and part.trial.family in _FAMILIES_WITH_THREADS
            and seconds[part.key] > total / self._threads
        )

    def _fit_group(self, parts: list[ModelPart], threads: int) -> None:
        if not parts:
            return
        shared = self._shared._replace(fitting=replace(self._shared.fitting, threads=threads))
        wanted = min(self._threads, len(parts))
        n_bytes = _BYTES_OF_PROCESS + _COPIES_OF_MATRIX * shared.matrix.nbytes
        processes = limit_processes(wanted, n_bytes, read_own_memory(), self._memory)
        self.spared_processes = max(self.spared_processes, wanted - processes)
        fitted = _fit_all(parts, shared, processes)
        self._fitted |= {part.key: estimator for part, estimator in zip(parts, fitted, strict=True)}


class _SharedInputs(NamedTuple):
    """What all parts are fitted from."""

    matrix: np.ndarray
    y: np.ndarray
    folds: FoldSet
    fitting: FitOptions


def _fit_all(parts: list[ModelPart], shared: _SharedInputs, processes: int) -> list[Any]:
    """Fit parts in parallel, in processes: threads that fit networks would wait for each other's Python."""
    try:
        return map_in_processes(_fit_part, shared, parts, processes)
    except BrokenProcessPool:
        raise ModelNotFitted(
            f"One of {processes} processes that fitted the model died, probably because memory ran out.",
            "Give the stage more memory or fewer processors, or lower max_models.",
        ) from None


def _learns_from_batches(part: ModelPart) -> bool:
    return FAMILIES[part.trial.family].learns_from_batches


def _fit_part(shared: _SharedInputs, part: ModelPart) -> Any:
    # On more threads BLAS adds in another order; boosting and trees do not.
    with threadpool_limits({"openmp": shared.fitting.threads, "blas": 1}), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        family, parameters = part.trial.family, part.trial.parameters
        matrix, y, folds, fitting = shared
        if part.bag is None:
            steps = max(1, round(average_steps(part.trial, folds)))
            return fit(family, matrix, y, parameters, fitting, steps).estimator
        watched = folds.folds[part.bag].score_rows
        rest = np.setdiff1d(np.arange(len(y)), watched)
        until = StoppingRows(matrix[watched], y[watched])
        if fitting.weights is not None:
            until = until._replace(weights=fitting.weights[watched])
            fitting = replace(fitting, weights=fitting.weights[rest])
        return fit(family, matrix[rest], y[rest], parameters, fitting, until).estimator


def _build_ensemble(
    estimators: list[Any], weights: list[float], choice: MemberChoice, problem: Problem
) -> Any:
    if problem.kind == "regression":
        return EnsembleRegressor(estimators, weights)
    return EnsembleClassifier(problem.kind, estimators, weights, choice.slope, choice.intercept)


def _name_model(choice: MemberChoice) -> tuple[str, str]:
    if len(choice.members) == 1:
        family = choice.members[0].trial.family
        return family, get_title(family)
    return "ensemble", f"Ensemble of {len(choice.members)} models"
