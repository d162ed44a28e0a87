"""The main metric and the loss of rows without truth, with what the estimate assumes."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from components._compiled.predictions import to_probabilities
from components._metrics.estimate import Estimate
from components._metrics.scores import resolve_scorer
from components._metrics.statistics import Statistic, build_statistic
from components._problem.metrics import get_sign
from components._problem.spec import Problem
from components.monitor.density_ratio import DensityRatio, estimate_density_ratio
from components.monitor.possible_truths import (
    EstimatedTruths,
    PossibleTruths,
    estimate_classes,
    estimate_jackknife_variance,
    estimate_values,
)
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows

# More rows of the windows change the estimate by less than its interval.
MOST_ROWS = 10_000
_RESAMPLES = 200
_CELLS_AT_A_TIME = 4_000_000
# Half the width of a 95 % interval of a normal distribution, in standard deviations.
_NORMAL = 1.96
_LEAST_EFFECTIVE_ROWS = 200
_MOST_OUTSIDE = 0.05


class PerformanceEstimate(NamedTuple):
    """Performance without truth.

    Attributes
    ----------
    metric : Estimate or None
        The main metric, an error positive; None if it is not defined for rows with weights.
    loss : Estimate
        Expected loss of a row.
    rise : Estimate
        By how much that is more than in the reference.
    is_reliable : bool
        Whether the assumptions that can be checked hold.
    method : str
        In words.
    assumptions : tuple of str
        What is assumed, and whether that was checked, as sentences.
    """

    metric: Estimate | None
    loss: Estimate
    rise: Estimate
    is_reliable: bool
    method: str
    assumptions: tuple[str, ...]


class _Figures(NamedTuple):
    """A mean or a metric of rows with possible truths: its value and its resamples."""

    value: float
    resampled: np.ndarray


def estimate_performance(
    reference: PredictedRows,
    windows: PredictedRows,
    problem: Problem,
    row_loss: RowLoss,
    columns: Collection[str],
    seed: int,
) -> PerformanceEstimate:
    """Return the performance that the windows' rows are expected to have, without their truth.

    Parameters
    ----------
    reference : PredictedRows
        Training rows with out-of-fold outputs; rows without truth are left out.
    windows : PredictedRows
        Rows of the windows, at least one. Their truth is not used.
    problem : Problem
        The resolved problem.
    row_loss : RowLoss
        What a row costs, with the decision threshold.
    columns : collection of str
        The columns on which the predictions depend, from ``find_used_columns``.
    seed : int
        Seed of samples, folds and resamples.
    """
    rng = np.random.default_rng(seed)
    reference = reference.take(np.isfinite(reference.truth))
    if len(windows) > MOST_ROWS:
        windows = windows.take(np.sort(rng.choice(len(windows), MOST_ROWS, replace=False)))
    ratio = estimate_density_ratio(reference, windows, columns, seed)
    scorer = resolve_scorer(problem.metric, problem)
    for_metric = _estimate_truths(reference, ratio, windows, columns, problem, _choose_power(scorer), seed)
    # Losses of a regression are absolute errors.
    for_loss = for_metric
    if problem.kind == "regression" and _choose_power(scorer) == 2:
        for_loss = _estimate_truths(reference, ratio, windows, columns, problem, 1, seed)
    sides = (reference, ratio.weights), (windows, windows.weight)
    losses = [
        _sum_possible(row_loss.compute(*_repeat(rows, truths)), truths)
        for rows, truths in ((reference, for_loss.reference), (windows, for_loss.windows))
    ]
    parts = [
        np.average(_sum_possible(row_loss.compute(*_repeat(windows, truths)), truths), weights=windows.weight)
        for truths in for_loss.parts
    ]
    known = row_loss.compute(reference.outputs, reference.truth)
    counts = _draw_counts(len(reference), rng) * ratio.weights
    gap = _compute_means(known - losses[0], counts)
    expected = _compute_means(losses[1], _draw_counts(len(windows), rng) * windows.weight)
    offset = float(np.average(known - losses[0], weights=ratio.weights))
    doubt = _compute_doubt(np.array(parts), offset)
    loss = _build_estimate(float(np.average(losses[1], weights=windows.weight)), doubt, expected, gap)
    plain = _draw_counts(len(reference), rng) * reference.weight
    old = float(np.average(known, weights=reference.weight))
    rise = _build_estimate(loss.value - old, doubt, expected, gap, _compute_means(known, plain))
    metric = _estimate_metric(sides, for_metric, scorer, problem, row_loss.threshold, rng)
    is_calibrated = abs(offset) <= 3 * gap.std() + 1e-9 * (abs(old) + 1)
    is_inside = ratio.effective_rows >= _LEAST_EFFECTIVE_ROWS and ratio.outside_share <= _MOST_OUTSIDE
    method = (
        "expected from the size of the errors (direct loss estimation)"
        if problem.kind == "regression"
        else "expected from calibrated probabilities (confidence-based estimation)"
    )
    return PerformanceEstimate(
        metric, loss, rise, is_calibrated and is_inside, method, _describe_assumptions(ratio, is_calibrated)
    )


def _choose_power(scorer: str) -> int:
    return 1 if "absolute" in scorer else 2


def _estimate_truths(
    reference: PredictedRows,
    ratio: DensityRatio,
    windows: PredictedRows,
    columns: Collection[str],
    problem: Problem,
    power: int,
    seed: int,
) -> EstimatedTruths:
    if problem.kind == "regression":
        return estimate_values(reference, ratio.weights, windows, columns, power, seed)
    n_classes = len(problem.classes)
    return estimate_classes(reference, ratio.weights, windows, columns, n_classes, seed)


def _repeat(rows: PredictedRows, truths: PossibleTruths) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs and truth of each row once for each possible truth."""
    return np.repeat(rows.outputs, truths.truth.shape[1], axis=0), truths.truth.ravel()


def _sum_possible(values: np.ndarray, truths: PossibleTruths) -> np.ndarray:
    """Return the expected value of each row."""
    return np.asarray((values.reshape(truths.share.shape) * truths.share).sum(axis=1))


def _draw_counts(n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each resample has each row, shape (n_resamples, n_rows)."""
    return rng.poisson(1.0, (_RESAMPLES, n_rows)).astype(np.float64)


def _compute_means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts @ values / counts.sum(axis=1))


def _build_estimate(value: float, doubt: float, *resampled: np.ndarray) -> Estimate:
    """Return a value whose independent parts vary as their resamples do, with a half width of its own."""
    spread = float(np.sqrt(sum(np.nanvar(part) for part in resampled)))
    half = float(np.hypot(_NORMAL * spread, doubt))
    return Estimate(value, value - half, value + half)


def _compute_doubt(parts: np.ndarray, offset: float) -> float:
    """Return a half width for what was learned.

    It is that of the jackknife, and how far the expectation is off where the truth is known. The latter does
    not correct the value, because the density ratio that it depends on is an estimate, too.
    """
    doubt = np.hypot(_NORMAL * np.sqrt(estimate_jackknife_variance(parts)), offset)
    return float(doubt) if np.isfinite(doubt) else 0.0


def _estimate_metric(
    sides: tuple[tuple[PredictedRows, np.ndarray], tuple[PredictedRows, np.ndarray]],
    truths: EstimatedTruths,
    scorer: str,
    problem: Problem,
    threshold: float | None,
    rng: np.random.Generator,
) -> Estimate | None:
    (reference, ratio), (windows, weights) = sides
    expected = _resample_expected(windows, weights, truths.windows, scorer, problem, threshold, rng)
    if not np.isfinite(expected.value):
        return None
    # How far the expectation is from the truth where the truth is known varies as the calibration does.
    fork = int(rng.integers(2**32))
    old = [
        _resample_expected(
            *(reference, ratio, truth, scorer, problem, threshold), np.random.default_rng(fork)
        )
        for truth in (truths.reference, _build_known_truths(reference))
    ]
    parts = [_score_expected(windows, weights, part, scorer, problem, threshold) for part in truths.parts]
    return _build_estimate(
        get_sign(scorer) * expected.value,
        _compute_doubt(np.array(parts), old[1].value - old[0].value),
        expected.resampled,
        old[1].resampled - old[0].resampled,
    )


def _build_known_truths(rows: PredictedRows) -> PossibleTruths:
    return PossibleTruths(rows.truth[:, None], np.ones((len(rows), 1)))


def _score_expected(
    rows: PredictedRows,
    weights: np.ndarray,
    truths: PossibleTruths,
    scorer: str,
    problem: Problem,
    threshold: float | None,
) -> float:
    statistic, mass = _build_expected(rows, weights, truths, scorer, problem, threshold)
    return float(statistic(mass[None, :])[0])


def _build_expected(
    rows: PredictedRows,
    weights: np.ndarray,
    truths: PossibleTruths,
    scorer: str,
    problem: Problem,
    threshold: float | None,
) -> tuple[Statistic, np.ndarray]:
    """Return the metric of rows repeated for their possible truths, and the weights of the repeated rows."""
    outputs, truth = _repeat(rows, truths)
    is_class = problem.kind != "regression"
    predictions = to_probabilities(outputs) if is_class else outputs[:, 0]
    y = truth.astype(np.int64) if is_class else truth
    statistic = build_statistic(scorer, y, predictions, problem, threshold)
    return statistic, (weights[:, None] * truths.share).ravel()


def _resample_expected(
    rows: PredictedRows,
    weights: np.ndarray,
    truths: PossibleTruths,
    scorer: str,
    problem: Problem,
    threshold: float | None,
    rng: np.random.Generator,
) -> _Figures:
    statistic, mass = _build_expected(rows, weights, truths, scorer, problem, threshold)
    step = max(1, _CELLS_AT_A_TIME // len(mass))
    blocks = []
    for start in range(0, _RESAMPLES, step):
        counts = rng.poisson(1.0, (min(step, _RESAMPLES - start), len(rows)))
        blocks.append(statistic(np.repeat(counts, truths.share.shape[1], axis=1) * mass))
    return _Figures(float(statistic(mass[None, :])[0]), np.concatenate(blocks))


def _describe_assumptions(ratio: DensityRatio, is_calibrated: bool) -> tuple[str, ...]:
    calibration = (
        "The expected loss agrees with the known loss of the reference rows, weighted like the windows'."
        if is_calibrated
        else "The expected loss differs from the known loss of the reference rows by more than chance, so "
        "the estimate is doubtful."
    )
    outside = f"{ratio.outside_share:.0%} of the windows' rows are in a region that the reference hardly has"
    overlap = f"the weighted reference is as good as {ratio.effective_rows:,.0f} rows"
    is_inside = ratio.effective_rows >= _LEAST_EFFECTIVE_ROWS and ratio.outside_share <= _MOST_OUTSIDE
    return (
        calibration,
        f"The reference covers the windows' rows: {outside}, and {overlap}."
        if is_inside
        else f"The reference does not cover the windows' rows well, so the estimate is doubtful: {outside}, "
        f"and {overlap}.",
        "The relation between the columns and the target is assumed to be that of the reference. This cannot "
        "be checked without truth.",
    )
