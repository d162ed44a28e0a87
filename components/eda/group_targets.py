"""The target in groups of rows: rates, means and shares with 95 % intervals, from counts that merge."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from components.eda.target import Target

_LEVEL = 0.975
_Z = 1.959964
# Of the size of the target. Sums of a billion rows are not off by more.
_ROUNDING = 1e-11


class TargetCounter:
    """Counts rows and their targets in some groups.

    Parameters
    ----------
    n_groups : int
        Number of groups.
    target : Target
        The target.

    Attributes
    ----------
    counts : ndarray of int64, shape (n_groups,)
        Rows per group.
    cells : ndarray of int64, shape (n_groups, n_classes)
        Rows per group and drawn class; of a regression without columns.
    sums, squares : ndarray of float64, shape (n_groups,)
        Sums of a regression's target and of its squares, in standard deviations from its mean, so that
        neither large values nor distant ones lose digits.
    """

    def __init__(self, n_groups: int, target: Target) -> None:
        self.counts = np.zeros(n_groups, dtype=np.int64)
        self.cells = np.zeros((n_groups, len(target.drawn_classes)), np.int64)
        self.sums, self.squares = np.zeros(n_groups), np.zeros(n_groups)
        self._target = target

    def add(self, groups: np.ndarray, y: np.ndarray) -> None:
        """Count rows by their groups, as numbers from 0, and their targets, both of shape (n_rows,)."""
        n_groups, n_classes = self.cells.shape
        if n_classes:
            classes = self._target.group_classes(y)
            found = np.bincount(groups * n_classes + classes, minlength=n_groups * n_classes)
            self.cells += found.reshape(n_groups, n_classes)
            self.counts = self.cells.sum(axis=1)
            return
        self.counts += np.bincount(groups, minlength=n_groups)
        scores = (y - self._target.centre) / self._target.spread
        self.sums += np.bincount(groups, scores, n_groups)
        self.squares += np.bincount(groups, scores * scores, n_groups)


class GroupTargets(NamedTuple):
    """The target in groups of rows.

    Attributes
    ----------
    counts : ndarray of int64, shape (n_groups,)
        Rows per group.
    shares : ndarray of shape (n_groups, n_classes)
        Shares of the drawn classes in each group, 0 without rows; of a regression without columns.
    values, lows, highs : ndarray of shape (n_groups,)
        Rate of the positive class of two, or mean of a regression's target, with its interval of 95 %; NaN
        where the rows of a group do not tell it. Of other targets without entries.
    overall : float
        Rate or mean of all rows; NaN for other targets.
    """

    counts: np.ndarray
    shares: np.ndarray
    values: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    overall: float

    def select(self, groups: np.ndarray) -> "GroupTargets":
        """Return some of the groups, by their numbers."""
        values, lows, highs = (
            part[groups] if len(part) else part for part in (self.values, self.lows, self.highs)
        )
        return GroupTargets(self.counts[groups], self.shares[groups], values, lows, highs, self.overall)


def compute_group_targets(counter: TargetCounter, target: Target) -> GroupTargets:
    """Return the target in counted groups.

    Intervals of rates follow Wilson (Journal of the American Statistical Association 22(158), 1927), those
    of means Student's distribution.
    """
    counts = counter.counts
    n = np.maximum(counts, 1)
    shares = counter.cells / n[:, None]
    if target.is_binary:
        rates = np.where(counts, shares[:, 1], np.nan)
        overall = target.counts[1] / target.n_rows
        return GroupTargets(counts, shares, rates, *compute_wilson_intervals(rates, n), overall)
    if target.labels:
        return GroupTargets(counts, shares, np.empty(0), np.empty(0), np.empty(0), np.nan)
    scores = np.where(counts, counter.sums / n, np.nan)
    free = np.where(counts > 1, n - 1.0, np.nan)
    # In floating point, the variance of equal values may be less than 0.
    variances = np.maximum(counter.squares - n * scores * scores, 0) / free
    reaches = stdtrit(free, _LEVEL) * np.sqrt(variances / n)
    values, lows, highs = (
        _drop_noise(target.centre + target.spread * z, target)
        for z in (scores, scores - reaches, scores + reaches)
    )
    return GroupTargets(counts, shares, values, lows, highs, target.centre)


def _drop_noise(values: np.ndarray, target: Target) -> np.ndarray:
    """Return values of the target, of which those are 0 that are nothing but the rounding of the sums."""
    noise = _ROUNDING * (abs(target.centre) + target.spread)
    return np.where(np.abs(values) < noise, 0.0, values)


def compute_wilson_intervals(rates: np.ndarray, n_rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of rates, each of so many rows."""
    weight = _Z * _Z / n_rows
    centres = (rates + weight / 2) / (1 + weight)
    reaches = _Z * np.sqrt((rates * (1 - rates) + weight / 4) / n_rows) / (1 + weight)
    return np.maximum(centres - reaches, 0), np.minimum(centres + reaches, 1)
