"""What a family of estimators is, and what it is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from components._model.scores import judges_decisions
from components._problem.task import TaskKind

Parameters = dict[str, Any]


class OutOfTime(Exception):
    """The time was spent while an estimator was fitted."""


class Trial(Protocol):
    """What a search space asks of a trial of Optuna, which is not needed to fit an estimator."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Suggest a number."""
        ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Suggest a whole number."""
        ...

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest one of several values."""
        ...


@dataclass(frozen=True)
class Facts:
    """What decides whether and where a family is searched.

    Attributes
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    metric : str
        Scorer that the sweep maximises.
    n_rows, n_features : int
        Shape of the matrix to fit on.
    is_monotonic : bool
        Whether predictions must rise or fall with some features.
    has_alternatives : bool
        Whether some columns are encoded in two ways, of which an estimator may look at one.
    """

    kind: TaskKind
    metric: str
    n_rows: int
    n_features: int
    is_monotonic: bool = False
    has_alternatives: bool = False

    @cached_property
    def weighs_classes(self) -> bool:
        """Whether weighting classes may help: where decisions are judged; probabilities it would spoil."""
        return self.kind != "regression" and judges_decisions(self.metric)


@dataclass(frozen=True)
class FitOptions:
    """How an estimator is fitted, whatever its family.

    Attributes
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    metric : str
        Scorer that the sweep maximises; a regression's loss follows it where a family has several.
    seed : int
        Seed of the estimator.
    threads : int
        Threads it may use, at least 1; they do not change its result.
    monotonic : tuple of int
        For each feature 1, -1 or 0: predictions rise with it, fall with it, or either. Empty: all free.
    alternatives : tuple of str
        For each feature "one-hot", "target" or "", see ``components._model.folds.Fold``. Empty: all "".
    is_over : callable
        Whether the time is spent. Families that fit step by step ask it and raise ``OutOfTime``.
    """

    kind: TaskKind
    metric: str
    seed: int
    threads: int = 1
    monotonic: tuple[int, ...] = ()
    alternatives: tuple[str, ...] = ()
    is_over: Callable[[], bool] = lambda: False


class StoppingRows(NamedTuple):
    """Rows whose loss tells a fit that goes step by step when to stop.

    Attributes
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Encoded target.
    """

    X: np.ndarray
    y: np.ndarray


class FittedEstimator(NamedTuple):
    """A fitted estimator, and how many steps its fit took; 0 where it has no steps."""

    estimator: Any
    steps: int = 0


class Family(NamedTuple):
    """A family of estimators.

    Attributes
    ----------
    title : str
        Name that people read.
    portfolio : tuple of dict
        Parameters that do well on most tables and differ from each other; tried before any search.
    suggest : callable
        Search space: ``(trial, facts)`` to parameters.
    fit : callable
        ``(X, y, parameters, options, until)`` to ``FittedEstimator``. ``until`` is ``StoppingRows``, on
        whose best prediction a fit of many steps stops, or the number of its steps.
    is_suitable : callable
        Whether the family can be searched on such rows in reasonable time, and keeps to what is asked.
    gains_from_bags : bool
        Whether the mean of fits on most of the rows each beats one fit on all of them.
    """

    title: str
    portfolio: tuple[Parameters, ...]
    suggest: Callable[[Trial, Facts], Parameters]
    fit: Callable[[np.ndarray, np.ndarray, Parameters, FitOptions, StoppingRows | int], FittedEstimator]
    is_suitable: Callable[[Facts], bool]
    gains_from_bags: bool = False


def suggest_class_weight(trial: Trial, facts: Facts) -> Parameters:
    """Suggest whether rare classes weigh as much as frequent ones, where that may help."""
    if not facts.weighs_classes:
        return {}
    return {"class_weight": trial.suggest_categorical("class_weight", [None, "balanced"])}
