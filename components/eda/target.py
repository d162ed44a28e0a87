"""The target: its classes or its distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from components._problem.spec import Problem
from components._report.colours import GREY, PALETTE
from components._table.target import encode_target, order_classes
from components.eda.distributions import Distribution
from components.eda.explored_rows import ExploredRows
from components.eda.summaries import read_distribution

OTHER_CLASSES = "(other classes)"
# More classes than this cannot be distinguished by colour in one figure.
MOST_DRAWN = 5
_SHARES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


@dataclass(frozen=True)
class Target:
    """What is known of the target's values.

    Attributes
    ----------
    name : str
        The column.
    n_rows : int
        Rows with a value.
    labels : tuple of str
        The classes in the order of their codes, the positive one of two last; empty for a regression.
    counts : tuple of int
        The rows of each class; empty for a regression.
    distribution : Distribution or None
        The values of a regression, with the quantiles of 5, 25, 50, 75 and 95 %; None for classes.
    """

    name: str
    n_rows: int
    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    distribution: Distribution | None = None

    @classmethod
    def from_rows(cls, rows: ExploredRows, problem: Problem) -> "Target":
        """Return the target of a table."""
        if problem.kind == "regression":
            (found,) = [
                read_distribution(numbers, lambda _: _SHARES)
                for _, numbers in rows.iterate_numbers([problem.target])
            ]
            return cls(problem.target, rows.n_rows, distribution=found)
        labels = order_classes(problem)
        counts = np.zeros(len(labels), dtype=np.int64)
        with rows.group_values(problem.target) as values:
            for batch in values.iterate():
                counts[encode_target(batch.column(0).to_pandas(), problem)] += batch.column(1).to_numpy()
        return cls(problem.target, rows.n_rows, tuple(map(str, labels)), tuple(counts.tolist()))

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.labels) == 2

    @property
    def is_multiclass(self) -> bool:
        """Whether there are more than two classes."""
        return len(self.labels) > 2

    @cached_property
    def drawn_classes(self) -> tuple[str, ...]:
        """The classes of figures, at most five: the most frequent, and the others together at the end."""
        if len(self.labels) <= MOST_DRAWN:
            return self.labels
        return (*(self.labels[code] for code in self._frequent), OTHER_CLASSES)

    @cached_property
    def _frequent(self) -> list[int]:
        """The codes of the most frequent of many classes, ascending."""
        return sorted(np.argsort(-np.array(self.counts), kind="stable")[: MOST_DRAWN - 1].tolist())

    def group_classes(self, codes: np.ndarray) -> np.ndarray:
        """Return the places of classes in ``drawn_classes``, by their codes, both of shape (n_rows,)."""
        if len(self.labels) <= MOST_DRAWN:
            return codes
        places = np.full(len(self.labels), MOST_DRAWN - 1)
        places[self._frequent] = np.arange(MOST_DRAWN - 1)
        return np.asarray(places[codes])

    @property
    def measure(self) -> str:
        """Name of the measure in ``relations`` for this target."""
        return "ROC AUC" if self.labels else "R² of ranks"

    @property
    def centre(self) -> float:
        """Mean of a regression's target."""
        return self.distribution.mean if self.distribution else 0.0

    @property
    def spread(self) -> float:
        """Standard deviation of a regression's target; 1 for a constant."""
        return (self.distribution.sd if self.distribution else 0.0) or 1.0

    @property
    def chance(self) -> float:
        """The measure of a column unrelated to the target."""
        return 0.5 if self.labels else 0.0


def choose_colours(names: Sequence[str]) -> list[str]:
    """Return the colours of ``drawn_classes``: grey is that of the others."""
    return [GREY if name == OTHER_CLASSES else PALETTE[place] for place, name in enumerate(names)]
