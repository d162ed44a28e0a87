"""Ranks of systems over tables and seeds, and errors relative to a baseline."""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

_DRAWS = 2_000
_COVERAGE = 0.95
# Below this a handful of test rows decides, and one easy table would outweigh all others; 0 has no ratio.
_LEAST_ERROR = 0.005


class Interval(NamedTuple):
    """A mean with a bootstrap interval."""

    mean: float
    low: float
    high: float


def compute_ranks(scores: np.ndarray) -> np.ndarray:
    """Return the ranks of systems, 1 for the best, equal ones sharing the mean of theirs.

    Parameters
    ----------
    scores : ndarray of shape (..., n_systems)
        Larger is better; NaN, where a system failed, is worse than all others.

    Returns
    -------
    ndarray of shape (..., n_systems)
    """
    return np.asarray(rankdata(-np.where(np.isnan(scores), -np.inf, scores), axis=-1))


def compute_mean_ranks(scores: np.ndarray, seed: int = 0) -> list[Interval]:
    """Return each system's mean rank with its percentile bootstrap interval over the tables.

    Tables are drawn, not splits: the splits of one table agree more than those of two tables, and what is
    asked is how the systems would stand on other tables.

    Parameters
    ----------
    scores : ndarray of shape (n_tables, n_splits, n_systems)
        As of ``compute_ranks``.
    seed : int
        Seed of the bootstrap.
    """
    ranked = compute_ranks(scores).mean(axis=1)
    drawn = np.random.default_rng(seed).integers(0, len(ranked), (_DRAWS, len(ranked)))
    means = ranked[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2], axis=0)
    return [Interval(*map(float, three)) for three in zip(ranked.mean(axis=0), low, high, strict=True)]


def compute_relative_errors(errors: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return the geometric mean over pairs of each system's error divided by the baseline's.

    Parameters
    ----------
    errors : ndarray of shape (n_pairs, n_systems)
        Smaller is better; NaN, where a system failed, leaves out the pair for that system.
    baseline : ndarray of shape (n_pairs,)
        The baseline's errors.
    """
    ratios = np.log(np.maximum(errors, _LEAST_ERROR)) - np.log(np.maximum(baseline, _LEAST_ERROR))[:, None]
    counts = (~np.isnan(ratios)).sum(axis=0)
    return np.exp(np.where(counts, np.nansum(ratios, axis=0) / np.maximum(counts, 1), np.nan))
