"""Bootstrap intervals of scores."""

from collections.abc import Iterator, Sequence

import numpy as np

from components._metrics.estimate import Estimate
from components._metrics.statistics import Statistic

RESAMPLES = 500
# Fewer do not estimate the tails.
_LEAST_RESAMPLES = 100
# Resamples drawn for each one kept. If it takes more, classes are too rare for an interval.
_MOST_DRAWS = 20
# Counts in memory at a time, and in total: very many rows get fewer resamples, because their intervals are
# narrow. Each class is ranked on its own, so with more classes there are fewer, too.
_CELLS_AT_A_TIME = 2_000_000
_CELLS = 10_000_000
_PERCENTILES = (2.5, 97.5)


def resample_statistics(
    statistics: Sequence[Statistic],
    y: np.ndarray,
    *,
    is_class: bool,
    seed: int,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return statistics of resamples of the rows.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Encoded target.
    is_class : bool
        Whether ``y`` holds classes; if so, resamples that lack a class of ``y`` are drawn again.
    seed : int
        Seed of the resamples.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts, wherever it is drawn; None if all count alike.

    Returns
    -------
    ndarray of shape (n_resamples, n_statistics)
        NaN where a statistic is undefined; no rows if nearly every resample lacks a class.
    """
    blocks = [
        np.column_stack([s(counts if weights is None else counts * weights) for s in statistics])
        for counts in _sample_counts(y, is_class, seed)
    ]
    return np.concatenate([np.empty((0, len(statistics))), *blocks])


def estimate_interval(value: float, resampled: np.ndarray) -> Estimate:
    """Return a score with the percentiles of its resamples."""
    known = resampled[np.isfinite(resampled)]
    if known.size < _LEAST_RESAMPLES:
        return Estimate(value)
    low, high = np.percentile(known, _PERCENTILES)
    return Estimate(value, float(low), float(high))


def _sample_counts(y: np.ndarray, is_class: bool, seed: int) -> Iterator[np.ndarray]:
    """Yield counts of shape (n, n_rows), in blocks that fit in memory."""
    rng = np.random.default_rng(seed)
    n_rows = len(y)
    classes = np.eye(int(y.max()) + 1)[y] if is_class else np.ones((n_rows, 1))
    classes = classes[:, classes.any(axis=0)]
    missing = int(np.clip(_CELLS // (n_rows * classes.shape[1]), _LEAST_RESAMPLES, RESAMPLES))
    draws_left = missing * _MOST_DRAWS
    while missing > 0 and draws_left > 0:
        n = max(1, min(missing, _CELLS_AT_A_TIME // n_rows))
        draws_left -= n
        drawn = rng.integers(n_rows, size=(n, n_rows)) + np.arange(n)[:, None] * n_rows
        counts = np.bincount(drawn.ravel(), minlength=n * n_rows).reshape(n, n_rows).astype(np.float64)
        counts = counts[(counts @ classes > 0).all(axis=1)]
        missing -= len(counts)
        yield counts
