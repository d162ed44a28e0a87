"""The columns in which test rows differ from training rows by more than chance.

Numbers and dates are compared by the largest distance of their distribution functions (Kolmogorov and
Smirnov), categories by the total variation of their shares (tested by Pearson's chi-squared), and every
column by its share of nulls. A difference counts if chance alone would give one as large in at most 5 of 100
tables, whatever their number of columns (Bonferroni's correction).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, ks_2samp

from components._report.formats import format_value, mark_year
from components._table.value_groups import NULL_GROUP

_FALSE_ALARMS = 0.05
# A test of fewer values on a side says little.
_LEAST_ROWS = 20
_MOST_CATEGORIES = 100
_REST = "(other)"
# Categories with a smaller expected count are joined (Cochran, Biometrics 10(4), 1954).
_LEAST_EXPECTED = 5.0


class ColumnDifference(NamedTuple):
    """A difference between training and test rows in one column.

    Attributes
    ----------
    column : str
        The column.
    distance : float
        The largest distance of the distribution functions, the total variation, or the difference of the
        shares of nulls, from 0 to 1.
    part : str
        Values in which they differ most, in words.
    train_share, test_share : float
        Shares of the training rows and of the test rows that have these values; of nulls among all rows,
        otherwise among those with a value.
    """

    column: str
    distance: float
    part: str
    train_share: float
    test_share: float


class _Test(NamedTuple):
    p: float
    difference: ColumnDifference


def find_column_differences(
    train: pd.DataFrame, test: pd.DataFrame, columns: Sequence[str], categories: frozenset[str]
) -> list[ColumnDifference]:
    """Return the differences that chance does not explain, the largest first.

    Parameters
    ----------
    train, test : DataFrame of shape (n_rows, n_columns)
        Independent rows of each side.
    columns : sequence of str
        The columns to compare.
    categories : frozenset of str
        Those whose numbers are categories.
    """
    tests: list[_Test] = []
    for name in columns:
        sides = train[name], test[name]
        tests += _test_nulls(*sides)
        known = sides[0].dropna(), sides[1].dropna()
        if min(map(len, known)) < _LEAST_ROWS:
            continue
        is_category = name in categories or known[0].dtype in (object, bool)
        tests += _test_categories(*known) if is_category else _test_numbers(*known)
    found = [test.difference for test in tests if test.p < _FALSE_ALARMS / len(tests)]
    return sorted(found, key=lambda difference: -difference.distance)


def _test_nulls(train: pd.Series, test: pd.Series) -> Iterator[_Test]:
    counts = np.array([[side.isna().sum(), side.notna().sum()] for side in (train, test)])
    if counts.sum(axis=0).all():
        null, other = (counts / counts.sum(axis=1, keepdims=True)).T[0].tolist()
        # A correction for continuity would be too careful.
        p = chi2_contingency(counts, correction=False).pvalue
        yield _Test(p, ColumnDifference(str(train.name), abs(null - other), NULL_GROUP, null, other))


def _test_numbers(train: pd.Series, test: pd.Series) -> Iterator[_Test]:
    is_time = pd.api.types.is_datetime64_any_dtype(train.dtype)
    values, others = (
        side.to_numpy(dtype="datetime64[us]").astype(np.int64) if is_time else side.to_numpy(np.float64)
        for side in (train, test)
    )
    found = ks_2samp(values, others, method="asymp")
    place = found.statistic_location
    written = (
        f"{pd.Timestamp(int(place), unit='us'):%Y-%m-%d}"
        if is_time
        else format_value(mark_year(float(place), str(train.name)))
    )
    shares = float((values <= place).mean()), float((others <= place).mean())
    part = f"until {written}" if is_time else f"up to {written}"
    yield _Test(found.pvalue, ColumnDifference(str(train.name), float(found.statistic), part, *shares))


def _test_categories(train: pd.Series, test: pd.Series) -> Iterator[_Test]:
    codes, values = pd.factorize(pd.concat([train, test]))
    counts = np.stack([np.bincount(side, minlength=len(values)) for side in np.split(codes, [len(train)])])
    totals = counts.sum(axis=0)
    order = np.argsort(-totals, kind="stable")
    least = _LEAST_EXPECTED * len(codes) / min(len(train), len(test))
    is_kept = totals[order[:_MOST_CATEGORIES]] >= least
    kept = order[:_MOST_CATEGORIES][is_kept]
    rest = counts.sum(axis=1) - counts[:, kept].sum(axis=1)
    names = [*map(str, values[kept]), _REST]
    joined = np.column_stack([counts[:, kept], rest])
    # Otherwise the others would break the test, too.
    if rest.sum() < least:
        names, joined = names[:-1], joined[:, :-1]
    if len(names) > 1:
        shares = joined / [[len(train)], [len(test)]]
        gaps = np.abs(shares[0] - shares[1])
        place = int(gaps.argmax())
        p = chi2_contingency(joined, correction=False).pvalue
        difference = ColumnDifference(
            str(train.name), float(gaps.sum() / 2), names[place], *shares[:, place].tolist()
        )
        yield _Test(p, difference)
