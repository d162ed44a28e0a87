"""Fits on all rows of a table of which only a sample fits into memory."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from components._dask.choice import LOCAL, EngineChoice
from components._dask.workers import is_number_stated, open_workers
from components._estimators import FAMILIES, Facts, FitOptions, Parameters, StoppingRows
from components._estimators.binned_boosting import (
    BinnedRows,
    RowPart,
    build_bins,
    count_row_bytes,
    find_features,
    fit_binned,
)
from components._estimators.boosting import estimate_step_seconds, has_absolute_loss
from components._estimators.family import FittedEstimator
from components._recipe.recipe import list_required_columns
from components._report.page import format_value
from components.memory import LIBRARY_BYTES
from components.train.all_rows import AllRows
from components.train.model_parts import ModelPart
from components.train.worker_fits import WorkerFits

# The rest of the memory is for what nobody plans.
_USABLE = 0.9
# A fit with fewer steps learns less from all rows than one with these from fewer rows.
_LEAST_STEPS = 100
# Processor seconds to read a value of a row and make features of it.
_VALUE_SECONDS = 4e-7
_BATCH_ROWS = 65_536
# The sample is in memory as a table, too, whose values are larger.
_COPIES_OF_SAMPLE = 4

Key = tuple[int, int | None]


class LargeFit(NamedTuple):
    """A fit on more rows than the sample has, and what limited it.

    Attributes
    ----------
    estimator : estimator
        The result.
    n_rows : int
        Rows that it learnt from.
    n_bytes : float
        Memory of these rows.
    parameters : dict
        Parameters of the fit, of which time may have raised the learning rate.
    steps : int
        Its steps.
    limited_by : {"", "memory", "memory of the workers", "time"}
        What the rest of the rows would have needed.
    n_workers : int
        Workers of Dask that it was fitted by; 0 for this process.
    """

    estimator: Any
    n_rows: int
    n_bytes: float
    parameters: Parameters
    steps: int
    limited_by: str
    n_workers: int = 0


class PlannedFit(NamedTuple):
    """How a part is fitted within its time.

    Attributes
    ----------
    part : ModelPart
        The part.
    parameters : dict
        Its trial's parameters, with a higher learning rate if time is short.
    until : int or None
        Number of steps; None if rows that are kept out decide.
    most_steps : int
        Most steps if they decide.
    most_rows : float
        Most rows that there is time for.
    """

    part: ModelPart
    parameters: Parameters
    until: int | None
    most_steps: int
    most_rows: float


class LargeInputs(NamedTuple):
    """What the fits are made from.

    Attributes
    ----------
    rows : AllRows
        All training rows.
    sample : RowPart
        Features of the sample, each without the row's own target.
    options : FitOptions
        Options of the fits.
    facts : Facts
        Facts of all rows.
    memory : int
        Bytes that the stage may use.
    engine : EngineChoice
        What fits: this process, or the workers of Dask.
    scheduler : str or None
        Address of Dask's scheduler; None for workers of this machine.
    """

    rows: AllRows
    sample: RowPart
    options: FitOptions
    facts: Facts
    memory: int
    engine: EngineChoice = LOCAL
    scheduler: str | None = None


def plan_fit(
    part: ModelPart, steps: float, most_steps: int, inputs: LargeInputs, seconds: float
) -> PlannedFit:
    """Return how a part is fitted on all rows, or on as many as there is time for.

    Where rows are kept out, they decide when it stops: more rows bear more steps (Prechelt, Early stopping -
    but when?, 1998). Otherwise it makes as many steps as on the rows of the sample.

    Parameters
    ----------
    part : ModelPart
        The part, of boosting.
    steps : float
        Its steps on the rows of the sample, on average.
    most_steps : int
        Most steps that the time to predict a row allows.
    inputs : LargeInputs
        What it is fitted from.
    seconds : float
        Processor seconds.
    """
    parameters, facts = part.trial.parameters, inputs.facts
    least = min(steps, _LEAST_STEPS)
    each = estimate_step_seconds(parameters, facts) / facts.n_rows
    preparation = _VALUE_SECONDS * (len(list_required_columns(inputs.rows.recipe)) + facts.n_features)
    n_rows = float(np.clip(seconds / (preparation + least * each), len(inputs.sample.y), facts.n_rows))
    affordable = max(least, seconds / n_rows / each - preparation / each)
    if affordable < steps:
        # With less time it takes larger steps.
        known = replace(facts, n_rows=int(n_rows))
        parameters = FAMILIES[part.trial.family].shorten(parameters, known, affordable * each * n_rows)
        steps *= part.trial.parameters["learning_rate"] / parameters["learning_rate"]
    most = max(1, int(min(most_steps, affordable)))
    until = None if inputs.rows.has_stopping_rows else min(most, max(1, round(steps)))
    return PlannedFit(part, parameters, until, most, n_rows)


def fit_on_all_rows(plans: Sequence[PlannedFit], inputs: LargeInputs) -> dict[Key, LargeFit]:
    """Return the fits of parts, each in the threads of the options or on the workers of Dask.

    Parts that learn from the same features share the rows in memory; there are no others at that time.

    Raises
    ------
    WorkersFailed
        The workers cannot do the work.
    """
    groups: dict[bytes, list[PlannedFit]] = {}
    for plan in plans:
        columns = find_features(plan.parameters, inputs.options)
        groups.setdefault(b"" if columns is None else columns.tobytes(), []).append(plan)
    watched = inputs.rows.read_stopping_rows()
    fitted: dict[Key, LargeFit] = {}
    with _open_fits(inputs) as fits:
        for group in groups.values():
            fitted |= _fit_group(group, inputs, watched, fits)
    return fitted


def find_local_cause(inputs: LargeInputs) -> str:
    """Return why workers cannot make a fit as this process does, or always alike; empty if they can."""
    if has_absolute_loss(inputs.options):
        return "across workers LightGBM takes the mean of the medians of a leaf, not the median"
    if not is_number_stated(inputs.scheduler):
        return "another number of workers grows other trees, and DASK_MOST_WORKERS does not state theirs"
    return ""


@contextmanager
def _open_fits(inputs: LargeInputs) -> Iterator["LocalFits | WorkerFits"]:
    if inputs.engine.name == "local" or find_local_cause(inputs):
        yield LocalFits(inputs)
        return
    # The sample stays in this process.
    memory = inputs.memory - _COPIES_OF_SAMPLE * inputs.sample.X.nbytes
    with open_workers(memory, inputs.scheduler) as workers:
        yield WorkerFits(workers, inputs.rows, inputs.sample, inputs.options)


class LocalFits:
    """Fits trials on rows that this process keeps as bins.

    Parameters
    ----------
    inputs : LargeInputs
        What the fits are made from.
    """

    limit = "memory"
    place = "in 8-bit bins"

    def __init__(self, inputs: LargeInputs) -> None:
        self._inputs = inputs
        self._binned: BinnedRows | None = None

    def count_row_bytes(self, columns: np.ndarray | None, n_outputs: int) -> float:
        """Return the bytes that a row takes."""
        return count_row_bytes(self._inputs.sample.X, columns, self._inputs.options, n_outputs)

    @property
    def room(self) -> float:
        """Bytes of the rows that the memory holds."""
        # Counted, and not measured: another process of the same stage holds other amounts.
        held = LIBRARY_BYTES + _COPIES_OF_SAMPLE * self._inputs.sample.X.nbytes
        return max(0.0, _USABLE * self._inputs.memory - held)

    def load(self, columns: np.ndarray | None, levels: int, n_rows: int) -> None:
        """Put the rows of the next fits into bins: those of the sample and of so many levels."""
        rows, sample, options = self._inputs.rows, self._inputs.sample, self._inputs.options
        self._binned = None
        parts = _iterate_parts(sample, rows.iterate(levels))
        self._binned = build_bins(parts, n_rows, sample.X, columns, options)

    def fit(
        self, parameters: Parameters, until: StoppingRows | int, most_steps: int
    ) -> tuple[FittedEstimator, int]:
        """Return a fitted estimator, and 0 for no workers."""
        options = self._inputs.options
        assert self._binned is not None  # load comes first
        with threadpool_limits({"openmp": options.threads, "blas": 1}):
            return fit_binned(self._binned, parameters, options, until, most_steps), 0


def _fit_group(
    plans: list[PlannedFit], inputs: LargeInputs, watched: RowPart | None, fits: "LocalFits | WorkerFits"
) -> dict[Key, LargeFit]:
    rows, sample = inputs.rows, inputs.sample
    columns = find_features(plans[0].parameters, inputs.options)
    each = fits.count_row_bytes(columns, inputs.facts.n_outputs)
    limits = [
        ("", rows.n_to_learn),
        (fits.limit, fits.room / each),
        ("time", min(plan.most_rows for plan in plans)),
    ]
    limited_by, most = min(limits, key=lambda limit: limit[1])
    levels = rows.choose_levels(most)
    n_rows = len(sample.y) + rows.count(levels)
    sys.stdout.write(
        f"LightGBM learns from {n_rows:,} of {rows.n_rows:,} training rows, which take "
        f"{format_value(n_rows * each / 1e6)} MB {fits.place}.\n"
    )
    fits.load(columns, levels, n_rows)
    fitted = {}
    for plan in plans:
        until = plan.until if watched is None or plan.until is not None else StoppingRows(*watched)
        assert until is not None  # a plan without steps has rows that are kept out
        made, n_workers = fits.fit(plan.parameters, until, plan.most_steps)
        fitted[plan.part.key] = LargeFit(
            made.estimator, n_rows, n_rows * each, plan.parameters, made.steps, limited_by, n_workers
        )
    return fitted


def _iterate_parts(sample: RowPart, others: Iterator[RowPart]) -> Iterator[RowPart]:
    """Yield the sample in batches, then the others."""
    for start in range(0, len(sample.y), _BATCH_ROWS):
        place = slice(start, start + _BATCH_ROWS)
        weights = None if sample.weights is None else sample.weights[place]
        yield RowPart(sample.X[place], sample.y[place], weights)
    yield from others
