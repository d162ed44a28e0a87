"""A family of estimators, and the facts and options that it gets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from components._metrics.scores import judges_decisions
from components._problem.task import TASKS, TaskKind

Parameters = dict[str, Any]

# Most predictions of rows for early stopping, over all steps, that are kept. More rows would say little more.
MOST_RECORDED = 16_000_000
# On seven tables the out-of-fold error is the same with twice as much, and with half of it 0.6 % larger.
_MOST_ROW_MS = 0.1


class Trial(Protocol):
    """The methods of Optuna's trial that a search space calls; fitting needs no Optuna."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Suggest a number."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Suggest a whole number."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest one of several values."""


@dataclass(frozen=True)
class Facts:
    """The facts that decide whether and where a family is searched.

    Attributes
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    metric : str
        Scorer that the sweep maximises.
    n_rows, n_features : int
        Shape of the matrix to fit on.
    n_outputs : int
        Number of classes of a multiclass problem, else 1.
    is_monotonic : bool
        Whether predictions must rise or fall with some features.
    has_alternatives : bool
        Whether some columns have two encodings, so that an estimator may use one of them.
    is_weighted : bool
        Whether some rows count more than others.
    """

    kind: TaskKind
    metric: str
    n_rows: int
    n_features: int
    n_outputs: int = 1
    is_monotonic: bool = False
    has_alternatives: bool = False
    is_weighted: bool = False

    @cached_property
    def weighs_classes(self) -> bool:
        """Whether class weights may help: if decisions are judged; they distort probabilities."""
        return self.kind != "regression" and judges_decisions(self.metric)


@dataclass(frozen=True)
class FitOptions:
    """Options of a fit for any family.

    Attributes
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    metric : str
        Scorer that the sweep maximises; a family with several losses for regression chooses by it.
    seed : int
        Seed of the estimator.
    threads : int
        Most threads, at least 1; they do not change the result.
    monotonic : tuple of int
        For each feature 1, -1 or 0: predictions rise with it, fall, or either. Empty: all 0.
    alternatives : tuple of str
        For each feature "one-hot", "target" or "", see ``components._sweep.folds.Fold``. Empty: all "".
    is_over : callable
    weights : ndarray of shape (n_rows,), or None
        How much each row counts, of mean 1; None if all count alike.
    """

    kind: TaskKind
    metric: str
    seed: int
    threads: int = 1
    monotonic: tuple[int, ...] = ()
    alternatives: tuple[str, ...] = ()
    is_over: Callable[[], bool] = lambda: False
    weights: np.ndarray | None = None


class StoppingRows(NamedTuple):
    """Rows for early stopping: an iterative fit keeps the step with the least loss on them.

    Attributes
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Encoded target.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None


class FittedEstimator(NamedTuple):
    """A fitted estimator.

    Attributes
    ----------
    estimator : estimator
        As it was after the step with the least loss of the rows for early stopping.
    steps : int
        The number of that step; 0 if the fit is not iterative.
    predict_after : callable or None
        From a number of steps to the predictions of the rows for early stopping after so many steps, or the
        last; None if they are not known.
    """

    estimator: Any
    steps: int = 0
    predict_after: Callable[[int], np.ndarray] | None = None


def keep_parameters(parameters: Parameters, facts: Facts, seconds: float) -> Parameters:
    """Return the parameters as they are: the fit cannot be made shorter."""
    return parameters


def compute_most_row_ms(facts: Facts) -> float:
    """Return the milliseconds in which a compiled model should predict a row.

    More trees gain little, and make all that predicts slow. With more classes a model needs more of them.
    """
    return float(_MOST_ROW_MS * facts.n_outputs**0.5)


class Family(NamedTuple):
    """A family of estimators.

    Times are counted work, not measured: the processor time on one core of a usual server. So the machine and
    its load change neither what a sweep tries nor what is in the model.

    Attributes
    ----------
    title : str
        Name in pages.
    portfolio : tuple of dict
        Parameters that do well on most tables and differ from each other; the sweep tries them first.
    suggest : callable
        Search space: ``(trial, facts)`` to parameters.
    fit : callable
        ``(X, y, parameters, options, until)`` to ``FittedEstimator``. ``until`` is the
        ``StoppingRows`` of an iterative fit, or its number of steps.
    estimate_seconds : callable
        ``(parameters, facts)`` to the time of a fit and of predicting a quarter of its rows.
    estimate_row_ms : callable
        ``(parameters, facts, steps)`` to the milliseconds in which the compiled form predicts one row.
    shorten : callable
        ``(parameters, facts, seconds)`` to parameters whose fit takes no more time than that, and whose
        compiled form predicts a row in ``compute_most_row_ms``, as far as the family can do with less.
    most_rows : float
        Most rows that it fits in reasonable time.
    kinds : tuple of {"binary", "multiclass", "regression"}
        The tasks that it can learn.
    supports_monotonic : bool
        Whether its predictions can be made to rise or fall with a feature.
    gains_from_bags : bool
        Whether the mean of fits that each use most of the rows is better than one fit on all rows.
    supports_weights : bool
        Whether a fit can count some rows more than others.
    learns_from_batches : bool
        Whether it can learn from rows that do not fit into memory, see ``binned_boosting``.
    """

    title: str
    portfolio: tuple[Parameters, ...]
    suggest: Callable[[Trial, Facts], Parameters]
    fit: Callable[[np.ndarray, np.ndarray, Parameters, FitOptions, StoppingRows | int], FittedEstimator]
    estimate_seconds: Callable[[Parameters, Facts], float]
    estimate_row_ms: Callable[[Parameters, Facts, float], float]
    shorten: Callable[[Parameters, Facts, float], Parameters] = keep_parameters
    most_rows: float = np.inf
    kinds: tuple[TaskKind, ...] = TASKS
    supports_monotonic: bool = False
    gains_from_bags: bool = False
    supports_weights: bool = True
    learns_from_batches: bool = False

    def is_suitable(self, facts: Facts) -> bool:
        """Whether the family is searched on such rows."""
        return (
            facts.kind in self.kinds
            and facts.n_rows <= self.most_rows
            and (self.supports_monotonic or not facts.is_monotonic)
            and (self.supports_weights or not facts.is_weighted)
        )


def suggest_class_weight(trial: Trial, facts: Facts) -> Parameters:
    """Suggest whether rare classes weigh as much as frequent ones, if this may help."""
    if not facts.weighs_classes:
        return {}
    return {"class_weight": trial.suggest_categorical("class_weight", [None, "balanced"])}
