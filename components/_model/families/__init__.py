"""The families of estimators that a sweep searches.

They differ in kind, because an ensemble gains from members that err on different rows: trees, lines,
neighbours, kernels, a neural network.
"""

from components._model.families import boosting, forest, kernel, linear, neighbours, network
from components._model.families.family import (
    Facts,
    Family,
    Fitted,
    Fitting,
    OutOfTime,
    Parameters,
    Trial,
    Watched,
)
from components._model.families.predicting import predictions

__all__ = [
    "FAMILIES",
    "Facts",
    "Family",
    "Fitted",
    "Fitting",
    "OutOfTime",
    "Parameters",
    "Trial",
    "Watched",
    "offered",
    "predictions",
]

FAMILIES: dict[str, Family] = {
    "lightgbm": boosting.FAMILY,
    "linear": linear.FAMILY,
    "extra_trees": forest.FAMILY,
    "network": network.FAMILY,
    "kernel": kernel.FAMILY,
    "neighbours": neighbours.FAMILY,
}


def offered(facts: Facts) -> list[str]:
    """Return the families to search on such rows, in the order in which they are tried first."""
    return [name for name, family in FAMILIES.items() if family.is_offered(facts)]
