"""Columns that others tell: one of two that are correlated, and sums of other columns."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import qr

from components.eda.associations import AssociationInfo
from components.eda.values import LARGEST

# Two columns of numbers of which one tells the other nearly.
CORRELATED = 0.9
MOST_TERMS = 6
_MOST_ROWS = 5_000
_LEAST_ROWS = 50
# Of a table in which hardly a row is complete, the columns with most nulls are left out.
_LEAST_COMPLETE = 0.5
# A sum may be rounded: its error, as a share of its standard deviation.
_TOLERANCE = 5e-3
# A smaller coefficient, of standardised columns, is rounding.
_LEAST_COEFFICIENT = 1e-2
# Written without decimals if it is so close to a whole number.
_WHOLE = 1e-3


class CorrelatedPair(NamedTuple):
    """A column, and a more predictive one that it is correlated with."""

    column: str
    other: str
    measure: str
    strength: float


class Sum(NamedTuple):
    """A column that is a sum of multiples of others, and a constant.

    ``terms`` are the other columns with their factors.
    """

    column: str
    terms: tuple[tuple[str, float], ...]
    constant: float


def find_correlated_pairs(
    associations: AssociationInfo | None, columns: Sequence[str]
) -> list[CorrelatedPair]:
    """Return each column that is correlated above 0.9 with a more predictive one.

    Parameters
    ----------
    associations : AssociationInfo or None
        How far columns depend on each other; None for fewer than two.
    columns : sequence of str
        Columns, the most predictive first; of others, nothing is said.
    """
    if associations is None:
        return []
    places = {name: place for place, name in enumerate(associations.columns)}
    kept: list[str] = []
    found = []
    for name in (name for name in columns if name in places):
        strengths = associations.strengths[places[name], [places[other] for other in kept]]
        best = int(np.nanargmax(strengths)) if np.isfinite(strengths).any() else -1
        if best >= 0 and strengths[best] > CORRELATED:
            measure = associations.measures[places[name]][places[kept[best]]]
            found.append(CorrelatedPair(name, kept[best], measure, float(strengths[best])))
        else:
            kept.append(name)
    return found


def find_sums(numbers: pd.DataFrame) -> list[Sum]:
    """Return the columns of numbers that are sums of multiples of two to six others, up to rounding.

    A pivoted QR decomposition of the standardised columns finds those that the others determine (Golub and
    Van Loan, Matrix Computations, 5.4).

    Parameters
    ----------
    numbers : DataFrame of float64, shape (n_rows, n_columns)
        Columns in rows chosen at random; NaN for null.
    """
    complete = _select_complete(numbers[:_MOST_ROWS])
    values = np.clip(complete.to_numpy(), -LARGEST, LARGEST)
    spreads = values.std(axis=0) if len(values) >= _LEAST_ROWS else np.zeros(values.shape[1])
    varied = np.flatnonzero(np.isfinite(spreads) & (spreads > 0)).tolist()
    if len(varied) <= 2:
        return []
    names = [str(complete.columns[i]) for i in varied]
    values = values[:, varied]
    standard = (values - values.mean(axis=0)) / spreads[varied]
    triangle, order = qr(standard, mode="r", pivoting=True)[-2:]
    rank = int((np.abs(np.diag(triangle)) > _TOLERANCE * np.sqrt(len(values))).sum())
    basis = np.linalg.solve(triangle[:rank, :rank], triangle[:rank, rank:])
    found = []
    for place, factors in zip(order[rank:], basis.T, strict=True):
        chosen = order[:rank][np.abs(factors) > _LEAST_COEFFICIENT]
        if 2 <= len(chosen) <= MOST_TERMS:
            found += _fit_sum(values, names, int(place), chosen.tolist())
    return found


def describe_sum(found: Sum) -> str:
    """Return a sum as a formula: ``total = fare + 2 × tips − 1``."""
    terms = [(factor, name) for name, factor in found.terms]
    if found.constant:
        terms.append((found.constant, ""))
    text = ""
    for factor, name in terms:
        sign = ("− " if factor < 0 else "+ ") if text else ("−" if factor < 0 else "")
        size = f"{abs(factor):.4g}"
        shown = size if not name else name if size == "1" else f"{size} × {name}"
        text += f"{' ' if text else ''}{sign}{shown}"
    return f"{found.column} = {text}"


def _select_complete(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without a null in the columns that have few of them."""
    nulls = numbers.isna()
    for name in nulls.mean().sort_values(ascending=False).index:
        if (~nulls.any(axis=1)).mean() >= _LEAST_COMPLETE:
            break
        nulls = nulls.drop(columns=name)
    return numbers[nulls.columns][~nulls.any(axis=1)]


def _fit_sum(values: np.ndarray, names: list[str], place: int, others: list[int]) -> list[Sum]:
    """Return the relation of some columns, solved for the one of which the others are positive parts."""
    places = [place, *others]
    factors = _fit(values, place, others)
    if factors is None:
        return []
    # Solved for the column of which most others are parts with a positive factor.
    relation = np.array([-1.0, *factors[:-1]])
    n_positive = [int((-relation / relation[i] > 0).sum()) for i in range(len(places))]
    best = max(range(len(places)), key=lambda i: (n_positive[i], -i))
    rest = sorted(other for i, other in enumerate(places) if i != best)
    factors = _fit(values, places[best], rest)
    if factors is None:
        return []
    *rounded, constant = (_round(factor) for factor in factors)
    terms = tuple((names[other], factor) for other, factor in zip(rest, rounded, strict=True))
    return [Sum(names[places[best]], terms, constant)]


def _fit(values: np.ndarray, place: int, others: list[int]) -> list[float] | None:
    """Return the factors of other columns and a constant; None if they do not give the column."""
    means = values.mean(axis=0)
    centred = values - means
    factors = np.linalg.lstsq(centred[:, others], centred[:, place], rcond=None)[0]
    error = centred[:, place] - centred[:, others] @ factors
    if error.std() > _TOLERANCE * centred[:, place].std():
        return None
    constant = means[place] - means[others] @ factors
    negligible = abs(constant) <= _TOLERANCE * centred[:, place].std()
    return [*factors.tolist(), 0.0 if negligible else float(constant)]


def _round(factor: float) -> float:
    return float(round(factor)) if round(factor) and abs(factor - round(factor)) < _WHOLE else factor
