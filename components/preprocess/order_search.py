"""Exact order statistics of numbers in several parts, each of which is read twice and none of which is kept.

First each part tells some of its numbers in order, which bracket each wanted rank for certain. Then it tells
its numbers within the brackets (Munro and Paterson, Selection and sorting with limited storage, 1980).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Numbers that a part tells at first. Of 524,288 rows, two of them are 256 rows apart: a bracket then has at
# most about a thousandth of all rows.
N_POINTS = 2048


class OrderPoints(NamedTuple):
    """Some of the finite numbers of a part: how many it has, and those at ``compute_places``, in order."""

    n_known: int
    values: np.ndarray


class Bracket(NamedTuple):
    """An interval with both ends, in which numbers of certain ranks are."""

    low: float
    high: float


class Inside(NamedTuple):
    """How many numbers of a part are below a bracket; the different ones within it, and how often each is."""

    n_below: int
    values: np.ndarray
    counts: np.ndarray


def choose_points(known: np.ndarray) -> OrderPoints:
    """Return some of the finite numbers of a part, which are sorted: the ends and, evenly, others."""
    return OrderPoints(len(known), known[_compute_places(len(known))])


def find_brackets(parts: Sequence[OrderPoints], first: np.ndarray, last: np.ndarray) -> list[Bracket]:
    """Return intervals that have the numbers from a first to a last rank, among those of all parts.

    Between two points of a part, the number of smaller ones is known as far as the places of the points tell.

    Parameters
    ----------
    parts : sequence of OrderPoints
        The parts, at least one of them with a number.
    first, last : ndarray of int, shape (n_brackets,)
        Ranks, from 0.
    """
    values = np.concatenate([part.values for part in parts])
    places = [_compute_places(part.n_known) for part in parts]
    # Above a point, at most all numbers up to the part's next one are smaller.
    most = np.concatenate([np.diff(at, append=part.n_known) for at, part in zip(places, parts, strict=True)])
    # Up to a point, at least all numbers before it are not larger.
    least = np.concatenate([np.diff(at, prepend=-1) for at in places])
    order = np.argsort(values)
    values = values[order]
    n_smaller = np.cumsum(most[order]) - most[order]
    n_up_to = np.cumsum(least[order])
    lows = values[np.searchsorted(n_smaller, first, side="right") - 1]
    highs = values[np.searchsorted(n_up_to, last + 1)]
    return list(map(Bracket, lows.tolist(), highs.tolist()))


def collect_inside(known: np.ndarray, bracket: Bracket) -> Inside:
    """Return the numbers of a part, which are sorted, within a bracket."""
    start = int(np.searchsorted(known, bracket.low))
    stop = int(np.searchsorted(known, bracket.high, side="right"))
    return Inside(start, *np.unique(known[start:stop], return_counts=True))


def find_ranks(parts: Sequence[Inside], ranks: np.ndarray) -> np.ndarray:
    """Return the numbers of some ranks, all within a bracket, among those of all parts."""
    values = np.concatenate([part.values for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    order = np.argsort(values)
    ends = sum(part.n_below for part in parts) + np.cumsum(counts[order])
    return np.asarray(values[order][np.searchsorted(ends, ranks, side="right")])


def _compute_places(n_known: int) -> np.ndarray:
    """Return the places of points among so many numbers in order; none of no numbers."""
    return np.linspace(0, n_known - 1, min(n_known, N_POINTS)).astype(np.int64)
