"""The smallest change of what an outcome is worth that would make the model's decisions pointless."""

from collections.abc import Iterator

import numpy as np

from components._metrics.scores import resolve_scorer
from components._problem.metrics import VALUE
from components._problem.spec import OutcomeValue, Problem
from components.evaluate.evaluation import CostChange
from components.evaluate.number_format import format_alike

_NAMES = (("true negative", "false positive"), ("false negative", "true positive"))


def find_cost_change(counts: np.ndarray, problem: Problem) -> CostChange | None:
    """Return the relatively smallest change of one outcome's worth that flips the decision for the model.

    The decisions stay as they are. They lose their point where predicting every row positive or none is worth
    as much, or where a gate on the value fails. An outcome keeps its sign, and one that is worth nothing
    stays so.

    Parameters
    ----------
    counts : ndarray of shape (2, 2)
        Weights of the test rows by actual class (first index) and predicted class (second).
    problem : Problem
        The resolved problem, which says what outcomes are worth.

    Returns
    -------
    CostChange or None
        None if no such change flips the decision, or it is against the model already.
    """
    assert problem.value is not None  # asked only of problems that state it
    worth = _list_worths(problem.value)
    changes = []
    for consequence, rival, constant in _iterate_rivals(counts, problem):
        slopes = counts - rival
        margin = float((slopes * worth).sum() - constant)
        if margin <= 0:
            return None
        for place in np.ndindex(2, 2):
            if slopes[place] == 0 or worth[place] == 0:
                continue
            limit = float(worth[place] - margin / slopes[place])
            if limit * worth[place] >= 0:
                outcome = _NAMES[place[0]][place[1]]
                changes.append(CostChange(outcome, float(worth[place]), limit, consequence))
    return min(changes, key=lambda change: abs(change.limit / change.worth - 1), default=None)


def count_outcomes(decisions: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the weights of rows by actual class (first index) and predicted class (second), shape (2, 2).

    Parameters
    ----------
    decisions, y : ndarray of shape (n_rows,)
        Predicted and actual codes 0 and 1.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    return np.asarray(np.bincount(2 * y + decisions, weights, minlength=4).reshape(2, 2))


def describe_cost_change(change: CostChange | None) -> list[str]:
    """Return the change as a sentence; none if there is none."""
    if change is None:
        return []
    worth, limit = format_alike([change.worth, change.limit])
    ratio = abs(change.limit / change.worth) - 1
    return [
        f"If a {change.outcome} were worth {limit} instead of {worth} ({abs(ratio):.0%} "
        f"{'more' if ratio > 0 else 'less'}), {change.consequence}. No smaller change of one outcome's worth "
        "does that, if the decisions stay as they are."
    ]


def _list_worths(value: OutcomeValue) -> np.ndarray:
    return np.array([[value.tn, value.fp], [value.fn, value.tp]], dtype=np.float64)


def _iterate_rivals(counts: np.ndarray, problem: Problem) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield each rival: what holds if it wins, its rows by outcome, and what it is worth besides."""
    actual = counts.sum(axis=1, keepdims=True)
    label = repr(str(problem.positive_label))
    yield f"predicting {label} for every row is worth as much", actual * [[0, 1]], 0.0
    yield f"predicting {label} for no row is worth as much", actual * [[1, 0]], 0.0
    for gate in problem.gates:
        if resolve_scorer(gate.metric, problem) == VALUE and gate.min is not None:
            yield f"the gate {gate} fails", np.zeros((2, 2)), gate.min * float(counts.sum())
