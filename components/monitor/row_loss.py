"""What each prediction costs, in the unit of the model's owner."""

from dataclasses import dataclass

import numpy as np

from components._compiled.predictions import to_probabilities
from components._metrics.scores import decide
from components._problem.monitoring import Monitoring
from components._problem.spec import OutcomeValue, Problem


@dataclass(frozen=True)
class RowLoss:
    """The loss of a row, given the model's outputs and the truth.

    Attributes
    ----------
    unit : str
        What is counted, in words.
    table : ndarray of shape (n_classes, n_classes), or None
        Loss of each decision (column) for each true class (row); None for a regression.
    cost : float
        Loss of one unit of absolute error of a regression.
    threshold : float or None
        Least probability of the second of two classes at which it is decided; None for the likeliest class.
    """

    unit: str
    table: np.ndarray | None
    cost: float
    threshold: float | None

    def compute(self, outputs: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Return the loss of each row.

        Parameters
        ----------
        outputs : ndarray of shape (n_rows, n_outputs)
            What the compiled model returns.
        truth : ndarray of shape (n_rows,)
            The encoded target, known in each row.
        """
        if self.table is None:
            return np.asarray(self.cost * np.abs(outputs[:, 0] - truth))
        return np.asarray(self.table[truth.astype(np.int64), self.decide(outputs)])

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Return the number of the class that is decided, from a classifier's outputs."""
        return decide(to_probabilities(outputs), self.threshold)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most that a decision can cost."""
        assert self.table is not None  # an error of a regression has no bound
        return float(self.table.min()), float(self.table.max())


def build_row_loss(problem: Problem, monitoring: Monitoring, threshold: float | None) -> RowLoss:
    """Return the loss that the problem's owner states.

    It is minus the worth of the outcome if the problem has ``value``, else ``cost_per_error`` for each wrong
    decision or each unit of absolute error. Without both, wrong decisions or absolute errors are counted.

    Parameters
    ----------
    problem : Problem
        The resolved problem.
    monitoring : Monitoring
        Its section about monitoring.
    threshold : float or None
        The model's decision threshold, see ``RowLoss``.
    """
    has_cost = monitoring.cost_per_error is not None
    cost = monitoring.cost_per_error or 1.0
    counted = "units of cost" if has_cost else ""
    if problem.kind == "regression":
        return RowLoss(monitoring.unit or counted or "units of absolute error", None, cost, None)
    if problem.value is not None:
        return RowLoss(monitoring.unit or "units of value", _build_table(problem.value), cost, threshold)
    wrong = 1 - np.eye(len(problem.classes))
    return RowLoss(monitoring.unit or counted or "wrong decisions", cost * wrong, cost, threshold)


def _build_table(value: OutcomeValue) -> np.ndarray:
    # 0.0 - x keeps an outcome that is worth nothing from being -0.0.
    return 0.0 - np.array([[value.tn, value.fp], [value.fn, value.tp]])
