"""Metrics of many resamples at once.

A resample of n rows with replacement is a vector of n counts, which may be multiplied by the rows' weights.
So a metric with weights is computed for all resamples in a few matrix operations. The values are equal to
those of scikit-learn's scorers on the repeated rows; larger is better. scikit-learn computes all other
metrics, one resample at a time.
"""

import warnings
from collections.abc import Callable

import numpy as np

from components._metrics.scores import (
    compute_gain_per_row,
    compute_score,
    decide,
    normalise_probabilities,
)
from components._problem.spec import Problem

_Sums = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
# Counts of shape (n_resamples, n_rows) to scores of shape (n_resamples,); NaN where undefined.
Statistic = Callable[[np.ndarray], np.ndarray]


def score_all_rows(
    scorer: str,
    y: np.ndarray,
    predictions: np.ndarray,
    problem: Problem,
    threshold: float | None,
    weights: np.ndarray | None = None,
) -> float | None:
    """Return the score of all rows, larger is better; None if it is undefined."""
    counts = np.ones((1, len(y))) if weights is None else weights[None, :]
    value = build_statistic(scorer, y, predictions, problem, threshold)(counts)[0]
    return float(value) if np.isfinite(value) else None


def build_statistic(
    scorer: str, y: np.ndarray, predictions: np.ndarray, problem: Problem, threshold: float | None
) -> Statistic:
    """Return a metric as a function of resamples.

    Parameters
    ----------
    scorer : str
        Name of a scorer of scikit-learn, or ``value``.
    y : ndarray of shape (n_rows,)
        Encoded target.
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    problem : Problem
        The resolved problem.
    threshold : float or None
        Decision threshold; None for the likeliest class.
    """
    if problem.kind == "regression":
        return _build_error_statistic(scorer, y, predictions) or _build_slow_statistic(
            scorer, y, predictions, problem, None
        )
    probabilities = normalise_probabilities(predictions)
    decisions = decide(probabilities, threshold)
    gains = compute_gain_per_row(scorer, y, probabilities, decisions, problem)
    if gains is not None:
        return build_mean(gains)
    if np.unique(y).size < 2:
        return lambda counts: np.full(len(counts), np.nan)
    if scorer in _COUNTED:
        return _build_decision_statistic(scorer, y, decisions, probabilities.shape[1])
    if scorer in _RANKED:
        return _build_rank_statistic(scorer, y, probabilities)
    return _build_slow_statistic(scorer, y, predictions, problem, threshold)


def build_mean(values: np.ndarray) -> Statistic:
    """Return the mean of values of rows as a function of resamples."""
    return lambda counts: counts @ values / counts.sum(axis=1)


def _build_slow_statistic(
    scorer: str, y: np.ndarray, predictions: np.ndarray, problem: Problem, threshold: float | None
) -> Statistic:
    def score_resample(counts: np.ndarray) -> float:
        whole = counts.astype(np.int64)
        is_whole = (whole == counts).all()
        rows = np.repeat(np.arange(len(y)), whole) if is_whole else np.flatnonzero(counts)
        weights = None if is_whole else counts[rows]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return compute_score(scorer, y[rows], predictions[rows], problem, threshold, weights)
        except ValueError:  # the metric is not defined on these rows
            return np.nan

    return lambda counts: np.array([score_resample(row) for row in counts])


_COUNTED = frozenset(
    {"balanced_accuracy", "matthews_corrcoef", "precision", "recall", "f1", "jaccard"}
    | {
        f"{metric}_{mean}"
        for metric in ("precision", "recall", "f1", "jaccard")
        for mean in ("macro", "weighted")
    }
)


def _build_decision_statistic(scorer: str, y: np.ndarray, decisions: np.ndarray, n_classes: int) -> Statistic:
    classes = np.eye(n_classes)
    is_true, is_decided = classes[y], classes[decisions]

    def compute(counts: np.ndarray) -> np.ndarray:
        true, decided = counts @ is_true, counts @ is_decided
        hits = counts @ (is_true * is_decided)
        if scorer == "matthews_corrcoef":
            return _compute_matthews(true, decided, hits)
        if scorer == "balanced_accuracy":
            return _compute_mean(_divide(hits, true), true > 0)
        metric, _, mean = scorer.partition("_")
        denominator = {
            "precision": decided,
            "recall": true,
            "f1": (true + decided) / 2,
            "jaccard": true + decided - hits,
        }[metric]
        by_class = _divide(hits, denominator)
        if not mean:
            return np.asarray(by_class[:, 1])
        return _compute_mean(by_class, true if mean == "weighted" else true + decided > 0)

    return compute


def _compute_matthews(true: np.ndarray, decided: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Return Gorodkin's correlation of several classes (Comput. Biol. Chem. 28, 2004) from class counts."""
    n = true.sum(axis=1)
    covariance = hits.sum(axis=1) * n - (true * decided).sum(axis=1)
    spread = np.sqrt((n**2 - (true**2).sum(axis=1)) * (n**2 - (decided**2).sum(axis=1)))
    return _divide(covariance, spread)


_RANKED = frozenset({"roc_auc", "roc_auc_ovr", "roc_auc_ovr_weighted", "average_precision"})


def _build_rank_statistic(scorer: str, y: np.ndarray, probabilities: np.ndarray) -> Statistic:
    n_classes = probabilities.shape[1]
    area = _compute_average_precision if scorer == "average_precision" else _compute_roc_area
    considered = [1] if n_classes == 2 else list(range(n_classes))
    ranked = {code: _rank_scores(probabilities[:, code], y == code) for code in considered}

    def compute(counts: np.ndarray) -> np.ndarray:
        areas = np.column_stack([area(*sums(counts)) for sums in ranked.values()])
        if not scorer.endswith("_weighted") or n_classes == 2:
            return np.asarray(areas.mean(axis=1))
        shares = counts @ np.eye(n_classes)[y]
        return np.asarray((areas * shares).sum(axis=1) / shares.sum(axis=1))

    return compute


def _rank_scores(scores: np.ndarray, is_positive: np.ndarray) -> _Sums:
    """Return a function from counts to positives and negatives at each distinct score, from high to low."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    # Rows with equal scores have the same rank.
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    positive = is_positive[order]

    def sum_counts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ordered = counts[:, order]
        totals = np.add.reduceat(ordered, starts, axis=1)
        positives = np.add.reduceat(ordered * positive, starts, axis=1)
        return positives, totals - positives

    return sum_counts


def _compute_roc_area(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    above = np.cumsum(positives, axis=1) - positives / 2
    n_pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return _divide((above * negatives).sum(axis=1), n_pairs, otherwise=np.nan)


def _compute_average_precision(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    hits = np.cumsum(positives, axis=1)
    precision = _divide(hits, hits + np.cumsum(negatives, axis=1))
    return _divide((positives * precision).sum(axis=1), hits[:, -1], otherwise=np.nan)


def _build_error_statistic(scorer: str, y: np.ndarray, predictions: np.ndarray) -> Statistic | None:
    errors = np.abs(y - predictions)
    least = np.finfo(np.float64).eps
    per_row = {
        "neg_mean_absolute_error": errors,
        "neg_mean_squared_error": errors**2,
        "neg_root_mean_squared_error": errors**2,
        "neg_mean_absolute_percentage_error": errors / np.maximum(np.abs(y), least),
    }
    if scorer in per_row:
        losses = per_row[scorer]
        root = np.sqrt if "root" in scorer else np.asarray
        return lambda counts: -root(counts @ losses / counts.sum(axis=1))
    if scorer == "r2":
        return lambda counts: _compute_r2(counts, y, errors)
    if scorer == "neg_median_absolute_error":
        return lambda counts: -_compute_median(counts, errors)
    return None


def _compute_r2(counts: np.ndarray, y: np.ndarray, errors: np.ndarray) -> np.ndarray:
    # Centring keeps squares of large values from cancelling.
    centred = y - y.mean()
    n = counts.sum(axis=1)
    total = counts @ centred**2 - (counts @ centred) ** 2 / n
    # Rounding leaves a small sum for equal values.
    flat = total <= 1e-12 * n * max(float(np.max(y**2)), np.finfo(np.float64).tiny)
    unexplained = _divide(counts @ errors**2, np.where(flat, 0, total), otherwise=np.nan)
    return np.asarray(1 - unexplained)


def _compute_median(counts: np.ndarray, values: np.ndarray) -> np.ndarray:
    order = np.argsort(values)
    reached = np.cumsum(counts[:, order], axis=1)
    n = reached[:, -1:]
    # The two middle rows; if n is odd they are the same.
    middle = [(reached > position).argmax(axis=1) for position in ((n - 1) // 2, n // 2)]
    return np.asarray((values[order][middle[0]] + values[order][middle[1]]) / 2)


def _compute_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray((values * weights).sum(axis=1) / weights.sum(axis=1))


def _divide(above: np.ndarray, below: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    """Return a quotient; 0 / 0 is ``otherwise``, by default scikit-learn's 0."""
    quotient = np.full(np.shape(above), otherwise, dtype=np.float64)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient
