"""Parameters of a trial at an end of the range that was searched."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from components._estimators.family import Facts, Family, Parameters

# Within this share of the range, on the scale that it is searched on, a value is at the end.
_NEAR = 0.02
# A share ends at 0 and 1, and a count at 1: nothing is beyond.
_NATURAL_ENDS = (0, 1)


class SearchEdge(NamedTuple):
    """A parameter at an end of its range.

    Attributes
    ----------
    name : str
        The parameter.
    value : float
        Its value, which may lie beyond the end if the sweep did not draw it.
    low, high : float
        The range.
    is_upper : bool
        Whether it is at the upper end.
    """

    name: str
    value: float
    low: float
    high: float
    is_upper: bool


def find_search_edges(family: Family, parameters: Parameters, facts: Facts) -> list[SearchEdge]:
    """Return the numbers among a trial's parameters that are at an end of their range.

    Parameters
    ----------
    family : Family
        The trial's family, with the search space.
    parameters : dict
        The trial's parameters.
    facts : Facts
        What the search space depends on.
    """
    trial = _EdgeFinder(parameters)
    family.suggest(trial, facts)
    return trial.edges


class _EdgeFinder:
    """A trial that repeats known parameters, and keeps those at an end of their range."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.edges: list[SearchEdge] = []

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> Any:
        return self._repeat(name, low, high, is_log=log)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> Any:
        return self._repeat(name, low, high, is_log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self._parameters.get(name, choices[0])

    def _repeat(self, name: str, low: float, high: float, *, is_log: bool) -> Any:
        value = self._parameters.get(name, low)
        if name in self._parameters:
            bottom, place, top = (math.log(x) if is_log else x for x in (low, value, high))
            reach = _NEAR * (top - bottom)
            if place >= top - reach and high not in _NATURAL_ENDS:
                self.edges.append(SearchEdge(name, value, low, high, is_upper=True))
            elif place <= bottom + reach and low not in _NATURAL_ENDS:
                self.edges.append(SearchEdge(name, value, low, high, is_upper=False))
        return value
