"""Derivations: features that are asked for by a kind and its columns, and what they learn from rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components._compiled.derived import drop_extremes
from components._compiled.steps import list_derived

# A kind, and its columns.
Derivation = list[str]

# Kinds that need a value for each category.
_BY_CATEGORY = ("frequency", "group_mean", "group_deviation", "difference_to_group", "ratio_to_group")


def learn_derived(
    derivations: Sequence[Derivation],
    columns: Mapping[str, np.ndarray],
    categories: Mapping[str, Sequence[str]],
    units: Mapping[str, Sequence[float]],
) -> list[dict[str, Any]]:
    """Return the kind and columns of each derivation, and a value for each category if it needs them.

    Parameters
    ----------
    derivations : sequence of list of str
        A kind and its columns, each; crosses are left out, see ``learn_crosses``.
    columns : mapping of str to ndarray of shape (n_rows,)
        Standardised numbers and codes of categories of the training rows.
    categories : mapping of str to sequence of str
        Categories of each string column.
    units : mapping of str to [float, float]
        Mean and scale of the numbers.
    """
    learned = []
    for kind, *names in derivations:
        if kind != "cross":
            of: dict[str, Any] = {"kind": kind, "columns": names}
            if kind in _BY_CATEGORY:
                of["values"] = _compute_by_category(kind, names, columns, categories, units).tolist()
            learned.append(of)
    return learned


def compute_derived(step: dict[str, Any], columns: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return the derived features before they are standardised, each of shape (n_rows,).

    Parameters
    ----------
    step : dict of str to dict or list
        What ``list_derived`` reads of an exported engineer: ``derived``, ``units`` and ``texts``.
    columns : mapping of str to ndarray
        Standardised numbers, codes of categories, dates and numbers of texts.
    """
    return [
        drop_extremes(column.compute(*(columns[source] for source in column.sources)))
        for column in list_derived(step)
    ]


def _compute_by_category(
    kind: str,
    names: list[str],
    columns: Mapping[str, np.ndarray],
    categories: Mapping[str, Sequence[str]],
    units: Mapping[str, Sequence[float]],
) -> np.ndarray:
    """Return a statistic of the training rows of each category, shape (n_categories,).

    A category without rows has the statistic of all rows; NaN if there are no rows at all.
    """
    *numbers, string = names
    codes, n_categories = columns[string], len(categories[string])
    if not len(codes):
        return np.full(n_categories, np.nan)
    counts = np.bincount(codes, minlength=n_categories)
    if not numbers:
        return counts / len(codes)
    mean, scale = units[numbers[0]]
    values = columns[numbers[0]]
    whole = np.array([values.mean(), values.std()])
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.bincount(codes, values, n_categories) / counts
        deviations = np.sqrt(np.bincount(codes, (values - means[codes]) ** 2, n_categories) / counts)
    if kind == "group_deviation":
        return np.where(counts, deviations, whole[1]) * scale
    return np.where(counts, means, whole[0]) * scale + mean
