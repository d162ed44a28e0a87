"""The model: its members chosen, fitted and compiled, with what is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from components._dask.choice import LOCAL, EngineChoice
from components._model.package import Package
from components._problem.metric_scale import MetricScale
from components._problem.spec import Problem
from components._sweep.time_plan import TimePlan, compute_refit_seconds
from components._sweep.trials import Sweep
from components._table.notice import Notice
from components.environment import Environment
from components.json_file import read_json
from components.machine import count_cpus, describe_processor
from components.memory import DEFAULT_MEMORY
from components.train.fitter import Fitter
from components.train.inputs import TrainingInputs
from components.train.label_error import LabelErrors, find_label_errors
from components.train.latency import LatencyResult
from components.train.learning_curve import LearningCurve, compute_learning_curve
from components.train.limits import BuiltModel, LimitedModel, build_within
from components.train.lineage import build_lineage
from components.train.member_choice import MemberChoice, MemberLimit, choose_members
from components.train.model_parts import (
    ModelPart,
    count_seconds,
    estimate_seconds,
    limit_row_time,
    limit_time,
    plan_parts,
)
from components.train.notices import (
    LearntRows,
    collect_edge_notices,
    collect_engine_notices,
    collect_latency_notices,
    collect_memory_notices,
    collect_refit_notices,
    collect_row_time_notices,
    collect_rows_notices,
    collect_size_notices,
    collect_time_notices,
)
from components.train.parity import compile_and_compare
from components.train.settings import Settings
from components.train.threshold import Threshold, choose_threshold


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
    curve : LearningCurve or None
        What more rows gave, of a table that does not fit into memory.
    label_errors : LabelErrors or None
        Training rows whose target may be wrong; None for a regression.
    """

    built: BuiltModel
    threshold: Threshold | None
    latency: LatencyResult | None
    notices: list[Notice]
    curve: LearningCurve | None = None
    label_errors: LabelErrors | None = None


class AvailableTime(NamedTuple):
    """The time for the fits of a model, by which members are left out if it is short.

    Attributes
    ----------
    seconds : float
        Seconds until the fits have to end.
    processors : int
        Fits at the same time.
    """

    seconds: float
    processors: int


def train_model(
    inputs: TrainingInputs,
    sweep: Sweep,
    settings: Settings,
    origin: Mapping[str, Any],
    memory: int = DEFAULT_MEMORY,
    engine: EngineChoice = LOCAL,
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
    memory : int
        Bytes of memory to use.
    engine : EngineChoice
        What fits on rows that do not fit into memory: this process, or the workers of Dask.
    """
    question = inputs.problem
    available = _find_available_time(sweep, settings.budget_minutes, inputs.folds.plan)
    cores = count_cpus()
    fitter = Fitter(
        inputs,
        seed=settings.seed,
        threads=cores,
        memory=memory,
        seconds=available.seconds * available.processors,
        may_grow=not settings.max_latency_ms,
        engine=engine,
        scheduler=Environment.read().dask_scheduler,
    )
    built, left_out, slower, size, latency = _build_model(inputs, sweep, settings, available, fitter)
    scale = MetricScale.from_metric(question.metric)
    notices = [
        *collect_time_notices(sweep, len(inputs.folds.folds)),
        *collect_memory_notices(fitter.spared_processes, cores),
    ]
    if inputs.large is not None:
        kept_out = 0 if fitter.large is None else fitter.large.rows.n_rows - fitter.large.rows.n_to_learn
        counts = LearntRows(inputs.large.n_rows, len(inputs.frame), kept_out)
        notices += collect_rows_notices(built.parts, fitter.large_fits, counts)
    notices += collect_engine_notices(engine, fitter.large, fitter.large_fits)
    notices += [Notice("note", text) for text in inputs.folds.notes]
    notices += collect_edge_notices(built.choice, inputs.folds.facts)
    if left_out is not None:
        notices += collect_refit_notices(left_out, built.choice, scale)
    if slower is not None:
        notices += collect_row_time_notices(slower, built.choice, scale)
    if size is not None:
        notices += collect_size_notices(size, built.choice, scale)
    if latency is not None:
        notices += collect_latency_notices(latency, built.choice.score, scale)
    lineage = {
        **origin,
        "seed": settings.seed,
        "metric": question.metric,
        "machine": {"processor": describe_processor(), "processors": count_cpus()},
        **build_lineage(built, latency, sweep, notices, _count_learnt_rows(fitter, built, inputs)),
        # Two runs without a limit of time have the same lineage. On all rows of a large table, time is short.
        **({"time_for_fits": available._asdict()} if sweep.depends_on_time or fitter.large_fits else {}),
    }
    built = built._replace(package=replace(built.package, lineage=lineage))
    curve = _compute_curve(fitter, built, question, available)
    threshold, errors = _choose_threshold(built.choice, inputs), find_label_errors(built.choice, inputs)
    return TrainedModel(built, threshold, latency, notices, curve, errors)


def _build_model(
    inputs: TrainingInputs, sweep: Sweep, settings: Settings, available: AvailableTime, fitter: Fitter
) -> LimitedModel:
    folds, y = inputs.folds, inputs.scored_target
    candidates = [trial for trial in sweep.candidates if trial.number in sweep.out_of_fold]

    def choose(limits: Sequence[MemberLimit]) -> MemberChoice:
        return choose_members(
            candidates,
            sweep.out_of_fold,
            y,
            inputs.problem,
            most_models=settings.max_models,
            seed=settings.seed,
            limits=limits,
            weights=inputs.scored_weights,
        )

    def pack(choice: MemberChoice, parts: list[ModelPart]) -> Package:
        threshold = _choose_threshold(choice, inputs)
        return fitter.build_package(choice, parts, threshold.value if threshold is not None else None)

    def build(choice: MemberChoice, limits: Sequence[MemberLimit]) -> BuiltModel:
        parts = plan_parts(choice, folds, limits, fitter.all_rows)
        package = pack(choice, parts)
        return BuiltModel(choice, parts, package, compile_and_compare(package, inputs.frame, settings.seed))

    # The same trials give the same model, whatever time they took, if time did not end the sweep.
    estimate = estimate_seconds if sweep.depends_on_time else count_seconds
    time = limit_time(candidates, folds, available.seconds, available.processors, estimate, fitter.all_rows)
    limit_ms = settings.max_latency_ms or float("inf")
    # A limit of the user's own is measured.
    row_time = MemberLimit(limit_ms, {}) if settings.max_latency_ms else limit_row_time(candidates, folds)
    return build_within(time, row_time, limit_ms, choose, build, pack, inputs.frame)


def _count_learnt_rows(fitter: Fitter, built: BuiltModel, inputs: TrainingInputs) -> dict[int, int]:
    """Return the rows that each trial learnt from; nothing if all training rows are in memory."""
    if inputs.large is None:
        return {}
    of_sample = len(inputs.frame)
    return {
        part.trial.number: fit.n_rows if (fit := fitter.large_fits.get(part.key)) else of_sample
        for part in built.parts
    }


def _compute_curve(
    fitter: Fitter, built: BuiltModel, problem: Problem, available: AvailableTime
) -> LearningCurve | None:
    """Return the learning curve of the heaviest trial that learnt from all rows."""
    if fitter.large is None:
        return None
    for part in built.parts:
        if part.key in fitter.large_fits:
            seconds = available.seconds * available.processors
            fitted = fitter.large_fits[part.key]
            return compute_learning_curve(fitter.large, part.trial, fitted, problem, seconds)
    return None


def _find_available_time(sweep: Sweep, budget_minutes: float, plan: TimePlan) -> AvailableTime:
    """Return the time for the fits; of a sweep that is repeated, that of its record."""
    repeated = Environment.read().repeated_sweep
    if repeated is not None:
        return AvailableTime(**read_json(repeated)["time_for_fits"])
    return AvailableTime(_estimate_seconds_left(sweep, budget_minutes, plan), count_cpus())


def _estimate_seconds_left(sweep: Sweep, budget_minutes: float, plan: TimePlan) -> float:
    """Return the seconds for the fits.

    On a cluster the trials' own times tell what is left, unless the sweep ran all its trials in time.
    """
    ran = [trial for trial in sweep.trials if trial.started]
    spent = 0.0
    if ran and sweep.depends_on_time and Environment.read().started is None:
        spent = max(trial.started + trial.seconds for trial in ran) - min(trial.started for trial in ran)
    return compute_refit_seconds(budget_minutes, plan, spent)


def _choose_threshold(choice: MemberChoice, inputs: TrainingInputs) -> Threshold | None:
    if inputs.problem.kind != "binary":
        return None
    weights = inputs.scored_weights
    return choose_threshold(
        inputs.scored_target[choice.known],
        choice.predicted,
        inputs.problem,
        None if weights is None else weights[choice.known],
    )
