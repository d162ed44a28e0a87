"""Pairs of columns that together tell more of the target than the sum of both.

Two columns are divided into a few bins each. The target in a cell of both is predicted out of fold in two
ways: by the sum of both columns' effects (on the scale of log-odds for classes, so that two independent
effects are no interaction), and by the cell's own mean, drawn towards that sum where the cell has few rows.
The gain is the share of the target's variance that the cells explain and the sum does not, as the analysis
of variance tests it (Fisher, Statistical Methods for Research Workers, 1925), but on rows that were not used
to fit.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._report.formats import format_value, mark_year
from components._table.schema import Kind
from components.eda.target import Target
from components.eda.target_figures import LEAST_ROWS, NULL, OTHER
from components.eda.values import to_numbers

MOST_COLUMNS = 20
MOST_SHOWN = 6
_MOST_BINS = 5
_N_FOLDS = 5
_LEAST_FIT = 100
# A cell's mean counts as much as the sum of both effects from so many rows on.
_PRIOR_ROWS = 20.0
# Keeps effects finite where all rows of a bin have one class.
_RIDGE = 1.0
_N_STEPS = 8
# Standard errors above 0. Of 8 tables with 190 pairs that do not interact, none had a pair beyond.
_MARGIN = 3.0


class InteractionInfo(NamedTuple):
    """The target by the bins of two columns.

    ``gain`` is the share of the target's variance beyond the sum of both, from ``low`` to ``high`` with 95 %
    confidence. ``rates`` are rate of the positive class or mean in each cell, shape (n_first, n_second), NaN
    for few rows and for several classes.
    """

    first: str
    second: str
    gain: float
    low: float
    high: float
    first_labels: list[str]
    second_labels: list[str]
    rates: np.ndarray


class _Bins(NamedTuple):
    codes: np.ndarray
    labels: list[str]


def find_interactions(
    frame: pd.DataFrame, columns: Sequence[str], kinds: Mapping[str, Kind], y: np.ndarray, target: Target
) -> list[InteractionInfo]:
    """Return the pairs that interact beyond chance, the strongest first, at most ``MOST_SHOWN``.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The columns, in rows chosen at random, in random order.
    columns : sequence of str
        Those that are looked at.
    kinds : mapping of str to str
        Their kinds.
    y : ndarray of shape (n_rows,)
        The target of these rows: codes of the classes, or the values.
    target : Target
        The target of all rows.
    """
    if len(y) < _LEAST_FIT or np.ptp(y) == 0:
        return []
    targets = _encode_target(y, target)
    bins = {name: _divide(frame[name], name, kinds[name]) for name in columns}
    found = []
    for first, second in combinations(columns, 2):
        differences = _compare(bins[first], bins[second], targets, has_classes=bool(target.labels))
        variance = ((targets - targets.mean(axis=0)) ** 2).sum(axis=1).mean()
        gain, error = differences.mean() / variance, differences.std() / np.sqrt(len(y)) / variance
        if gain > _MARGIN * error:
            found.append((float(gain), float(error), first, second))
    return [
        _describe(first, second, gain, error, bins, targets)
        for gain, error, first, second in sorted(found, reverse=True)[:MOST_SHOWN]
    ]


def _encode_target(y: np.ndarray, target: Target) -> np.ndarray:
    """Return what is predicted, shape (n_rows, n_outputs): each class but the first of two, or the values."""
    if target.is_binary:
        return np.asarray(y, dtype=float)[:, None]
    if target.labels:
        return np.asarray(np.eye(len(target.labels))[y])
    # A few distant values would be all of the variance.
    return np.asarray(np.clip(y, *np.quantile(y, [0.01, 0.99]))[:, None])


def _divide(column: pd.Series, name: str, kind: Kind) -> _Bins:
    """Return the bin of each row: categories or quantiles, and null."""
    if kind in ("string", "boolean"):
        frequent = column.value_counts().index[:_MOST_BINS]
        places = column.map({value: place for place, value in enumerate(frequent)}).fillna(len(frequent))
        codes = places.where(column.notna(), len(frequent) + 1).to_numpy(dtype=np.int64)
        labels = [*map(str, frequent), OTHER, NULL]
    else:
        values = to_numbers(column)
        known = values[~np.isnan(values)]
        uppers = np.unique(known)
        if len(uppers) > _MOST_BINS:
            uppers = np.unique(np.quantile(known, np.linspace(0, 1, _MOST_BINS + 1)[1:]))
        codes = np.where(np.isnan(values), len(uppers), np.searchsorted(uppers, values))
        labels = [*(f"to {_format_bound(upper, name, kind)}" for upper in uppers.tolist()), NULL]
    present, codes = np.unique(codes, return_inverse=True)
    return _Bins(codes, [labels[place] for place in present.tolist()])


def _format_bound(value: float, name: str, kind: Kind) -> str:
    if kind == "datetime":
        return f"{pd.Timestamp(value, unit='s'):%Y-%m-%d}"
    return format_value(mark_year(value, name))


def _compare(first: _Bins, second: _Bins, targets: np.ndarray, *, has_classes: bool) -> np.ndarray:
    """Return each row's squared error of the sum minus that of the cells, out of fold."""
    n_first, n_second = len(first.labels), len(second.labels)
    cells = first.codes * n_second + second.codes
    design = np.hstack(
        [np.repeat(np.eye(n_first), n_second, axis=0), np.tile(np.eye(n_second), (n_first, 1))]
    )
    fit = _fit_log_odds if has_classes else _fit_means
    folds = np.arange(len(cells)) % _N_FOLDS
    differences = np.empty(len(cells))
    for fold in range(_N_FOLDS):
        is_test = folds == fold
        counts, sums = _add_up(cells[~is_test], targets[~is_test], n_first * n_second)
        added = np.column_stack([fit(design, counts, column) for column in sums.T])
        own = (sums + _PRIOR_ROWS * added) / (counts + _PRIOR_ROWS)[:, None]
        rows, places = targets[is_test], cells[is_test]
        differences[is_test] = ((rows - added[places]) ** 2 - (rows - own[places]) ** 2).sum(axis=1)
    return differences


def _add_up(cells: np.ndarray, targets: np.ndarray, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
    counts = np.bincount(cells, minlength=n_cells)
    return counts, np.column_stack([np.bincount(cells, column, n_cells) for column in targets.T])


def _fit_means(design: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return the sum of both columns' effects in each cell, by least squares."""
    mean = sums.sum() / counts.sum()
    weighted = design.T * counts
    penalty = _RIDGE * np.eye(design.shape[1])
    effects = np.linalg.solve(weighted @ design + penalty, design.T @ (sums - counts * mean))
    return np.asarray(mean + design @ effects)


def _fit_log_odds(design: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return the rate in each cell by the sum of both effects on the log-odds, by Newton's method."""
    share = np.clip(sums.sum() / counts.sum(), 1e-6, 1 - 1e-6)
    base = np.log(share / (1 - share))
    effects = np.zeros(design.shape[1])
    penalty = _RIDGE * np.eye(len(effects))
    for _ in range(_N_STEPS):
        rates = 1 / (1 + np.exp(-base - design @ effects))
        gradient = design.T @ (sums - counts * rates) - _RIDGE * effects
        curvature = (design.T * (counts * rates * (1 - rates))) @ design + penalty
        effects += np.linalg.solve(curvature, gradient)
    return np.asarray(1 / (1 + np.exp(-base - design @ effects)))


def _describe(
    first: str, second: str, gain: float, error: float, bins: Mapping[str, _Bins], targets: np.ndarray
) -> InteractionInfo:
    one, other = bins[first], bins[second]
    shape = len(one.labels), len(other.labels)
    rates = np.full(shape, np.nan)
    if targets.shape[1] == 1:
        counts, sums = _add_up(one.codes * shape[1] + other.codes, targets, shape[0] * shape[1])
        means = sums[:, 0] / np.maximum(counts, 1)
        rates = np.where(counts >= LEAST_ROWS, means, np.nan).reshape(shape)
    reach = 1.96 * error
    return InteractionInfo(first, second, gain, gain - reach, gain + reach, one.labels, other.labels, rates)
