"""The choice of whole groups of rows with the wanted share of each stratum."""

from collections.abc import Iterator

import numpy as np


def choose_groups(
    groups: np.ndarray, strata: np.ndarray, test_fraction: float, generator: np.random.Generator
) -> np.ndarray:
    """Return a choice of whole groups with about the wanted share of each stratum.

    The choice is greedy: in random order, a group is taken if this brings the shares of the strata nearer to
    the wanted share. Largest groups first would choose only large groups. The exact choice is a
    multidimensional subset sum problem, which is NP-hard.

    Parameters
    ----------
    groups, strata : ndarrays of int, shape (n_rows,)
        Numbers of each row's group and stratum, from 0.
    test_fraction : float
        Wanted share. If possible every stratum has rows on both sides.
    generator : Generator
        Source of the random order.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    n_strata = int(strata.max()) + 1
    # Only pairs that occur are kept, sorted by group, because most groups have few strata.
    pairs, counts = np.unique(groups * n_strata + strata, return_counts=True)
    taken = choose_counted_groups(*np.divmod(pairs, n_strata), counts, test_fraction, generator)
    return np.asarray(taken[groups])


def choose_counted_groups(
    groups: np.ndarray,
    strata: np.ndarray,
    counts: np.ndarray,
    test_fraction: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return what ``choose_groups`` chooses of rows that are only counted.

    Parameters
    ----------
    groups, strata, counts : ndarrays of int, shape (n_pairs,)
        Each pair of a group and a stratum that occurs, sorted by both, and its number of rows.
    test_fraction : float
        Wanted share of the rows.
    generator : Generator
        Source of the random order.

    Returns
    -------
    ndarray of bool, shape (n_groups,)
    """
    choice = _GroupChoice(groups, strata, counts, test_fraction)
    for group in generator.permutation(len(choice.taken)):
        if choice.compute_gain(group) > 0 and choice.leaves_rows(group):
            choice.take(group)
    # A stratum without test rows takes the group with the largest gain.
    for members in choice.iterate_neglected():
        choice.take_best(members)
    if not choice.taken.any():
        choice.take_best(np.arange(len(choice.taken)))
    return choice.taken


class _GroupChoice:
    """The groups taken so far, and the effect of another."""

    def __init__(
        self, groups: np.ndarray, strata: np.ndarray, counts: np.ndarray, test_fraction: float
    ) -> None:
        n_strata = int(strata.max()) + 1
        self._groups, self._strata, self._counts = groups, strata, counts
        self._bounds = np.searchsorted(self._groups, np.arange(int(groups.max()) + 2))
        self._n_rows = np.bincount(strata, weights=counts, minlength=n_strata).astype(np.int64)
        self._n_groups = np.bincount(self._strata, minlength=n_strata)
        self._wanted = test_fraction * self._n_rows
        self._tested = np.zeros(n_strata)
        self.taken = np.zeros(int(groups.max()) + 1, dtype=bool)

    def compute_gain(self, group: int) -> float:
        """Return by how much a group brings the shares nearer to the wanted share."""
        strata, counts = self._get_strata(group)
        distance = self._tested[strata] - self._wanted[strata]
        change = distance**2 - (distance + counts) ** 2
        return float((change / self._n_rows[strata]).sum())

    def leaves_rows(self, group: int) -> bool:
        """Whether training rows remain in each stratum that has more than one group."""
        strata, counts = self._get_strata(group)
        left = self._n_rows[strata] - self._tested[strata] - counts
        remain = self._n_rows.sum() - self._tested.sum() - counts.sum()
        return bool(remain > 0 and (left[self._n_groups[strata] > 1] > 0).all())

    def take(self, group: int) -> None:
        """Take a group."""
        strata, counts = self._get_strata(group)
        self._tested[strata] += counts
        self.taken[group] = True

    def take_best(self, candidates: np.ndarray) -> None:
        """Take the candidate with the largest gain, if any leaves training rows."""
        possible = [group for group in candidates if not self.taken[group] and self.leaves_rows(group)]
        if possible:
            self.take(max(possible, key=self.compute_gain))

    def iterate_neglected(self) -> Iterator[np.ndarray]:
        """Yield the groups of each stratum that has several groups but no test rows."""
        for stratum in np.flatnonzero(self._n_groups > 1):
            if self._tested[stratum] == 0:
                yield self._groups[self._strata == stratum]

    def _get_strata(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        pairs = slice(self._bounds[group], self._bounds[group + 1])
        return self._strata[pairs], self._counts[pairs]
