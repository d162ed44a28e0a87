"""How columns of all kinds depend on each other, pair by pair, and which of them belong together.

Each measure is 0 for independent columns and 1 for columns of which one determines the other:

- of two columns of numbers or dates the absolute value of Spearman's rank correlation;
- of two columns of categories Cramér's V without its bias (Bergsma, Journal of the Korean Statistical Society
  42(3), 2013);
- of both kinds the correlation ratio of the ranked numbers, the square root of epsilon squared (Kelley, PNAS
  21(9), 1935), which chance does not raise as it raises eta squared.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import squareform

from components._table.schema import Kind
from components.eda.values import to_numbers

# More rows would not visibly change the measures.
MOST_ROWS = 5_000
# Each two columns of a cluster are associated at least so much.
CLOSE = 0.7
# Rarer categories count as one.
_MOST_CATEGORIES = 50
_LEAST_ROWS = 10


class AssociationInfo(NamedTuple):
    """The association of each two columns, which are ordered so that similar ones are neighbours.

    ``strengths`` has shape (n_columns, n_columns), NaN where too few rows have both values; ``measures`` are
    their names; ``clusters`` are groups of at least two columns, each two of which are close, the largest
    first.
    """

    columns: list[str]
    strengths: np.ndarray
    measures: list[list[str]]
    clusters: list[list[str]]


def compute_association_info(
    frame: pd.DataFrame, columns: Sequence[str], kinds: Mapping[str, Kind]
) -> AssociationInfo:
    """Return the association of at least two columns, over the first 5,000 of rows in random order."""
    some = frame[:MOST_ROWS]
    codes = {name: _encode(some[name]) for name in columns if kinds[name] in ("string", "boolean")}
    numbers = pd.DataFrame({name: to_numbers(some[name]) for name in columns if name not in codes})
    # Ranks are computed once per column; those of a pair are of the rows in which both have a value.
    ranks = numbers.rank()
    correlations = ranks.corr(min_periods=_LEAST_ROWS).abs().clip(upper=1).stack(future_stack=True).to_dict()
    strengths = np.eye(len(columns))
    measures = [[""] * len(columns) for _ in columns]
    for i, j in combinations(range(len(columns)), 2):
        first, second = columns[i], columns[j]
        if first in codes and second in codes:
            measure, strength = "Cramér's V", compute_cramers_v(codes[first], codes[second])
        elif first in codes or second in codes:
            group, number = (first, second) if first in codes else (second, first)
            values = ranks[number].to_numpy()
            measure, strength = "correlation ratio", compute_correlation_ratio(codes[group], values)
        else:
            measure, strength = "Spearman", correlations[first, second]
        strengths[i, j] = strengths[j, i] = strength
        measures[i][j] = measures[j][i] = measure
    return _order(columns, strengths, measures)


def compute_cramers_v(first: np.ndarray, second: np.ndarray) -> float:
    """Return the association of categories, given as codes from 0, -1 for null; NaN for too few rows."""
    is_known = (first >= 0) & (second >= 0)
    if is_known.sum() < _LEAST_ROWS:
        return np.nan
    first, second = first[is_known], second[is_known]
    width = second.max() + 1
    table = np.bincount(first * width + second, minlength=(first.max() + 1) * width).reshape(-1, width)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    n = table.sum()
    n_rows, n_columns = table.shape
    if min(table.shape) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    phi = ((table - expected) ** 2 / expected).sum() / n
    unbiased = max(0.0, phi - (n_rows - 1) * (n_columns - 1) / (n - 1))
    sides = [side - (side - 1) ** 2 / (n - 1) for side in table.shape]
    return float(np.sqrt(min(1.0, unbiased / (min(sides) - 1)))) if min(sides) > 1 else 0.0


def compute_correlation_ratio(groups: np.ndarray, values: np.ndarray) -> float:
    """Return how far groups, as codes from 0 and -1 for null, tell values; NaN for too few rows."""
    is_known = (groups >= 0) & ~np.isnan(values)
    n = int(is_known.sum())
    if n < _LEAST_ROWS:
        return np.nan
    groups, values = groups[is_known], values[is_known] - values[is_known].mean()
    counts = np.bincount(groups)
    n_groups = np.count_nonzero(counts)
    total = (values**2).sum()
    if not total or n_groups == n:
        return 0.0
    means = np.bincount(groups, values) / np.maximum(counts, 1)
    within = ((values - means[groups]) ** 2).sum()
    return float(np.sqrt(max(0.0, 1 - within / (n - n_groups) / (total / (n - 1)))))


def _encode(column: pd.Series) -> np.ndarray:
    """Return the codes of the most frequent categories, one code for all others, and -1 for null."""
    ranked = {value: code for code, value in enumerate(column.value_counts().index)}
    codes = column.map(ranked).fillna(-1).to_numpy(dtype=np.int64)
    return np.asarray(np.minimum(codes, _MOST_CATEGORIES))


def _order(columns: Sequence[str], strengths: np.ndarray, measures: list[list[str]]) -> AssociationInfo:
    distances = squareform(1 - np.nan_to_num(strengths), checks=False)
    tree = linkage(distances, "complete", optimal_ordering=True)
    order = leaves_list(tree).tolist()
    groups = fcluster(tree, 1 - CLOSE, "distance")
    clusters: dict[int, list[str]] = {}
    for i in order:
        clusters.setdefault(groups[i], []).append(columns[i])
    return AssociationInfo(
        [columns[i] for i in order],
        strengths[np.ix_(order, order)],
        [[measures[i][j] for j in order] for i in order],
        sorted((names for names in clusters.values() if len(names) > 1), key=len, reverse=True),
    )
