"""What a log shows: drift with its cost, performance, errors over time, and the loss of a day."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._metrics.bootstrap import Estimate
from components._problem.spec import Problem
from components.errors import format_count
from components.monitor.column_bins import ColumnBins
from components.monitor.concept_drift import find_concept_drift
from components.monitor.drift_loss import ColumnShift, DriftLossEstimator
from components.monitor.drift_persistence import DriftJudge, DriftJudgement
from components.monitor.logged_rows import LogSummary
from components.monitor.performance import compare_losses, judge_performance
from components.monitor.performance_estimate import PerformanceEstimate, estimate_performance
from components.monitor.record import ColumnDrift, ConceptDrift, Loss, Performance
from components.monitor.row_loss import RowLoss, build_row_loss
from components.monitor.rows import PredictedRows
from components.monitor.used_columns import find_used_columns
from components.monitor.window_counts import Window, WindowCounts

# The time whose rows say what a day costs now, unless a drift began later.
_RECENT = timedelta(days=7)
# Labelled rows of this time from which the loss is taken from them, and not estimated.
_ENOUGH_LABELLED = 200
_DAY = timedelta(days=1)


class MonitoredModel(NamedTuple):
    """A model and the rows that it is compared with.

    Attributes
    ----------
    problem : Problem
        The resolved problem.
    bins : dict of str to ColumnBins
        The bins of its columns and predictions.
    threshold : float or None
        Its decision threshold.
    predict : callable
        Returns the outputs of rows with its columns.
    reference : PredictedRows
        Training rows with out-of-fold predictions.
    """

    problem: Problem
    bins: Mapping[str, ColumnBins]
    threshold: float | None
    predict: Callable[[pd.DataFrame], np.ndarray]
    reference: PredictedRows


class Findings(NamedTuple):
    """What was found.

    Attributes
    ----------
    loss : Loss
        The expected loss per day.
    columns : tuple of ColumnDrift
        The most costly first.
    predictions : ColumnDrift or None
        The predictions.
    performance : Performance
        The main metric.
    concept : ConceptDrift or None
        A change of the errors.
    notes : tuple of str
        What could not be judged.
    """

    loss: Loss
    columns: tuple[ColumnDrift, ...]
    predictions: ColumnDrift | None
    performance: Performance
    concept: ConceptDrift | None
    notes: tuple[str, ...]


def judge_log(model: MonitoredModel, log: LogSummary, seed: int) -> Findings:
    """Compare a log with training, and estimate what the difference costs.

    Parameters
    ----------
    model : MonitoredModel
        The model.
    log : LogSummary
        Its log.
    seed : int
        Seed of samples and resamples.
    """
    problem, reference = model.problem, model.reference
    policy = problem.monitoring
    row_loss = build_row_loss(problem, policy, model.threshold)
    drift = DriftJudge(reference, model.bins, seed).judge(log.counts, policy.persist)
    performance = judge_performance(
        reference, log.labelled, problem, row_loss, _list_slices(model, log), seed
    ).performance
    if not len(log.sample):
        nothing = Loss(row_loss.unit, None, "there are no logged rows", policy.budget)
        return Findings(nothing, drift.columns, drift.predictions, performance, None, drift.notes)
    # A masked column is not in the log.
    used = find_used_columns(model.predict, reference, seed) & model.bins.keys()
    recent_start = _find_recent_start(drift, used, log.sample)
    recent = log.sample.take(log.sample.time >= recent_start)
    rows_per_day = _count_rows_per_day(recent)
    estimator = DriftLossEstimator(reference, model.predict, used, row_loss, rows_per_day, seed)
    columns = [
        _add_loss(replace(column, is_used=column.name in used), model, log, estimator)
        for column in drift.columns
    ]
    columns.sort(key=_rank_column)
    estimate = estimate_performance(reference, recent, problem, row_loss, used, seed)
    labelled = log.labelled.take(log.labelled.time >= recent_start)
    loss, note = _choose_loss(model, row_loss, columns, estimate, labelled, rows_per_day, seed)
    return Findings(
        loss,
        tuple(columns),
        drift.predictions,
        replace(
            performance,
            labelled_rows=log.n_labelled,
            estimated=estimate.metric,
            method=estimate.method,
            assumptions=estimate.assumptions,
        ),
        find_concept_drift(log.labelled, reference, row_loss),
        (*drift.notes, *note),
    )


def _list_slices(model: MonitoredModel, log: LogSummary) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Return the text and yes-or-no columns in the rows of the reference and in the labelled rows."""
    return {
        name: (model.reference.columns[name], log.labelled.columns[name])
        for name, bins in model.bins.items()
        if bins.source == "string" and name in log.labelled.columns
    }


def _find_recent_start(drift: DriftJudgement, used: frozenset[str], sample: PredictedRows) -> np.datetime64:
    """Return the start of the rows that show the present: the first drift that matters, or a week ago."""
    starts = [
        _to_moment(column.since)
        for column in drift.columns
        if column.is_drifting and column.since is not None and column.name in used
    ]
    week_ago = sample.time.max() - np.timedelta64(_RECENT)
    return max(min(starts), week_ago) if starts else week_ago


def _to_moment(since: str) -> np.datetime64:
    return np.datetime64(datetime.fromisoformat(since).replace(tzinfo=None), "us")


def _count_rows_per_day(rows: PredictedRows) -> float:
    span = max(rows.time.max() - rows.time.min(), np.timedelta64(_DAY))
    return float(rows.weight.sum() / (span / np.timedelta64(_DAY)))


def _add_loss(
    column: ColumnDrift, model: MonitoredModel, log: LogSummary, estimator: DriftLossEstimator
) -> ColumnDrift:
    if not (column.is_drifting and column.is_used and column.since is not None):
        return column
    shift = _build_shift(model, log, model.bins[column.name], _to_moment(column.since))
    found = estimator.estimate_column_loss(shift)
    return replace(column, loss=found.per_day, basis=found.basis)


def _build_shift(
    model: MonitoredModel, log: LogSummary, bins: ColumnBins, since: np.datetime64
) -> ColumnShift:
    pooled = _merge_windows(log.counts, since)
    rows = log.sample.take(log.sample.time >= since)
    reference_bins = bins.assign_reference(model.reference)
    null = bins.n_bins - 1
    return ColumnShift(
        name=bins.name,
        reference_bins=reference_bins,
        reference_counts=np.bincount(reference_bins, model.reference.weight, minlength=bins.n_bins),
        window_counts=pooled.bins[bins.name],
        window_size=pooled.size,
        strict_bins=(bins.new_bin, null) if bins.source == "string" else (null,),
        null_bin=null,
        window_values=rows.columns[bins.name],
        window_bins=bins.assign(rows),
    )


def _merge_windows(counts: WindowCounts, since: np.datetime64) -> Window:
    pooled = Window()
    for number, window in counts.windows.items():
        if _to_moment(counts.find_start(number).isoformat()) >= since:
            pooled.merge(window)
    return pooled


def _rank_column(column: ColumnDrift) -> tuple[float, bool, float]:
    """Return the order of a column: by loss, then those that drift, then by effect."""
    loss = column.loss.value if column.loss is not None else 0.0
    return (-loss, not column.is_drifting, -(column.effect or 0.0))


def _choose_loss(
    model: MonitoredModel,
    row_loss: RowLoss,
    columns: list[ColumnDrift],
    estimate: PerformanceEstimate,
    labelled: PredictedRows,
    rows_per_day: float,
    seed: int,
) -> tuple[Loss, list[str]]:
    """Return the loss from labelled rows if there are enough, else an estimate.

    Where many rows are outside of what training saw, an estimate from probabilities is not reliable; then it
    is the loss of the most costly column.
    """
    budget = model.problem.monitoring.budget
    if len(labelled) >= _ENOUGH_LABELLED:
        rise = compare_losses(model.reference, labelled, row_loss, seed)
        since = str(labelled.time.min().astype("datetime64[D]"))
        basis = f"{format_count(len(labelled), 'labelled row')} since {since}"
        return Loss(row_loss.unit, _scale(rise, rows_per_day), basis, budget), []
    costly = next((column for column in columns if column.loss is not None), None)
    if not estimate.is_reliable and costly is not None:
        basis = f"the most costly column, {costly.name}"
        note = "The estimate for all columns together is not reliable, because its assumptions do not hold."
        return Loss(row_loss.unit, costly.loss, basis, budget), [note]
    return Loss(row_loss.unit, _scale(estimate.rise, rows_per_day), "an estimate without truth", budget), []


def _scale(estimate: Estimate, factor: float) -> Estimate:
    bounds = (None if bound is None else factor * bound for bound in (estimate.low, estimate.high))
    return Estimate(factor * estimate.value, *bounds)
