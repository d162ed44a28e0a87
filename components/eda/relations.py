"""How well each column alone predicts the target: one measure for every kind of column.

A column is divided into bins: quantiles of numbers and dates, the categories of strings, and a bin for nulls.
The prediction for a row is the mean target of the bin's rows in the other of five folds (target encoding:
Micci-Barreca, SIGKDD Explorations 3(1), 2001). The predictions are scored

- in classification by the area under the ROC curve, one class against the rest, averaged over the
  classes (Hanley and McNeil, Radiology 143(1), 1982): 0.5 by chance, at most 1;
- in regression by R² of the ranked target, the correlation ratio of the test of Kruskal and Wallis, which no
  monotone transformation changes (Tomczak and Tomczak, Trends in Sport Sciences 21(1), 2014): 0 by chance,
  at most 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components._table.schema import Kind
from components.eda.target import Target
from components.eda.values import to_numbers

N_FOLDS = 5
LEAST_ROWS = 10
# The target's rate in a category with fewer rows is too uncertain.
_LEAST_CATEGORY = 5
# Weight, in rows, of the overall mean in a bin's mean; it matters only if a bin has no other rows.
_PRIOR_ROWS = 0.01
# More rows would not visibly change the measure.
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Relation:
    """How well one column alone predicts the target.

    Attributes
    ----------
    column : str
        The column.
    score : float or None
        The measure, not below chance; None if there are too few rows or the target is constant.
    null_score : float or None
        The measure if only nulls are known; None for a column without nulls or without values.
    is_copy, is_null_copy : bool
        Whether the values, or nulls and values, correspond to the classes one to one.
    """

    column: str
    score: float | None
    null_score: float | None
    is_copy: bool = False
    is_null_copy: bool = False


def compute_relations(
    frame: pd.DataFrame, kinds: Mapping[str, Kind], y: np.ndarray, target: Target
) -> tuple[Relation, ...]:
    """Return the relation of each column to the target, the strongest first.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The columns, in rows chosen at random, in random order.
    kinds : mapping of str to str
        Their kinds.
    y : ndarray of shape (n_rows,)
        The target of these rows: codes of the classes, or the values.
    target : Target
        The target of all rows.
    """
    # Folds are assigned in the order of the target, so that each gets its share of every class.
    folds = np.empty(len(y), dtype=np.int64)
    folds[np.argsort(y, kind="stable")] = np.arange(len(y)) % N_FOLDS
    scorer = _BinScorer(y, folds, len(target.labels))
    found = [scorer.compute_relation(name, _assign_bins(frame[name], kinds[name])) for name in frame.columns]
    return tuple(sorted(found, key=lambda relation: (-(relation.score or 0.0), relation.column)))


def compute_standard_error(score: float, target: Target) -> float:
    """Return the standard error of a score that is estimated from the rows of a target.

    For an area under the curve it follows Hanley and McNeil (1982), with the rarer class as the positive one,
    and the average over classes assumes that they are independent. For R² it follows the delta method for
    large samples (Olkin and Finn, Psychological Bulletin 118(1), 1995).
    """
    n_rows = min(target.n_rows, MOST_ROWS)
    if not target.labels:
        return 2 * (1 - score) * float(np.sqrt(score / n_rows))
    shares = np.array(target.counts) / target.n_rows
    rare = np.maximum(np.minimum(shares, 1 - shares) * n_rows, 1.0)
    common = n_rows - rare
    q1, q2 = score / (2 - score), 2 * score**2 / (1 + score)
    variance = score * (1 - score) + (rare - 1) * (q1 - score**2) + (common - 1) * (q2 - score**2)
    variance /= rare * np.maximum(common, 1.0)
    if len(shares) == 2:
        return float(np.sqrt(variance[0]))
    return float(np.sqrt(variance.sum()) / len(shares))


def compute_chance_error(target: Target) -> float:
    """Return the standard error of the score of a column unrelated to the target."""
    if target.labels:
        return compute_standard_error(0.5, target)
    # For sqrt(n_rows) bins, whose means differ by chance only.
    return float(np.sqrt(2) * min(target.n_rows, MOST_ROWS) ** -0.75)


def _assign_bins(column: pd.Series, kind: Kind) -> np.ndarray:
    """Return each row's bin, from 1; 0 for a null."""
    if kind in ("string", "boolean"):
        codes, _ = pd.factorize(column)
        counts = np.bincount(codes + 1)
        return np.where(counts[codes + 1] < _LEAST_CATEGORY, len(counts), codes + 1) * (codes >= 0)
    values = to_numbers(column)
    known = values[~np.isnan(values)]
    if not known.size:
        return np.zeros(len(values), dtype=np.int64)
    # As many bins as rows per bin.
    n_bins = max(2, int(np.sqrt(len(values))))
    distinct = np.unique(known)
    edges = distinct
    if distinct.size > n_bins:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, n_bins + 1)[1:]))
    return np.where(np.isnan(values), 0, np.searchsorted(edges, values, side="left") + 1)


class _BinScorer:
    """Scores bins against one target, with the same folds for all columns."""

    def __init__(self, y: np.ndarray, folds: np.ndarray, n_classes: int) -> None:
        self.folds = folds
        self.n_classes = n_classes
        self.can_score = len(y) >= LEAST_ROWS and bool(np.ptp(y) > 0)
        # Ranks from -1 to 1, centred, so that the overall mean is 0.
        ranks = np.asarray(pd.Series(y).rank()) if not n_classes else y
        self.y = ranks if n_classes else 2 * (ranks - ranks.mean()) / max(len(y), 1)

    def compute_relation(self, name: str, bins: np.ndarray) -> Relation:
        if not self.can_score:
            return Relation(name, None, None)
        present = (bins > 0).astype(np.int64)
        score = self._compute_auc if self.n_classes else self._compute_r_squared
        has_nulls = present.min() < present.max()
        return Relation(
            column=name,
            score=score(bins),
            null_score=score(present) if has_nulls else None,
            is_copy=self._is_copy(bins),
            is_null_copy=has_nulls and self._is_copy(present),
        )

    def _compute_sums(self, bins: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Return sums by fold and bin, shape (N_FOLDS, n_bins)."""
        n_bins = int(bins.max()) + 1
        sums = np.bincount(self.folds * n_bins + bins, weights, N_FOLDS * n_bins)
        return sums.reshape(N_FOLDS, n_bins)

    def _count_rows(self, bins: np.ndarray) -> np.ndarray:
        """Return rows by fold, bin and class, shape (N_FOLDS, n_bins, n_classes)."""
        cells = bins * self.n_classes + self.y.astype(np.int64)
        n_cells = (int(bins.max()) + 1) * self.n_classes
        counts = np.bincount(self.folds * n_cells + cells, minlength=N_FOLDS * n_cells)
        return counts.reshape(N_FOLDS, -1, self.n_classes)

    def _compute_auc(self, bins: np.ndarray) -> float:
        counts = self._count_rows(bins)
        others = counts.sum(axis=0) - counts
        prior = counts.sum(axis=(0, 1)) / counts.sum()
        rates = (others + _PRIOR_ROWS * prior) / (others.sum(axis=2, keepdims=True) + _PRIOR_ROWS)
        order = np.argsort(rates, axis=1, kind="stable")
        positive = np.take_along_axis(counts, order, axis=1)
        negative = np.take_along_axis(counts.sum(axis=2, keepdims=True) - counts, order, axis=1)
        below = negative.cumsum(axis=1) - negative / 2
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        areas = (positive * below).sum(axis=1) / np.where(pairs > 0, pairs, 1)
        # A class is scored on the folds that contain it.
        weights = (pairs > 0).astype(np.float64)
        scored = weights.sum(axis=0) > 0
        area = float(np.mean((areas * weights).sum(axis=0)[scored] / weights.sum(axis=0)[scored]))
        # Out of fold, a score below chance means no relation.
        return max(0.5, area)

    def _compute_r_squared(self, bins: np.ndarray) -> float:
        n, total, squares = (
            self._compute_sums(bins),
            self._compute_sums(bins, self.y),
            self._compute_sums(bins, self.y**2),
        )
        means = (total.sum(axis=0) - total) / (n.sum(axis=0) - n + _PRIOR_ROWS)
        error = (squares - 2 * means * total + n * means**2).sum()
        return max(0.0, float(1 - error / squares.sum()))

    def _is_copy(self, bins: np.ndarray) -> bool:
        if not self.n_classes:
            return False
        table = self._count_rows(bins).sum(axis=0)
        table = table[table.sum(axis=1) > 0]
        pure = ((table > 0).sum(axis=1) == 1).all() and ((table > 0).sum(axis=0) == 1).all()
        return bool(pure and table.sum(axis=0).min() >= _LEAST_CATEGORY)
