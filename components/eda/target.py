"""The target: values or class codes, with their labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.target import encode_target, order_classes

# More classes than this cannot be distinguished by colour in one figure.
MOST_COLOURED = 5


@dataclass(frozen=True)
class EncodedTarget:
    """The target's values.

    Attributes
    ----------
    name : str
        The column.
    values : ndarray of shape (n_rows,)
        Class codes (int64), or the values (float64) of a regression.
    labels : tuple of str
        The classes in the order of their codes, the positive one of two last; empty for a regression.
    """

    name: str
    values: np.ndarray
    labels: tuple[str, ...]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, problem: Problem) -> "EncodedTarget":
        """Return the target of a table; the target must not have nulls."""
        labels = () if problem.kind == "regression" else order_classes(problem)
        return cls(problem.target, encode_target(frame[problem.target], problem), tuple(map(str, labels)))

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.labels) == 2

    @property
    def has_coloured_classes(self) -> bool:
        """Whether there are classes, and few enough to give each a colour."""
        return 0 < len(self.labels) <= MOST_COLOURED

    @property
    def measure(self) -> str:
        """Name of the measure in ``relations`` for this target."""
        return "ROC AUC" if self.labels else "R² of ranks"

    @property
    def chance(self) -> float:
        """The measure of a column unrelated to the target."""
        return 0.5 if self.labels else 0.0
