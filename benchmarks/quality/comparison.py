"""Systems at one budget: their scores on tables, and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.quality.ranking import Interval, compute_mean_ranks, compute_relative_errors
from benchmarks.quality.results import Key, Result, Results
from benchmarks.quality.splits import compute_error
from benchmarks.quality.systems import BASELINE
from benchmarks.quality.tables import METRICS

# How many standard errors of a difference are noise.
NOISE = 2.0


class Difference(NamedTuple):
    """A mean of paired differences of errors; above zero where a system is worse than the baseline.

    Attributes
    ----------
    mean : float
        In the unit of the error; infinite where the system has failed.
    standard_error : float
        In the unit of the error; NaN of a single pair.
    """

    mean: float
    standard_error: float

    @property
    def is_behind(self) -> bool:
        """Whether the system is worse by more than noise; not known, and so False, from a single pair."""
        return self.mean == np.inf or self.mean > NOISE * self.standard_error


class Standing(NamedTuple):
    """One system among others on the same tables.

    Attributes
    ----------
    rank : Interval
        Mean rank.
    relative_error : float
        Geometric mean of its error divided by the baseline's; NaN without the baseline.
    n_behind : int
        Tables on which it is behind the baseline by more than noise.
    n_without_result : int
        Splits on which it failed.
    """

    system: str
    rank: Interval
    relative_error: float
    n_behind: int
    n_without_result: int


@dataclass(frozen=True)
class Comparison:
    """The results of systems on all splits of tables, at one budget.

    Attributes
    ----------
    systems, tables : tuple of str
        Names; each has a result at least.
    n_splits : int
        Splits of each table.
    results : dict
        By system, table and split; None where there is none.
    """

    systems: tuple[str, ...]
    tables: tuple[str, ...]
    n_splits: int
    results: dict[tuple[str, str, int], Result | None]

    @classmethod
    def collect(
        cls,
        results: Results,
        systems: Sequence[str],
        tables: Sequence[str],
        n_splits: int,
        seconds: float,
    ) -> "Comparison":
        """Return what is known of systems and tables; those without any result are left out."""
        known = {
            (system, table, seed): results.get(Key(system, table, seed, seconds))
            for system in systems
            for table in tables
            for seed in range(n_splits)
        }
        found = {key for key, result in known.items() if result is not None}
        return cls(
            tuple(name for name in systems if any(name == system for system, _, _ in found)),
            tuple(name for name in tables if any(name == table for _, table, _ in found)),
            n_splits,
            known,
        )

    def select(self, tables: Sequence[str]) -> "Comparison":
        """Return the same of some of the tables."""
        kept = tuple(name for name in self.tables if name in tables)
        return Comparison(self.systems, kept, self.n_splits, self.results)

    def get_fitted(self, system: str) -> dict[tuple[str, int], Result]:
        """Return a system's results that have a score, by table and split."""
        named = {
            (table, seed): self.results[system, table, seed]
            for table in self.tables
            for seed in range(self.n_splits)
        }
        return {key: one for key, one in named.items() if one is not None and one.score is not None}

    @property
    def scores(self) -> np.ndarray:
        """Scores of shape (n_tables, n_splits, n_systems), larger is better; NaN where there is none."""
        scores = np.full((len(self.tables), self.n_splits, len(self.systems)), np.nan)
        for k, system in enumerate(self.systems):
            for (table, seed), result in self.get_fitted(system).items():
                scores[self.tables.index(table), seed, k] = result.score
        return scores

    @property
    def errors(self) -> np.ndarray:
        """Errors of shape (n_tables, n_splits, n_systems), smaller is better; NaN where there is none."""
        metrics = [METRICS[table] for table in self.tables]
        return np.array([compute_error(metric, of) for metric, of in zip(metrics, self.scores, strict=True)])


def compute_standings(comparison: Comparison) -> list[Standing]:
    """Return how each system stands, in the comparison's order."""
    scores, errors = comparison.scores, comparison.errors
    ranks = compute_mean_ranks(scores)
    pairs = errors.reshape(-1, len(comparison.systems))
    relative = np.full(len(comparison.systems), np.nan)
    if BASELINE in comparison.systems:
        relative = compute_relative_errors(pairs, pairs[:, comparison.systems.index(BASELINE)])
    return [
        Standing(
            system,
            ranks[k],
            float(relative[k]),
            sum(one.is_behind for one in compare_with_baseline(comparison, system).values()),
            int(np.isnan(pairs[:, k]).sum()),
        )
        for k, system in enumerate(comparison.systems)
    ]


def compare_with_baseline(comparison: Comparison, system: str) -> dict[str, Difference]:
    """Return by table how much larger a system's error is than the baseline's on the same splits.

    On a split on which it failed its error is infinite. A table without the baseline's result is left out.
    """
    if not {system, BASELINE} <= set(comparison.systems):
        return {}
    errors = comparison.errors
    own, baseline = (errors[:, :, comparison.systems.index(name)] for name in (system, BASELINE))
    pairs = np.where(np.isnan(own), np.inf, own) - baseline
    known = [of_table[~np.isnan(of_table)] for of_table in pairs]
    return {
        table: compute_difference(differences)
        for table, differences in zip(comparison.tables, known, strict=True)
        if len(differences)
    }


def compute_difference(differences: np.ndarray) -> Difference:
    """Return the mean of paired differences with its standard error.

    Parameters
    ----------
    differences : ndarray of shape (n_pairs,)
        At least one.
    """
    n = len(differences)
    if n == 1 or np.isinf(differences).any():
        return Difference(float(differences.mean()), float("nan"))
    return Difference(float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(n)))
