"""Crosses: string columns whose categories are pairs of the categories of two others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components._compiled.derived import Cross
from components._compiled.steps import OTHER, list_intermediate
from components._recipe.derivations import Derivation
from components._recipe.recipe import make_unique_names

# Rarer pairs of categories count as one.
_LEAST_ROWS_OF_PAIR = 5

# Of each cross, by its name: columns, width and pairs; see ``Cross``.
Crosses = dict[str, dict[str, Any]]


def learn_crosses(
    derivations: Sequence[Derivation],
    columns: Mapping[str, np.ndarray],
    categories: Mapping[str, Sequence[str]],
) -> Crosses:
    """Return the crosses among derivations, with the pairs that enough training rows have.

    Parameters
    ----------
    derivations : sequence of list of str
        A kind and its columns, each.
    columns : mapping of str to ndarray
        Columns of the training rows, whose names no cross takes; of strings the codes of their categories.
    categories : mapping of str to sequence of str
        Categories of each string column.
    """
    crosses: Crosses = {}
    for kind, *parts in derivations:
        if kind != "cross":
            continue
        (name,) = make_unique_names([" & ".join(parts)], taken=[*columns, *crosses])
        left, right = parts
        width = len(categories[right])
        keys = Cross(width, []).join(columns[left], columns[right])
        pairs, counts = np.unique(keys, return_counts=True)
        kept = pairs[counts >= _LEAST_ROWS_OF_PAIR].tolist()
        crosses[name] = {"columns": parts, "width": width, "pairs": kept}
    return crosses


def name_pairs(cross: dict[str, Any], categories: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the categories of a cross, by the categories of its columns."""
    left, right = (categories[part] for part in cross["columns"])
    codes = (divmod(pair, cross["width"]) for pair in cross["pairs"])
    return [*(f"{left[i]} & {right[j]}" for i, j in codes), OTHER]


def add_crosses(columns: dict[str, np.ndarray], crosses: Crosses) -> dict[str, np.ndarray]:
    """Return columns and the codes of crosses."""
    return columns | {
        cross.name: cross.compute(*(columns[part] for part in cross.sources))
        for cross in list_intermediate({"crosses": crosses, "texts": {}})
    }
