"""What a log shows: drift with its cost, performance, errors over time, and the loss of a day."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._metrics.estimate import Estimate
from components._problem.spec import Problem
from components.errors import format_count, format_list
from components.monitor.column_bins import ColumnBins
from components.monitor.concept_drift import find_concept_drift
from components.monitor.drift_loss import ColumnShift, DriftLossEstimator, find_broken_cells, merge_rises
from components.monitor.drift_persistence import DriftJudge, DriftJudgement
from components.monitor.logged_rows import LogSummary
from components.monitor.performance import LEAST_ROWS, Agreement, check_estimate, judge_performance
from components.monitor.performance_estimate import PerformanceEstimate, estimate_performance
from components.monitor.record import ColumnDrift, ConceptDrift, Loss, Performance
from components.monitor.row_loss import RowLoss, build_row_loss
from components.monitor.rows import PredictedRows
from components.monitor.used_columns import find_used_columns
from components.monitor.window_counts import Window, WindowCounts

# The time whose rows say what a day costs now, unless a drift began later.
_RECENT = timedelta(days=7)
# Labelled rows of this time from which only they are judged, and the loss is theirs and not estimated.
_ENOUGH_LABELLED = 200
# Fewer broken rows than this share are not worth a note.
_NAMED_SHARE = 0.01
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
    if not len(log.sample):
        judged = judge_performance(reference, log.labelled, problem, row_loss, {}, seed)
        nothing = Loss(row_loss.unit, None, "there are no logged rows", policy.budget)
        return Findings(nothing, drift.columns, drift.predictions, judged.performance, None, drift.notes)
    # A masked column is not in the log.
    used = find_used_columns(model.predict, reference, seed) & model.bins.keys()
    recent = _choose_recent(drift, used, log)
    labelled = _choose_labelled(log, recent)
    slices = _list_slices(model, labelled.rows)
    judged = judge_performance(reference, labelled.rows, problem, row_loss, slices, seed)
    rows_per_day = _count_rows_per_day(recent.rows)
    estimator = DriftLossEstimator(reference, model.predict, used, row_loss, rows_per_day, seed)
    columns = [
        _add_loss(replace(column, is_used=column.name in used), model, log, estimator)
        for column in drift.columns
    ]
    columns.sort(key=_rank_column)
    estimated = _estimate_without_truth(model, log, recent, columns, estimator, row_loss, used, seed)
    if labelled.is_recent and judged.rise is not None:
        since = str(labelled.rows.time[0].astype("datetime64[D]"))
        per_day: Estimate | None = _scale(judged.rise, rows_per_day)
        basis = f"{format_count(len(labelled.rows), 'labelled row')} since {since}"
    else:
        per_day, basis = estimated.per_day, "an estimate without truth"
    inside, agreement = estimated.inside, None
    performance = replace(judged.performance, labelled_rows=log.n_labelled)
    if inside is not None:
        agreement = _check_estimate(model, log, labelled, columns, row_loss, used, seed)
        checked = () if agreement is None else (agreement.text,)
        performance = replace(
            performance,
            estimated=inside.metric,
            method=inside.method,
            assumptions=(*inside.assumptions, *checked),
        )
    return Findings(
        Loss(row_loss.unit, per_day, basis, policy.budget),
        tuple(columns),
        drift.predictions,
        performance,
        find_concept_drift(log.labelled, reference, row_loss),
        (*drift.notes, *_iterate_notes(estimated, agreement, judged.worse_slices)),
    )


class _RecentRows(NamedTuple):
    """The sampled rows that show how it is now, and their start."""

    rows: PredictedRows
    start: np.datetime64


class _LabelledRows(NamedTuple):
    """The labelled rows that are judged, in the order of time, and the start of their windows."""

    rows: PredictedRows
    start: np.datetime64
    is_recent: bool


class _Estimated(NamedTuple):
    """What is estimated without truth: of rows without broken cells, the loss per day, the others' share."""

    inside: PerformanceEstimate | None
    per_day: Estimate | None
    broken_share: float


def _estimate_without_truth(
    model: MonitoredModel,
    log: LogSummary,
    recent: _RecentRows,
    columns: list[ColumnDrift],
    estimator: DriftLossEstimator,
    row_loss: RowLoss,
    used: frozenset[str],
    seed: int,
) -> _Estimated:
    rows, reference = recent.rows, model.reference
    broken = _find_broken_cells(model, log, rows, recent.start, columns, seed)
    is_broken = _find_broken_rows(broken)
    whole = rows.take(~is_broken)
    inside = None
    if len(whole) >= LEAST_ROWS:
        inside = estimate_performance(reference, whole, model.problem, row_loss, used, seed)
    rise = estimator.estimate_broken_rise(rows, broken) if is_broken.any() else None
    share = float(np.average(is_broken, weights=rows.weight))
    per_day = merge_rises(
        None if inside is None else inside.rise, rise, share, float(len(rows)), _count_rows_per_day(rows)
    )
    return _Estimated(inside, per_day, share)


def _find_broken_cells(
    model: MonitoredModel,
    log: LogSummary,
    rows: PredictedRows,
    start: np.datetime64,
    columns: list[ColumnDrift],
    seed: int,
) -> pd.DataFrame:
    """Return which cells of rows since a time hold what the reference does not have, by used column."""
    shifts = [
        _build_shift(model, log.counts, rows, model.bins[column.name], start)
        for column in columns
        if column.is_drifting and column.is_used
    ]
    return (
        find_broken_cells(shifts, model.reference, seed) if shifts else pd.DataFrame(index=range(len(rows)))
    )


def _find_broken_rows(broken: pd.DataFrame) -> np.ndarray:
    return np.asarray(broken.to_numpy(dtype=bool)).any(axis=1).reshape(len(broken))


def _check_estimate(
    model: MonitoredModel,
    log: LogSummary,
    labelled: _LabelledRows,
    columns: list[ColumnDrift],
    row_loss: RowLoss,
    used: frozenset[str],
    seed: int,
) -> Agreement | None:
    """Compare the estimate for labelled rows without broken cells with their truth; None with too few."""
    if len(labelled.rows) < LEAST_ROWS:
        return None
    broken = _find_broken_cells(model, log, labelled.rows, labelled.start, columns, seed)
    whole = labelled.rows.take(~_find_broken_rows(broken))
    if len(whole) < LEAST_ROWS:
        return None
    return check_estimate(model.reference, whole, model.problem, row_loss, used, seed)


def _iterate_notes(
    estimated: _Estimated, agreement: Agreement | None, worse_slices: tuple[tuple[str, str], ...]
) -> Iterator[str]:
    if estimated.inside is not None and not estimated.inside.is_reliable:
        yield "The estimate without truth is doubtful, because an assumption does not hold: see the page."
    if agreement is not None and agreement.holds is False:
        yield agreement.text
    if estimated.broken_share >= _NAMED_SHARE:
        yield (
            f"{estimated.broken_share:.1%} of the recent rows have cells that training did not have. The "
            "metric that is estimated without truth is that of the other rows; the loss is that of all."
        )
    if worse_slices:
        named = format_list(f"{column} = {value}" for column, value in worse_slices)
        yield f"Labelled rows that are worse than at training by more than chance: {named}."


def _list_slices(model: MonitoredModel, labelled: PredictedRows) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Return the text and yes-or-no columns in the rows of the reference and in the labelled rows."""
    return {
        name: (model.reference.columns[name], labelled.columns[name])
        for name, bins in model.bins.items()
        if bins.source == "string" and name in labelled.columns
    }


def _choose_recent(drift: DriftJudgement, used: frozenset[str], log: LogSummary) -> _RecentRows:
    """Return the rows that show the present: since the first drift that matters, or of the last week."""
    starts = [
        _to_moment(column.since)
        for column in drift.columns
        if column.is_drifting and column.since is not None and column.name in used
    ]
    week_ago = log.sample.time.max() - np.timedelta64(_RECENT)
    start = max(min(starts), week_ago) if starts else week_ago
    return _RecentRows(log.sample.take(log.sample.time >= start), start)


def _choose_labelled(log: LogSummary, recent: _RecentRows) -> _LabelledRows:
    """Return the labelled rows that show the present; all of the log if these are too few."""
    rows = log.labelled.take(log.labelled.time >= recent.start)
    if len(rows) >= _ENOUGH_LABELLED:
        return _LabelledRows(rows, recent.start, is_recent=True)
    first = log.counts.find_start(min(log.counts.windows))
    return _LabelledRows(log.labelled, _to_moment(first.isoformat()), is_recent=False)


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
    since = _to_moment(column.since)
    rows = log.sample.take(log.sample.time >= since)
    found = estimator.estimate_column_loss(
        _build_shift(model, log.counts, rows, model.bins[column.name], since)
    )
    return replace(column, loss=found.per_day, basis=found.basis)


def _build_shift(
    model: MonitoredModel, counts: WindowCounts, rows: PredictedRows, bins: ColumnBins, since: np.datetime64
) -> ColumnShift:
    """Return how far a column of the sampled rows, and of all rows since a time, is from the reference."""
    pooled = _merge_windows(counts, since)
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
    """Return the counts of the windows that end after a time."""
    pooled, period = Window(), np.timedelta64(counts.period)
    for number, window in counts.windows.items():
        if _to_moment(counts.find_start(number).isoformat()) + period > since:
            pooled.merge(window)
    return pooled


def _rank_column(column: ColumnDrift) -> tuple[float, bool, float]:
    """Return the order of a column: by loss, then those that drift, then by effect."""
    loss = column.loss.value if column.loss is not None else 0.0
    return (-loss, not column.is_drifting, -(column.effect or 0.0))


def _scale(estimate: Estimate, factor: float) -> Estimate:
    bounds = (None if bound is None else factor * bound for bound in (estimate.low, estimate.high))
    return Estimate(factor * estimate.value, *bounds)
