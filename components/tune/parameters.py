"""The parameters of a family's trials with their scores, and which parameters mattered."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import KFold

from components._estimators.description import format_parameter_value, get_title
from components._problem.metric_scale import MetricScale
from components._sweep.trials import Sweep, TrialResult

# With fewer trials the importance of a parameter is chance.
_LEAST_TRIALS = 10
_PARTS, _REPEATS = 5, 3
_TREES = 30
_DECADES = 2
_MOST_LABELS = 12


class TrialParameter(NamedTuple):
    """One parameter of several trials.

    Attributes
    ----------
    name : str
        Its name.
    values : list of float
        Its value in each trial; of a categorical parameter the index of its label.
    labels : list of str
        Values of a categorical parameter; empty for numbers.
    is_log : bool
        Whether its values, all above 0, span more than two decades.
    """

    name: str
    values: list[float]
    labels: list[str]
    is_log: bool


class ParameterInfo(NamedTuple):
    """The trials of one family, the best last.

    Attributes
    ----------
    title : str
        Title of the family.
    parameters : list of TrialParameter
        The parameters that differ between the trials, at least one.
    numbers : list of int
        The trials' numbers.
    scores : list of float
        Their metric.
    """

    title: str
    parameters: list[TrialParameter]
    numbers: list[int]
    scores: list[float]


class ImportanceInfo(NamedTuple):
    """Which parameters of a family mattered.

    Attributes
    ----------
    title : str
        Title of the family.
    n_trials : int
        Number of finished trials.
    explained : float
        Share of the variance of the trials' ranks that a forest explains on trials it was not fitted on; 0 or
        less if it explains nothing.
    names : list of str
        The parameters, the most important first.
    shares : list of float
        Importance of each, 0 or more; together 1, or 0 if none matters.
    """

    title: str
    n_trials: int
    explained: float
    names: list[str]
    shares: list[float]


def compute_parameter_info(sweep: Sweep, scale: MetricScale) -> ParameterInfo | None:
    """Return the finished trials of the winner's family; None if there is nothing to compare."""
    family = sweep.winner.family
    trials = [trial for trial in reversed(sweep.finished) if trial.family == family]
    parameters = list_parameters(trials)
    if not parameters:
        return None
    return ParameterInfo(
        get_title(family),
        parameters,
        [trial.number for trial in trials],
        [scale.to_metric_value(trial.score) for trial in trials],
    )


def compute_importance_infos(sweep: Sweep, seed: int) -> list[ImportanceInfo]:
    """Return which parameters mattered in each family with enough trials, most trials first.

    A random forest (Breiman 2001) is fitted to the ranks of the scores, so that one bad trial does not count
    more than all differences between good ones. A parameter's importance is how much worse the forest
    predicts trials that it was not fitted on after the parameter was shuffled among them.
    """
    by_family: dict[str, list[TrialResult]] = {}
    for trial in sorted(sweep.finished, key=lambda trial: trial.number):
        by_family.setdefault(trial.family, []).append(trial)
    infos = [
        info
        for family, trials in by_family.items()
        if len(trials) >= _LEAST_TRIALS
        and (info := _compute_importance(get_title(family), trials, seed)) is not None
    ]
    return sorted(infos, key=lambda info: -info.n_trials)


def _compute_importance(title: str, trials: list[TrialResult], seed: int) -> ImportanceInfo | None:
    parameters = list_parameters(trials)
    scores = [trial.score for trial in trials]
    if not parameters or min(scores) == max(scores):
        return None
    X = np.array([parameter.values for parameter in parameters]).T
    y = rankdata(scores) / len(scores)
    drops = np.zeros(len(parameters))
    error = 0.0
    for fitted, rest in KFold(_PARTS, shuffle=True, random_state=seed).split(X):
        forest = RandomForestRegressor(_TREES, min_samples_leaf=2, random_state=seed)
        forest.fit(X[fitted], y[fitted])
        error += float(((forest.predict(X[rest]) - y[rest]) ** 2).sum())
        shuffled = permutation_importance(
            forest, X[rest], y[rest], scoring="neg_mean_squared_error", n_repeats=_REPEATS, random_state=seed
        )
        drops += shuffled.importances_mean * len(rest)
    # Negative values are chance.
    drops = np.maximum(drops, 0)
    shares = drops / drops.sum() if drops.sum() > 0 else drops
    order = np.argsort(-shares, kind="stable")
    return ImportanceInfo(
        title,
        len(trials),
        1 - error / float(((y - y.mean()) ** 2).sum()),
        [parameters[i].name for i in order],
        [float(shares[i]) for i in order],
    )


def list_parameters(trials: Sequence[TrialResult]) -> list[TrialParameter]:
    """Return the parameters that differ between trials, as numbers.

    A categorical parameter with more values than a figure can show is left out.
    """
    names = dict.fromkeys(name for trial in trials for name in trial.parameters)
    found = (_build_parameter(name, [trial.parameters.get(name, "–") for trial in trials]) for name in names)
    return [parameter for parameter in found if parameter is not None]


def _build_parameter(name: str, values: list[object]) -> TrialParameter | None:
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = [float(value) for value in values]  # type: ignore[arg-type]
        if not all(map(np.isfinite, numbers)) or min(numbers) == max(numbers):
            return None
        is_log = min(numbers) > 0 and max(numbers) > 10**_DECADES * min(numbers)
        return TrialParameter(name, numbers, [], is_log)
    texts = [format_parameter_value(value) for value in values]
    labels = sorted(set(texts))
    if not 1 < len(labels) <= _MOST_LABELS:
        return None
    return TrialParameter(name, [float(labels.index(text)) for text in texts], labels, False)
