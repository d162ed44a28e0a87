"""Slices of the rows on which the model does worse than elsewhere, found among its columns.

As in SliceFinder (Chung and others, ICDE 2019): a slice is a bin or category of one column, or of two of the
most important ones. The mean loss of its rows is compared with that of all other rows. The intervals are
normal ones at 1 - 0.05 / n_slices (Bonferroni's correction), so that a search without a true finding finds
something in at most 5 of 100 tables.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._metrics.estimate import Estimate
from components._metrics.scores import compute_gain_per_row, decide, normalise_probabilities
from components._problem.spec import Problem
from components._table.value_groups import ValueGroups
from components.evaluate.evaluation import RowSlice, SliceSearch

# More columns would take a wide table's time, and widen the intervals of all slices.
_MOST_COLUMNS = 100
_PAIRED_COLUMNS = 5
# With fewer rows the mean of a loss is far from normal.
_LEAST_ROWS = 40
_MOST_SLICES = 5


class _Candidate(NamedTuple):
    """A slice: the columns with their values in words, and which rows are in it."""

    parts: tuple[tuple[str, str], ...]
    is_in: np.ndarray


def find_slices(
    rows: pd.DataFrame,
    y: np.ndarray,
    predictions: np.ndarray,
    problem: Problem,
    columns: Sequence[str],
    weights: np.ndarray | None = None,
) -> SliceSearch:
    """Return the slices whose mean loss is higher than that of the other rows by more than chance.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, n_columns)
        Raw test rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    problem : Problem
        The resolved problem.
    columns : sequence of str
        Columns, the most important first: the first 100 are looked at, and the first five also in pairs.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.

    Returns
    -------
    SliceSearch
        At most five slices, those that add most to the whole loss first. A pair is left out if one of its
        parts is a slice by itself.
    """
    searched = columns[:_MOST_COLUMNS]
    if len(y) < 2 * _LEAST_ROWS:
        return SliceSearch((), 0, len(searched), len(y))
    losses = _compute_losses(y, predictions, problem)
    counts = np.ones(len(y)) if weights is None else weights
    candidates = [
        candidate
        for candidate in _iterate_candidates(rows, searched)
        if _LEAST_ROWS <= candidate.is_in.sum() <= len(y) - _LEAST_ROWS
    ]
    margin = NormalDist().inv_cdf(1 - 0.025 / max(len(candidates), 1))
    found: list[tuple[float, _Candidate, RowSlice]] = []
    for candidate in candidates:
        own, rest = (_summarise_losses(losses[of], counts[of]) for of in (candidate.is_in, ~candidate.is_in))
        gap, error = own.mean - rest.mean, float(np.hypot(own.error, rest.error))
        if gap > margin * error:
            words = " and ".join(f"{column} {value}" for column, value in candidate.parts)
            excess = Estimate(gap, gap - margin * error, gap + margin * error)
            means = _compare_means(y, predictions, problem, candidate.is_in, counts)
            row_slice = RowSlice(words, int(candidate.is_in.sum()), own.mean, rest.mean, excess, *means)
            found.append((gap * counts[candidate.is_in].sum(), candidate, row_slice))
    return SliceSearch(_choose_slices(found), len(candidates), len(searched), len(y))


class _LossSummary(NamedTuple):
    """Weighted mean of losses, and its standard error."""

    mean: float
    error: float


def _summarise_losses(losses: np.ndarray, weights: np.ndarray) -> _LossSummary:
    mean = float(np.average(losses, weights=weights))
    variance = float(np.average((losses - mean) ** 2, weights=weights))
    # Kish's effective number of rows, less the one that the mean takes.
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    return _LossSummary(mean, float(np.sqrt(variance / max(effective - 1, 1))))


def _compute_losses(y: np.ndarray, predictions: np.ndarray, problem: Problem) -> np.ndarray:
    if problem.kind == "regression":
        return np.asarray(np.abs(y - predictions))
    probabilities = normalise_probabilities(predictions)
    gains = compute_gain_per_row("neg_log_loss", y, probabilities, decide(probabilities, None), problem)
    assert gains is not None  # a log loss is a mean over rows
    return -gains


def _compare_means(
    y: np.ndarray, predictions: np.ndarray, problem: Problem, is_in: np.ndarray, weights: np.ndarray
) -> tuple[float | None, float | None]:
    """Return the mean prediction and the mean target of a slice; None for more than two classes."""
    if problem.kind == "multiclass":
        return None, None
    values = predictions if problem.kind == "regression" else predictions[:, 1]
    predicted, actual = (float(np.average(of[is_in], weights=weights[is_in])) for of in (values, y))
    return predicted, actual


def _iterate_candidates(rows: pd.DataFrame, columns: Sequence[str]) -> Iterator[_Candidate]:
    words = {name: ValueGroups.learn(rows[name]).name(rows[name]) for name in columns}
    singles = {
        name: [(value, is_in) for value in of.cat.categories if (is_in := (of == value).to_numpy(bool)).any()]
        for name, of in words.items()
    }
    for name, groups in singles.items():
        for value, is_in in groups:
            yield _Candidate(((name, str(value)),), is_in)
    for first, second in combinations(columns[:_PAIRED_COLUMNS], 2):
        for value, is_in in singles[first]:
            for other, is_also_in in singles[second]:
                yield _Candidate(((first, str(value)), (second, str(other))), is_in & is_also_in)


def _choose_slices(found: list[tuple[float, _Candidate, RowSlice]]) -> tuple[RowSlice, ...]:
    singles = {candidate.parts[0] for _, candidate, _ in found if len(candidate.parts) == 1}
    kept = [
        (total, row_slice)
        for total, candidate, row_slice in found
        if len(candidate.parts) == 1 or singles.isdisjoint(candidate.parts)
    ]
    return tuple(row_slice for _, row_slice in sorted(kept, key=lambda item: -item[0])[:_MOST_SLICES])
