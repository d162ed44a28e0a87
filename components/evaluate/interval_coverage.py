"""How often the model's prediction intervals hold the target of the test rows."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from components._metrics.estimate import Estimate
from components._model.intervals import PredictionIntervals

# Predictions are compared by their size in so many groups, of at least so many rows.
_MOST_GROUPS, _LEAST_ROWS = 5, 20


class CoverageGroup(NamedTuple):
    """Test rows with predictions of about the same size.

    Attributes
    ----------
    low, high : float
        The smallest and the largest prediction.
    rows : int
        Number of rows.
    covered : Estimate
        Share of the rows whose target is in its interval, with its 95 % interval.
    width : float
        Mean width of the intervals, in the unit of the target.
    """

    low: float
    high: float
    rows: int
    covered: Estimate
    width: float


class IntervalCoverage(NamedTuple):
    """The prediction intervals on the test rows.

    Attributes
    ----------
    level : float
        Share of the rows whose target should be in its interval.
    rows_train : int
        Training rows whose out-of-fold predictions gave the widths.
    all : CoverageGroup
        All test rows.
    groups : list of CoverageGroup
        The same by size of the prediction, from the smallest; one if there are few rows.
    adapts : bool
        Whether the width depends on the prediction.
    """

    level: float
    rows_train: int
    all: CoverageGroup
    groups: list[CoverageGroup]
    adapts: bool


def measure_coverage(
    intervals: PredictionIntervals, predictions: np.ndarray, y: np.ndarray
) -> IntervalCoverage:
    """Return how often intervals hold the target; each row counts once.

    Parameters
    ----------
    intervals : PredictionIntervals
        The model's intervals.
    predictions, y : ndarray of shape (n_rows,)
        Predictions and target of the test rows.
    """
    half_widths = intervals.compute_half_widths(predictions)
    is_covered = np.abs(y - predictions) <= half_widths

    def measure(rows: np.ndarray) -> CoverageGroup:
        n, n_covered = len(rows), int(is_covered[rows].sum())
        bounds = binomtest(n_covered, n).proportion_ci(method="wilson")
        return CoverageGroup(
            float(predictions[rows].min()),
            float(predictions[rows].max()),
            n,
            Estimate(n_covered / n, float(bounds.low), float(bounds.high)),
            float(2 * half_widths[rows].mean()),
        )

    order = np.argsort(predictions, kind="stable")
    n_groups = int(np.clip(len(order) // _LEAST_ROWS, 1, _MOST_GROUPS))
    return IntervalCoverage(
        intervals.level,
        intervals.n_rows,
        measure(order),
        [measure(rows) for rows in np.array_split(order, n_groups)],
        len(intervals.places) > 1,
    )
