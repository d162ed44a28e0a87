"""Statistics of categories: a training row gets cross-fitted ones, or those of the rows before it."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from components._problem.task import TaskKind
from components._recipe.crosses import add_crosses, learn_crosses, name_pairs
from components._recipe.derivations import Derivation, compute_derived, learn_derived
from components._recipe.target_means import (
    compute_shrunken_means,
    cross_fit_means,
    list_outputs,
    remove_levels,
)
from components._table.time_blocks import TimeBlocks


class CategoryStatistics:
    """Mean targets of categories, and the statistics that derived features need.

    Columns are mappings by name: standardised numbers, codes of categories, dates, and numbers of texts. What
    a training row gets is of shape (n_rows, n_statistics): mean targets, then derived features.

    Parameters
    ----------
    derivations : sequence of list of str
        A kind and its columns, each.
    categories : dict of str to list of str
        Categories of each string column; fitting adds those of the crosses.
    target : list of str
        String columns with mean targets; fitting adds the crosses.
    units : dict of str to [float, float]
        Mean and scale of the numbers.
    texts : dict of str to dict
        What was learned from texts, see ``Engineer``.

    Attributes
    ----------
    crosses : dict of str to dict
        Columns, width and pairs of each cross.
    derived : list of dict
        Kind and columns of each derivation, and a value for each category if it needs them.
    encodings : dict of str to ndarray of shape (n_categories, n_outputs)
        Shrunken mean target of each category; fitted by time, of its deviation.
    """

    def __init__(
        self,
        derivations: Sequence[Derivation],
        categories: dict[str, list[str]],
        target: list[str],
        units: dict[str, list[float]],
        texts: dict[str, dict[str, Any]],
    ) -> None:
        self.categories, self.target = categories, target
        self._derivations, self._units, self._texts = derivations, units, texts

    def cross_fit(
        self, columns: dict[str, np.ndarray], y: np.ndarray, kind: TaskKind, seed: int
    ) -> np.ndarray:
        """Learn from all rows; return what each gets, with cross-fitted mean targets."""
        self._learn_derivations(columns)
        columns = add_crosses(columns, self.crosses)
        self.encodings, targets = {}, []
        for name in self.target:
            fitted = cross_fit_means(columns[name], y, len(self.categories[name]), kind, seed)
            self.encodings[name] = fitted.means
            targets.append(fitted.of_rows)
        return self._join(targets, columns, len(y))

    def fit_by_time(
        self, columns: dict[str, np.ndarray], y: np.ndarray, kind: TaskKind, blocks: TimeBlocks
    ) -> np.ndarray:
        """Learn from all rows; return for each what is learned from the earlier rows."""
        outputs = list_outputs(y, kind)
        unfitted = copy(self)
        self._learn(columns, outputs, blocks.numbers)
        statistics = np.empty_like(self._compute(columns, len(y)))
        for number, earlier in enumerate(blocks.earlier):
            rows, other = np.flatnonzero(blocks.numbers == number), copy(unfitted)
            other._learn(_take(columns, earlier), outputs[earlier], blocks.numbers[earlier])
            statistics[rows] = other._compute(_take(columns, rows), len(rows))
        return statistics

    def _learn(self, columns: dict[str, np.ndarray], outputs: np.ndarray, block_numbers: np.ndarray) -> None:
        """Learn from rows; mean targets are deviations from the mean of their block of time."""
        self._learn_derivations(columns)
        deviations = remove_levels(outputs, block_numbers)
        columns = add_crosses(columns, self.crosses)
        self.encodings = {
            name: compute_shrunken_means(columns[name], deviations, len(self.categories[name]))
            for name in self.target
        }

    def _learn_derivations(self, columns: dict[str, np.ndarray]) -> None:
        self.crosses = learn_crosses(self._derivations, columns, self.categories)
        self.derived = learn_derived(self._derivations, columns, self.categories, self._units)
        pairs = {name: name_pairs(cross, self.categories) for name, cross in self.crosses.items()}
        self.categories = {**self.categories, **pairs}
        self.target = [*self.target, *self.crosses]

    def _compute(self, columns: dict[str, np.ndarray], n_rows: int) -> np.ndarray:
        """Return what rows get."""
        columns = add_crosses(columns, self.crosses)
        return self._join([self.encodings[name][columns[name]] for name in self.target], columns, n_rows)

    def _join(self, targets: list[np.ndarray], columns: dict[str, np.ndarray], n_rows: int) -> np.ndarray:
        step = {"derived": self.derived, "units": self._units, "texts": self._texts}
        return np.column_stack([np.empty((n_rows, 0)), *targets, *compute_derived(step, columns)])


def _take(columns: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: column[rows] for name, column in columns.items()}
