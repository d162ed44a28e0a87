"""The chosen model, as a record for the page and in sentences."""

from typing import NamedTuple

from components._estimators import Parameters
from components._estimators.description import format_parameters, get_title
from components._problem.metric_scale import MetricScale
from components._report.page import format_value
from components.train.member_choice import MemberChoice
from components.train.model_parts import ModelPart


class MemberInfo(NamedTuple):
    """A trial in the model.

    Attributes
    ----------
    number : int
        The trial's number.
    title : str
        Title of its family.
    weight : float
        Its weight, above 0.
    fits : int
        Number of its fits.
    score : float
        Mean of the metric over the folds.
    parameters : str
        Its parameters.
    """

    number: int
    title: str
    weight: float
    fits: int
    score: float
    parameters: str


class ModelInfo(NamedTuple):
    """The model.

    Attributes
    ----------
    scale : MetricScale
        The metric.
    members : list of MemberInfo
        Its trials, the heaviest first.
    parameters : dict
        Parameters of the heaviest.
    score, single : float
        Metric of the model and of the best trial alone, on all rows at once that all its trials predict.
    reason : str
        Why it is one trial or an ensemble.
    slope, intercept : float
        Calibration; 1 and 0 change nothing.
    is_binary : bool
        Whether it has two classes.
    is_complete : bool
        Whether all its trials were scored in all folds.
    predict_ms : float
        Processor time in which its fits together predict a row, not compiled and without the recipe, in
        milliseconds; 0 if unknown.
    """

    scale: MetricScale
    members: list[MemberInfo]
    parameters: Parameters
    score: float
    single: float
    reason: str
    slope: float
    intercept: float
    is_binary: bool
    is_complete: bool
    predict_ms: float


def compute_model_info(choice: MemberChoice, parts: list[ModelPart], metric: str) -> ModelInfo:
    """Return the record of a model that was chosen by a metric."""
    scale = MetricScale.from_metric(metric)
    return ModelInfo(
        scale,
        [
            MemberInfo(
                trial.number,
                get_title(trial.family),
                weight,
                sum(part.trial.number == trial.number for part in parts),
                scale.to_metric_value(trial.score),
                format_parameters(trial.parameters),
            )
            for trial, weight in choice.members
        ],
        choice.members[0].trial.parameters,
        scale.to_metric_value(choice.score),
        scale.to_metric_value(choice.single),
        choice.reason,
        choice.slope,
        choice.intercept,
        choice.predicted.ndim == 2 and choice.predicted.shape[1] == 2,
        bool(choice.known.all()),
        sum(part.trial.predict_ms for part in parts),
    )


def describe_model(info: ModelInfo, title: str) -> str:
    """Return what the model is and how good it is."""
    rows = "all out-of-fold rows" if info.is_complete else "the out-of-fold rows that all its trials predict"
    figure = (
        f"with a cross-validated {info.scale.title} of {format_value(info.score)} on {rows} "
        f"({info.scale.better})"
    )
    if len(info.members) == 1:
        before = ""
        if info.score != info.single:
            before = f"; before calibration it was {format_value(info.single)}"
        return f"The model is {title} (trial {info.members[0].number}), {figure}{before}."
    is_better = (info.score < info.single) == info.scale.is_error
    comparison = (
        f"{'better' if is_better else 'worse'} by {format_value(abs(info.score - info.single), 2)} than"
    )
    if info.score == info.single:
        comparison = "as good as"
    families = ", ".join(dict.fromkeys(member.title for member in info.members))
    return (
        f"The model is an {title[0].lower()}{title[1:]} ({families}), {figure}. It is {comparison} the best "
        f"trial alone, which has {format_value(info.single)}."
    )


def describe_calibration(info: ModelInfo) -> str:
    """Return how the probabilities are calibrated; empty if they are not."""
    if info.slope == 1 and info.intercept == 0:
        return ""
    unit = "log odds" if info.is_binary else "log probabilities"
    steps = []
    if info.slope != 1:
        reason = "too cautious" if info.slope > 1 else "too confident"
        steps.append(f"{unit} are multiplied by {info.slope:.3g} (they were {reason})")
    if info.intercept != 0:
        step = f"shifted by {info.intercept:+.2g}, towards the "
        step += "positive class" if info.intercept > 0 else "negative class"
        steps.append(step if steps else f"{unit} are {step}")
    return f"The probabilities are calibrated on out-of-fold predictions: their {' and '.join(steps)}."


def describe_speed(info: ModelInfo) -> str:
    """Return how long the model takes to predict a row; empty if it is not known."""
    if not info.predict_ms:
        return ""
    fits = sum(member.fits for member in info.members)
    subject = f"Its {fits} fits together take" if fits > 1 else "It takes"
    time = f"about {format_value(info.predict_ms)} ms of processor time"
    return f"{subject} {time} to predict a row, without the recipe and not compiled."
