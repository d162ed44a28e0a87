"""The main metric on the rows whose truth is known, beside the reference's, overall and by slice."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from components._compiled.predictions import to_probabilities
from components._metrics.bootstrap import estimate_interval, resample_statistics
from components._metrics.estimate import Estimate
from components._metrics.scores import resolve_scorer
from components._metrics.statistics import build_mean, build_statistic
from components._problem.metric_scale import MetricScale
from components._problem.spec import Problem
from components._table.value_groups import ValueGroups
from components.monitor.performance_estimate import MOST_ROWS, estimate_performance
from components.monitor.record import Performance
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows

# Fewer rows, of the windows or of the reference, are not judged.
LEAST_ROWS = 50
# A change by a smaller share of the reference's metric does not matter.
_TRIFLE = 0.02
# An estimate that is off by a smaller share of the metric is not wrong: of errors it is right within 4 %.
_CLOSE = 0.05
_FALSE_DISCOVERIES = 0.05


class LabelledPerformance(NamedTuple):
    """How the labelled rows compare with the reference.

    Attributes
    ----------
    performance : Performance
        For the report.
    rise : Estimate or None
        By how much a labelled row costs more than one of the reference; None with too few rows.
    worse_slices : tuple of (str, str)
        Column and value of the slices that are worse than in the reference by more than chance.
    """

    performance: Performance
    rise: Estimate | None
    worse_slices: tuple[tuple[str, str], ...]


class Agreement(NamedTuple):
    """Whether the estimate that is made without truth agrees with the truth.

    Attributes
    ----------
    holds : bool or None
        None if that is not known.
    text : str
        The same as a sentence.
    """

    holds: bool | None
    text: str


class _Scores(NamedTuple):
    """A score of which larger is better; NaN if it is undefined. And its resamples."""

    value: float
    resampled: np.ndarray


def judge_performance(
    reference: PredictedRows,
    labelled: PredictedRows,
    problem: Problem,
    row_loss: RowLoss,
    slices: Mapping[str, tuple[pd.Series, pd.Series]],
    seed: int,
) -> LabelledPerformance:
    """Compare the labelled rows with the reference.

    Worse means that the 95 % interval of the difference of two independent samples is on the worse side of 0,
    and that the difference is at least 2 % of the reference's metric. Slices are corrected for their number
    (Benjamini and Hochberg 1995).

    Parameters
    ----------
    reference : PredictedRows
        Training rows with out-of-fold outputs and truth.
    labelled : PredictedRows
        Rows of the windows whose truth is known, in the order of time; there may be none.
    problem : Problem
        The resolved problem.
    row_loss : RowLoss
        What a row costs, with the decision threshold.
    slices : Mapping of str to (Series, Series)
        Columns to compare by: their values in the rows of the reference and of the labelled rows.
    seed : int
        Seed of the resamples.
    """
    scale = MetricScale.from_metric(resolve_scorer(problem.metric, problem))
    old = _score(reference, problem, row_loss, seed)
    performance = Performance(scale.metric, scale.is_error, _to_estimate(old, scale))
    if len(labelled) < LEAST_ROWS:
        return LabelledPerformance(performance, None, ())
    new = _score(labelled, problem, row_loss, seed + 1)
    found = list(_iterate_slices(reference, labelled, problem, row_loss, slices, seed))
    # Of a metric that one side does not have nothing can be said.
    chances = np.array([_compute_p(part_old, part_new) for *_, part_old, part_new in found])
    is_known = np.isfinite(chances)
    adjusted = np.ones(len(found))
    if is_known.any():
        adjusted[is_known] = false_discovery_control(chances[is_known])
    ranked = sorted(zip(adjusted, range(len(found)), strict=True))
    performance = replace(
        performance,
        labelled=_to_estimate(new, scale) if np.isfinite(new.value) else None,
        judged_rows=len(labelled),
        judged_since=str(labelled.time[0].astype("datetime64[s]")),
        is_worse=_is_worse(old, new),
        slices=tuple(
            (column, value, n_rows, _to_metric(part_new, scale), _to_metric(part_old, scale))
            for column, value, n_rows, part_old, part_new in (found[i] for _, i in ranked)
        ),
    )
    worse = tuple(
        found[i][:2] for p, i in ranked if p < _FALSE_DISCOVERIES and _is_more_than_trifle(*found[i][3:])
    )
    return LabelledPerformance(performance, _compare_losses(reference, labelled, row_loss, seed), worse)


def check_estimate(
    reference: PredictedRows,
    labelled: PredictedRows,
    problem: Problem,
    row_loss: RowLoss,
    columns: Collection[str],
    seed: int,
) -> Agreement:
    """Estimate the main metric of labelled rows without their truth, and compare it with the true one.

    They differ if their 95 % intervals do not overlap, and by more than 5 % of the true one.

    Parameters
    ----------
    reference : PredictedRows
        Training rows with out-of-fold outputs and truth.
    labelled : PredictedRows
        Rows of the windows whose truth is known; at least one.
    problem : Problem
        The resolved problem.
    row_loss : RowLoss
        What a row costs, with the decision threshold.
    columns : collection of str
        The columns on which the predictions depend.
    seed : int
        Seed of samples, folds and resamples.
    """
    if len(labelled) > MOST_ROWS:
        # Both figures must be of the same rows.
        chosen = np.random.default_rng(seed).choice(len(labelled), MOST_ROWS, replace=False)
        labelled = labelled.take(np.sort(chosen))
    scale = MetricScale.from_metric(resolve_scorer(problem.metric, problem))
    estimated = estimate_performance(reference, labelled, problem, row_loss, columns, seed).metric
    scores = _score(labelled, problem, row_loss, seed + 1)
    true = _to_estimate(scores, scale) if np.isfinite(scores.value) else None
    return _compare_estimates(estimated, true, scale)


def _compare_estimates(estimated: Estimate | None, true: Estimate | None, scale: MetricScale) -> Agreement:
    if estimated is None or true is None or estimated.half_width is None or true.half_width is None:
        return Agreement(
            None, f"The estimated {scale.title} could not be compared with that of the labelled rows."
        )
    figures = f"{estimated.value:.3g} was estimated, {true.value:.3g} is true"
    # Intervals that overlap are no contradiction: that of the estimate is too narrow under some shifts.
    chance = estimated.half_width + true.half_width
    if abs(estimated.value - true.value) <= max(chance, _CLOSE * abs(true.value)):
        return Agreement(
            True, f"For the labelled rows the estimated {scale.title} agrees with the true one: {figures}."
        )
    return Agreement(
        False,
        f"For the labelled rows the estimated {scale.title} differs from the true one by more than chance "
        f"({figures}). The relation between the columns and the target has changed, or the estimate is wrong "
        "for another reason.",
    )


def _compare_losses(
    reference: PredictedRows, labelled: PredictedRows, row_loss: RowLoss, seed: int
) -> Estimate:
    """Return by how much a labelled row costs more than one of the reference, with a 95 % interval."""
    resampled, values = [], []
    for number, rows in enumerate((reference, labelled)):
        losses = row_loss.compute(rows.outputs, rows.truth)
        drawn = resample_statistics(
            [build_mean(losses)], rows.truth, is_class=False, seed=seed + number, weights=rows.weight
        )
        resampled.append(drawn[:, 0])
        values.append(float(np.average(losses, weights=rows.weight)))
    return estimate_interval(values[1] - values[0], _compute_differences(resampled[1], resampled[0]))


def _score(rows: PredictedRows, problem: Problem, row_loss: RowLoss, seed: int) -> _Scores:
    is_class = problem.kind != "regression"
    y = rows.truth.astype(np.int64) if is_class else rows.truth
    predictions = to_probabilities(rows.outputs) if is_class else rows.outputs[:, 0]
    statistic = build_statistic(
        resolve_scorer(problem.metric, problem), y, predictions, problem, row_loss.threshold
    )
    # Equal weights are left out, because some metrics can count rows alike only.
    weights = None if np.ptp(rows.weight) == 0 else rows.weight / rows.weight.mean()
    resampled = resample_statistics([statistic], y, is_class=is_class, seed=seed, weights=weights)
    value = statistic(np.ones((1, len(rows))) if weights is None else weights[None, :])[0]
    return _Scores(float(value), resampled[:, 0])


def _to_estimate(scores: _Scores, scale: MetricScale) -> Estimate:
    sign = scale.to_metric_value(1.0)
    return estimate_interval(sign * scores.value, sign * scores.resampled)


def _to_metric(scores: _Scores, scale: MetricScale) -> float | None:
    return scale.to_metric_value(scores.value) if np.isfinite(scores.value) else None


def _compute_differences(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return differences of independent resamples."""
    n = min(len(new), len(old))
    return np.asarray(new[:n] - old[:n])


def _is_worse(old: _Scores, new: _Scores) -> bool:
    change = estimate_interval(new.value - old.value, _compute_differences(new.resampled, old.resampled))
    return change.high is not None and change.high < 0 and _is_more_than_trifle(old, new)


def _is_more_than_trifle(old: _Scores, new: _Scores) -> bool:
    return bool(old.value - new.value >= _TRIFLE * abs(old.value))


def _compute_p(old: _Scores, new: _Scores) -> float:
    """Return the probability of a score at least as low by chance alone."""
    spread = float(np.hypot(np.nanstd(old.resampled), np.nanstd(new.resampled)))
    if len(old.resampled) == 0 or len(new.resampled) == 0 or not spread > 0:
        return float("nan")
    return float(norm.cdf((new.value - old.value) / spread))


def _iterate_slices(
    reference: PredictedRows,
    labelled: PredictedRows,
    problem: Problem,
    row_loss: RowLoss,
    slices: Mapping[str, tuple[pd.Series, pd.Series]],
    seed: int,
) -> Iterator[tuple[str, str, int, _Scores, _Scores]]:
    for column, (old, new) in slices.items():
        groups = ValueGroups.learn(old)
        of_reference, of_labelled = groups.name(old), groups.name(new)
        for value in of_reference.cat.categories:
            rows_old, rows_new = (
                np.flatnonzero(named.to_numpy() == value) for named in (of_reference, of_labelled)
            )
            if min(len(rows_old), len(rows_new)) >= LEAST_ROWS:
                yield (
                    *(column, str(value), len(rows_new)),
                    _score(reference.take(rows_old), problem, row_loss, seed),
                    _score(labelled.take(rows_new), problem, row_loss, seed + 1),
                )
