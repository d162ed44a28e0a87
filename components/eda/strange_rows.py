"""Rows that are strange in all their values together, and the columns that make them so.

An isolation forest divides rows at random places of random columns. A row that few divisions separate from
all others is strange (Liu, Ting and Zhou, Isolation forest, ICDM 2008). Numbers enter it in robust standard
deviations of their inverse hyperbolic sine, so that a long tail alone is not strange, and categories by how
rare they are.

Some row is always the strangest. So scores are compared with those of rows that cannot be strange: the same
values in random combinations that have the same rank correlations (Cario and Nelson, Modeling and generating
random vectors, 1997), with the distant ones drawn in to what a normal distribution would have. The bound is
the highest of these scores, or the one that one of fifty such tables exceeds, by a generalised Pareto
distribution of the highest 2 % (Siffer et al., Anomaly detection in streams with extreme value theory, KDD
2017), fitted by probability-weighted moments (Hosking and Wallis, Technometrics 29(3), 1987). Of 60 generated
tables without a strange row, 4 had one.

What makes a row strange are the columns whose value, replaced by a usual one, lowers the score most
(Robnik-Šikonja and Kononenko, Explaining classifications for individual instances, IEEE TKDE 20(5), 2008),
one after the other until one of ten rows is as strange.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from components._table.schema import Kind
from components.eda.value_ranks import describe_value
from components.eda.values import to_numbers

if TYPE_CHECKING:
    from sklearn.ensemble import IsolationForest

# More rows would hardly change which are the strangest, but take time.
MOST_ROWS = 10_000
# Memory grows with their square.
MOST_COLUMNS = 100
MOST_SHOWN = 10
N_TREES = 64
_TREE_ROWS = 4_096
_LEAST_ROWS = 200
_MOST_REASONS = 4
# Share of the rows that are as strange as a row whose reasons are gone.
_UNREMARKABLE = 0.1
# Rows in random combination, at least.
_LEAST_REFERENCE = 20_000
_FALSE_ALARMS = 0.02
_TAIL = 0.02
_CATEGORY_KINDS = ("string", "boolean")
# Interquartile range of the standard normal distribution.
_NORMAL_IQR = 2 * NormalDist().inv_cdf(0.75)


class StrangeRow(NamedTuple):
    """A row: its place in the frame, its score, and what makes it strange: columns, with words for each."""

    place: int
    score: float
    columns: list[str]
    reasons: list[str]


class StrangeRowInfo(NamedTuple):
    """The strangest rows, at most ``MOST_SHOWN``.

    ``n_rows`` were looked at and ``n_strange`` have a score above ``bound``, which chance does not explain;
    ``n_left`` columns were not looked at, because they are too many.
    """

    n_rows: int
    n_left: int
    n_strange: int
    bound: float
    rows: list[StrangeRow]


class _Encoded(NamedTuple):
    """Columns as numbers of which 0 is usual, shape (n_rows, n_columns), and which are categories."""

    values: np.ndarray
    is_category: np.ndarray


def find_strange_rows(
    frame: pd.DataFrame, columns: Sequence[str], kinds: Mapping[str, Kind], *, seed: int
) -> StrangeRowInfo | None:
    """Return the strangest of the first 10,000 rows; None for too few rows, or without columns.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows chosen at random, in random order.
    columns : sequence of str
        Columns, the most predictive first: the first 100 are looked at.
    kinds : mapping of str to str
        Their kinds.
    seed : int
        Seed of the forest and of the random combinations.
    """
    some = frame[:MOST_ROWS]
    if len(some) < _LEAST_ROWS:
        return None
    n_left = max(len(columns) - MOST_COLUMNS, 0)
    parts = {
        name: _encode(some[name], kinds[name]) for name in columns[:MOST_COLUMNS] if some[name].notna().any()
    }
    # In few of the rows a column may have one value, or categories that are equally rare.
    columns = [name for name, values in parts.items() if np.ptp(values)]
    if not columns:
        return None
    encoded = _Encoded(
        np.column_stack([parts[name] for name in columns]),
        np.array([kinds[name] in _CATEGORY_KINDS for name in columns]),
    )
    # It takes 30 MB, which the passes over all rows have let go of by now.
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=N_TREES, max_samples=min(_TREE_ROWS, len(some)), random_state=seed)
    forest.fit(encoded.values)
    scores = _score(forest, encoded.values)
    reference = _draw_combinations(encoded, np.random.default_rng(seed))
    usual_scores = _score(forest, reference)
    bound = max(float(usual_scores.max()), compute_bound(usual_scores, _FALSE_ALARMS / len(some)))
    shown = np.argsort(-scores, kind="stable")[:MOST_SHOWN].tolist()
    found = _find_columns(forest, encoded, shown, float(np.quantile(scores, 1 - _UNREMARKABLE)))
    rows = [
        StrangeRow(
            place,
            float(scores[place]),
            [columns[at] for at in reasons],
            [describe_value(some[columns[at]], kinds[columns[at]], place) for at in reasons],
        )
        for place, reasons in zip(shown, found, strict=True)
    ]
    return StrangeRowInfo(len(some), n_left, int((scores > bound).sum()), bound, rows)


def list_columns(rows: Sequence[StrangeRow]) -> list[str]:
    """Return the columns that make rows strange, those of the most rows first, at most ``MOST_SHOWN``."""
    counts = Counter(chain.from_iterable(row.columns for row in rows))
    return [name for name, _ in counts.most_common(MOST_SHOWN)]


def compute_bound(scores: np.ndarray, share: float) -> float:
    """Return the value that a share of values exceeds, which may be less than one of the scores' number.

    A generalised Pareto distribution of the highest 2 % continues them.
    """
    start = float(np.quantile(scores, 1 - _TAIL))
    excesses = np.sort(scores[scores > start] - start)
    if len(excesses) < 2 or not np.ptp(excesses):
        return float(scores.max())
    n = len(excesses)
    mean = excesses.mean()
    weighted = (excesses * (1 - (np.arange(1, n + 1) - 0.35) / n)).mean()
    shape = mean / (mean - 2 * weighted) - 2
    scale = 2 * mean * weighted / (mean - 2 * weighted)
    rarity = np.log(n / len(scores) / share)
    # As the shape goes to 0, this goes to scale * rarity.
    reach = scale * rarity if abs(shape) < 1e-9 else scale * -np.expm1(-shape * rarity) / shape
    return float(start + reach)


def _encode(column: pd.Series, kind: Kind) -> np.ndarray:
    """Return a column as numbers of which 0 is usual: the median, the most frequent category, or null."""
    if kind in _CATEGORY_KINDS:
        counts = column.value_counts()
        values = np.log2(counts.max() / column.map(counts).to_numpy(dtype=np.float64))
    else:
        values = _divide_by_spread(np.arcsinh(_divide_by_spread(to_numbers(column))))
    return np.nan_to_num(values)


def _divide_by_spread(values: np.ndarray) -> np.ndarray:
    """Return how many robust standard deviations a value is from the median."""
    q1, median, q3 = np.nanquantile(values, [0.25, 0.5, 0.75])
    spread = (q3 - q1) / _NORMAL_IQR or float(np.nanstd(values)) or 1.0
    return np.asarray((values - median) / spread)


def _draw_combinations(encoded: _Encoded, random: np.random.Generator) -> np.ndarray:
    """Return rows of the columns' values in random combinations, without what is far away."""
    n_rows, n_columns = encoded.values.shape
    reach = NormalDist().inv_cdf(1 - _FALSE_ALARMS / (2 * n_rows * n_columns))
    normal = ndtri((rankdata(encoded.values, axis=0) - 0.5) / n_rows)
    correlations = np.corrcoef(normal, rowvar=False).reshape(n_columns, n_columns)
    n_drawn = max(n_rows, _LEAST_REFERENCE)
    drawn = random.multivariate_normal(np.zeros(n_columns), correlations, n_drawn, method="eigh")
    places = np.minimum((ndtr(drawn) * n_rows).astype(np.int64), n_rows - 1)
    combined = np.take_along_axis(np.sort(encoded.values, axis=0), places, axis=0)
    return np.where(encoded.is_category, combined, np.clip(combined, -reach, reach))


def _score(forest: "IsolationForest", values: np.ndarray) -> np.ndarray:
    """Return how strange rows are, from 0 to 1."""
    return np.asarray(-forest.score_samples(values))


def _find_columns(
    forest: "IsolationForest", encoded: _Encoded, places: Sequence[int], bound: float
) -> list[list[int]]:
    """Return for each row the columns to replace, by their numbers, until its score is at most ``bound``."""
    found: list[list[int]] = [[] for _ in places]
    rows = encoded.values[places]
    is_strange = np.ones(len(places), dtype=bool)
    n_columns = rows.shape[1]
    for _ in range(min(_MOST_REASONS, n_columns)):
        open_rows = np.flatnonzero(is_strange)
        if not len(open_rows):
            break
        # Of each row as many variants as columns, each with another column replaced.
        variants = np.repeat(rows[open_rows, None, :], n_columns, axis=1)
        variants[:, range(n_columns), range(n_columns)] = 0
        scores = _score(forest, variants.reshape(-1, n_columns)).reshape(-1, n_columns)
        for row, own in zip(open_rows.tolist(), scores, strict=True):
            own[found[row]] = np.inf
            best = int(own.argmin())
            found[row].append(best)
            rows[row, best] = 0
            is_strange[row] = own[best] > bound
    return found
