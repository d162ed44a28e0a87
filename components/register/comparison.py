"""The comparison of the challenger with the champion, on the same rows."""

from typing import NamedTuple

import numpy as np

from components._metrics.bootstrap import estimate_interval
from components._metrics.estimate import Estimate
from components._metrics.paired_resamples import ScoredModel, describe_resampled_rows, resample_scores
from components._metrics.statistics import score_all_rows
from components._problem.metrics import VALUE, find_scorer, get_sign, name_metric
from components._problem.spec import Problem
from components.memory import DEFAULT_MEMORY


class ModelPredictions(NamedTuple):
    """A model's predictions for the test rows.

    Attributes
    ----------
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, or the values of a regression.
    threshold : float or None
        Least probability at which the positive class is predicted; None for the likeliest class.
    """

    predictions: np.ndarray
    threshold: float | None


class ChampionComparison(NamedTuple):
    """The main metric of both models; errors are positive.

    Attributes
    ----------
    metric : str
        The metric's name.
    challenger, champion : float or None
        The metric's value; None if it is undefined on the test rows.
    better_by : Estimate or None
        By how much the challenger is better; positive is better for every metric.
    notes : tuple of str
        A sentence for each figure that is of some of the test rows only.
    """

    metric: str
    challenger: float | None
    champion: float | None
    better_by: Estimate | None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """Whether the challenger is better, worse, or no different for sure."""
        if self.better_by is None or self.better_by.low is None or self.better_by.high is None:
            return "unknown"
        if self.better_by.low > 0:
            return "better"
        return "worse" if self.better_by.high < 0 else "no different for sure"


def compare_models(
    challenger: ModelPredictions,
    champion: ModelPredictions,
    y: np.ndarray,
    problem: Problem,
    seed: int,
    weights: np.ndarray | None = None,
    memory: int = DEFAULT_MEMORY,
) -> ChampionComparison:
    """Compare two models by a paired bootstrap (Efron and Tibshirani 1993), on the same resamples.

    Parameters
    ----------
    challenger, champion : ModelPredictions
        Predictions for the same rows.
    y : ndarray of shape (n_rows,)
        Encoded target of the rows.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the resamples.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    memory : int
        Bytes that the stage may use.
    """
    scorer = problem.metric if problem.metric == VALUE else find_scorer(problem.metric, problem.kind)
    assert scorer is not None  # the problem has been validated
    both = (challenger, champion)
    points = [
        score_all_rows(scorer, y, model.predictions, problem, model.threshold, weights) for model in both
    ]
    models = [
        ScoredModel(model.predictions, model.threshold, {scorer: point})
        for model, point in zip(both, points, strict=True)
    ]
    resampled, n_resampled = resample_scores(models, y, problem, seed, weights, memory)
    ours, theirs = (None if point is None else get_sign(scorer) * point for point in points)
    difference = None
    if points[0] is not None and points[1] is not None:
        # + 0.0 turns -0.0, which would puzzle readers, into 0.0.
        difference = estimate_interval(points[0] - points[1] + 0.0, resampled[:, 0] - resampled[:, 1] + 0.0)
    return ChampionComparison(
        name_metric(scorer), ours, theirs, difference, tuple(describe_resampled_rows(n_resampled, len(y)))
    )
