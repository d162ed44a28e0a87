"""The model: its members chosen, fitted and compiled, with what is said about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from components._model.package import Package
from components._problem.metric_scale import MetricScale
from components._sweep.trials import Sweep
from components._table.notice import Notice
from components.machine import count_cpus
from components.train.fitter import Fitter
from components.train.inputs import TrainingInputs
from components.train.latency import BuiltModel, LatencyResult, build_within
from components.train.lineage import build_lineage
from components.train.member_choice import NO_LIMIT, LatencyLimit, MemberChoice, choose_members
from components.train.model_parts import ModelPart, plan_parts
from components.train.notices import collect_latency_notices, collect_time_notices
from components.train.parity import compile_and_compare
from components.train.settings import Settings
from components.train.threshold import Threshold, choose_threshold

# Share of the budget for the fits. The sweep leaves more, which is for choosing and writing the model.
_SHARE = 0.1


class TrainedModel(NamedTuple):
    """A model with its lineage.

    Attributes
    ----------
    built : BuiltModel
        The model.
    threshold : Threshold or None
        How it decides; None if the problem is not binary.
    latency : LatencyResult or None
        The effect of the limit on its time to predict a row; None without a limit.
    notices : list of Notice
        What a person must know about it.
    """

    built: BuiltModel
    threshold: Threshold | None
    latency: LatencyResult | None
    notices: list[Notice]


def train_model(
    inputs: TrainingInputs, sweep: Sweep, settings: Settings, origin: Mapping[str, Any]
) -> TrainedModel:
    """Choose the best trial, or an ensemble if that is better, and fit it.

    Parameters
    ----------
    inputs : TrainingInputs
        What the model is fitted from.
    sweep : Sweep
        The trials of all workers, at least one of them finished and with predictions.
    settings : Settings
        How the model is chosen and fitted.
    origin : mapping
        The part of its lineage that is not known here, such as the hash of the training rows.
    """
    question = inputs.problem
    built, latency = _build_model(inputs, sweep, settings)
    notices = [*collect_time_notices(sweep), *(Notice("note", text) for text in inputs.folds.notes)]
    if latency is not None:
        scale = MetricScale.from_metric(question.metric)
        notices += collect_latency_notices(latency, built.choice.score, scale)
    lineage = {
        **origin,
        "seed": settings.seed,
        "metric": question.metric,
        **build_lineage(built, latency, sweep, notices),
    }
    built = built._replace(package=replace(built.package, lineage=lineage))
    return TrainedModel(built, _choose_threshold(built.choice, inputs), latency, notices)


def _build_model(
    inputs: TrainingInputs, sweep: Sweep, settings: Settings
) -> tuple[BuiltModel, LatencyResult | None]:
    folds, y = inputs.folds, inputs.scored_target
    candidates = [trial for trial in sweep.candidates if trial.number in sweep.out_of_fold]
    fitter = Fitter(inputs, seed=settings.seed, threads=count_cpus())
    # A sweep that ended with its trials leaves time for all fits, whose number then does not depend on time.
    is_short = sweep.is_ended_by_time or sweep.is_hurried
    seconds = settings.budget_minutes * 60 * _SHARE * count_cpus() if is_short else float("inf")

    def choose_within(limit: LatencyLimit) -> MemberChoice:
        return choose_members(
            candidates,
            sweep.out_of_fold,
            y,
            inputs.problem,
            most_models=settings.max_models,
            seed=settings.seed,
            limit=limit,
            weights=inputs.scored_weights,
        )

    def pack(choice: MemberChoice, parts: list[ModelPart]) -> Package:
        threshold = _choose_threshold(choice, inputs)
        return fitter.build_package(choice, parts, threshold.value if threshold is not None else None)

    def build(choice: MemberChoice) -> BuiltModel:
        parts = plan_parts(choice, folds, seconds)
        package = pack(choice, parts)
        return BuiltModel(choice, parts, package, compile_and_compare(package, inputs.frame, settings.seed))

    if not settings.max_latency_ms:
        return build(choose_within(NO_LIMIT)), None
    return build_within(settings.max_latency_ms, choose_within, build, pack, inputs.frame)


def _choose_threshold(choice: MemberChoice, inputs: TrainingInputs) -> Threshold | None:
    if inputs.problem.kind != "binary":
        return None
    return choose_threshold(inputs.scored_target, choice.predicted, inputs.problem, inputs.scored_weights)
