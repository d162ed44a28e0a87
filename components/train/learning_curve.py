"""What more rows gave: the error of one trial on rows that are kept out, by the rows that it learnt from."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from components._estimators import FAMILIES, StoppingRows, fit, predict
from components._estimators.binned_boosting import RowPart
from components._metrics.scores import compute_score
from components._problem.metric_scale import MetricScale
from components._problem.spec import Problem
from components._report.charts import Axis, Chart, Line, Points
from components._report.page import format_value
from components._sweep.trials import TrialResult
from components.train.large_fits import LargeFit, LargeInputs

# Parts of the sample that the trial is fitted on, and the share of the time of the model's fits for this.
_PARTS = (16, 4, 1)
_MOST_TIME = 0.1
_RESAMPLES = 40
# A difference of so many standard errors is not by chance.
_SURE = 2.0


class LearningCurve(NamedTuple):
    """The score of a trial on rows that are kept out.

    Attributes
    ----------
    scale : MetricScale
        The metric.
    trial : int
        The trial's number.
    sizes : list of int
        Rows that it learnt from, rising; the last are all.
    scores : list of float
        Metric with so many rows.
    n_judged : int
        Rows that are kept out.
    gain : float
        By how much the last score is better than the one before.
    error : float
        Standard error of the gain.
    """

    scale: MetricScale
    trial: int
    sizes: list[int]
    scores: list[float]
    n_judged: int
    gain: float
    error: float

    @property
    def is_flat(self) -> bool:
        """Whether the last rows gave nothing that is not by chance."""
        return self.gain < _SURE * self.error


def compute_learning_curve(
    inputs: LargeInputs, trial: TrialResult, fitted: LargeFit, problem: Problem, seconds: float
) -> LearningCurve | None:
    """Fit a trial on parts of the sample, and compare with its fit on all rows.

    Parameters
    ----------
    inputs : LargeInputs
        The rows.
    trial : TrialResult
        The trial.
    fitted : LargeFit
        Its fit on all rows.
    problem : Problem
        The resolved problem.
    seconds : float
        Processor seconds of the fits of the model, a small share of which the curve takes.

    Returns
    -------
    LearningCurve or None
        None if no rows are kept out, or there is time for none of the parts.
    """
    stopping, judged = inputs.rows.read_stopping_rows(), inputs.rows.read_judged_rows()
    if stopping is None or judged is None:
        return None
    order = np.random.default_rng(inputs.options.seed).permutation(len(inputs.sample.y))
    sizes: list[int] = []
    predictions: list[np.ndarray] = []
    left = _MOST_TIME * seconds
    for part in _PARTS:
        rows = np.sort(order[: len(order) // part])
        left -= FAMILIES[trial.family].estimate_seconds(
            fitted.parameters, replace(inputs.facts, n_rows=len(rows))
        )
        if left < 0:
            break
        sizes.append(len(rows))
        predictions.append(_fit_and_predict(inputs, trial, fitted, rows, stopping, judged.X))
    if not sizes:
        return None
    sizes.append(fitted.n_rows)
    predictions.append(predict(fitted.estimator, judged.X, problem.kind))
    gains = _resample_gains(predictions[-2], predictions[-1], judged, problem, inputs.options.seed)
    scores = [_score(predicted, judged, problem) for predicted in predictions]
    scale = MetricScale.from_metric(problem.metric)
    return LearningCurve(
        scale,
        trial.number,
        sizes,
        [scale.to_metric_value(score) for score in scores],
        len(judged.y),
        scores[-1] - scores[-2],
        float(np.std(gains)),
    )


def draw_learning_curve(curve: LearningCurve) -> Chart:
    """Return the metric by rows, on a logarithmic axis."""
    tips = [
        f"{size:,} rows: {format_value(score)}" for size, score in zip(curve.sizes, curve.scores, strict=True)
    ]
    return Chart(
        "",
        Axis("rows", "log"),
        Axis(curve.scale.title),
        [Line(curve.sizes, curve.scores), Points(curve.sizes, curve.scores, tips=tips)],
        description=f"{curve.scale.title} by rows: {'; '.join(tips)}.",
    )


def describe_learning_curve(curve: LearningCurve) -> str:
    """Return what the last rows gave."""
    gain = "better" if curve.gain > 0 else "worse"
    text = (
        f"With {curve.sizes[-1]:,} rows instead of {curve.sizes[-2]:,}, {curve.scale.title} is {gain} by "
        f"{format_value(abs(curve.gain))} (standard error {format_value(curve.error)})."
    )
    if curve.is_flat:
        return f"{text} The curve is flat: still more rows would give little."
    return f"{text} The curve is not flat: more rows would help."


def _fit_and_predict(
    inputs: LargeInputs,
    trial: TrialResult,
    fitted: LargeFit,
    rows: np.ndarray,
    stopping: RowPart,
    X: np.ndarray,
) -> np.ndarray:
    sample, weights = inputs.sample, inputs.sample.weights
    options = replace(inputs.options, threads=1, weights=None if weights is None else weights[rows])
    with threadpool_limits(1):
        made = fit(
            trial.family, sample.X[rows], sample.y[rows], fitted.parameters, options, StoppingRows(*stopping)
        )
        return predict(made.estimator, X, options.kind)


def _score(
    predicted: np.ndarray, judged: RowPart, problem: Problem, rows: np.ndarray | slice = slice(None)
) -> float:
    weights = None if judged.weights is None else judged.weights[rows]
    return compute_score(problem.metric, judged.y[rows], predicted[rows], problem, weights=weights)


def _resample_gains(
    before: np.ndarray, after: np.ndarray, judged: RowPart, problem: Problem, seed: int
) -> list[float]:
    """Return the gain on resamples of the rows (Efron 1979); resamples that lack a class are left out."""
    rng = np.random.default_rng(seed)
    n_classes = len(np.unique(judged.y)) if problem.kind != "regression" else 0
    gains = []
    for _ in range(_RESAMPLES):
        rows = rng.integers(len(judged.y), size=len(judged.y))
        if n_classes and len(np.unique(judged.y[rows])) < n_classes:
            continue
        gains.append(_score(after, judged, problem, rows) - _score(before, judged, problem, rows))
    return gains
