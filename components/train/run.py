"""The stage: read the sweep, fit the model, write it and log it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from components._model.files import load_recipe
from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._problem.spec import Problem
from components._recipe.recipe import list_required_columns
from components._sweep.cross_validation import cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, TrialResult
from components._table.schema import Schema
from components._table.storage import read_frame
from components.environment import Environment
from components.json_file import write_json
from components.machine import count_cpus
from components.train.fitter import Fitter, TrainingInputs
from components.train.latency import BuiltModel, LatencyResult, build_within
from components.train.lineage import build_lineage, build_logged_parameters
from components.train.member_choice import NO_LIMIT, LatencyLimit, MemberChoice, choose_members
from components.train.model_parts import ModelPart, plan_parts
from components.train.notices import collect_latency_notices, collect_time_notices
from components.train.parity import compile_and_compare
from components.train.reference_profile import compute_reference_profile
from components.train.report import render_training_page
from components.train.settings import Settings
from components.train.sweep_info import MetricScale
from components.train.threshold import Threshold, choose_threshold
from components.train.training_info import compute_training_info
from components.train.training_metrics import compute_metrics

__all__ = ["Settings", "run"]

_GOLDEN_ROWS = 20
_EXAMPLE_ROWS = 3
# Most trials that are scored again because their predictions were lost with their worker.
_MOST_RESTORED = 5
# Share of the budget for the fits. The sweep leaves more, which is for choosing and writing the model.
_SHARE = 0.1


def run(
    *,
    train: str,
    problem: str,
    schema: str,
    recipe: str,
    folds: str,
    trials: list[str],
    model: str,
    report: str,
    source: dict[str, str | int],
    settings: Settings,
) -> dict[str, float]:
    """Choose the best trials, fit them and write the model.

    Parameters
    ----------
    train, problem, schema, recipe, folds : str
        Paths to read.
    trials : list of str
        Paths of every worker's trials.
    model, report : str
        Paths to write.
    source : dict
        Hashes and source of the training rows.
    settings : Settings
        How the model is fitted and where it is logged.

    Returns
    -------
    dict of str to float
        The cross-validated score, the number of trials, whether time ended the sweep, what a limit on the
        time to predict a row cost, and the threshold of a binary problem.

    Raises
    ------
    NoTrialFinished
        No worker has a finished trial.
    TrackingError
        MLflow did not accept the run.
    """
    question = Problem.load(problem)
    sweep = Sweep.load(trials)
    _ = sweep.winner  # raises the error early
    loaded_recipe = load_recipe(recipe)
    frame = read_frame(train, [*list_required_columns(loaded_recipe), question.target])
    inputs = TrainingInputs(frame, question, Schema.load(schema), loaded_recipe, FoldSet.load(folds))
    y = inputs.folds.y[inputs.folds.scored_rows]
    built, latency = _build_model(inputs, sweep, y, settings)
    choice, parts, package, parity = built
    threshold = _choose_threshold(choice, y, question)
    scale = MetricScale.from_metric(question.metric)
    notices = collect_time_notices(sweep)
    if latency is not None:
        notices += collect_latency_notices(latency, choice.score, scale)
    environment = Environment.read()
    lineage = {
        **source,
        "commit": environment.commit,
        "seed": settings.seed,
        "metric": question.metric,
        **build_lineage(built, latency, sweep, notices),
    }
    package = replace(package, lineage=lineage)
    folder = Path(model)
    package.save(folder)
    if parity.compiled is not None:
        parity.compiled.save(folder / "compiled")
    shutil.copyfile(schema, folder / "schema.json")
    profile = compute_reference_profile(frame, package.signature.columns, choice.predicted)
    write_json(folder / "profile.json", profile)
    write_json(folder / "golden.json", sample_predicted_rows(package, frame, _GOLDEN_ROWS, settings.seed))
    n_features = len(package.pipeline[-2].get_feature_names_out())
    info = compute_training_info(sweep, choice, parts, question.metric, notices, seed=settings.seed)
    html = render_training_page(info, package.signature, threshold, n_features)
    Path(report).write_text(html, encoding="utf-8")
    metrics = compute_metrics(sweep, choice, latency, scale)
    if threshold is not None:
        metrics["threshold"] = threshold.value
    if environment.tracking_uri is not None:
        example = frame.head(_EXAMPLE_ROWS)
        tracked = _log_mlflow_run(
            package, folder, example, environment.tracking_uri, settings, metrics, sweep
        )
        write_json(folder / "mlflow.json", tracked)
    return metrics


def _build_model(
    inputs: TrainingInputs, sweep: Sweep, y: np.ndarray, settings: Settings
) -> tuple[BuiltModel, LatencyResult | None]:
    """Return the model, and the effect of the limit on its time to predict a row, if there is one."""
    folds, question = inputs.folds, inputs.problem
    candidates = _restore_predictions(sweep, folds, settings.seed)
    fitter = Fitter(inputs, seed=settings.seed, threads=count_cpus())
    # A sweep that ended with its trials leaves time for all fits, whose number then does not depend on time.
    is_short = sweep.is_ended_by_time or sweep.is_hurried
    seconds = settings.budget_minutes * 60 * _SHARE * count_cpus() if is_short else float("inf")

    def choose_within(limit: LatencyLimit) -> MemberChoice:
        most = settings.max_models
        return choose_members(
            candidates, sweep.out_of_fold, y, question, most_models=most, seed=settings.seed, limit=limit
        )

    def pack(choice: MemberChoice, parts: list[ModelPart]) -> Package:
        threshold = _choose_threshold(choice, y, question)
        return fitter.build_package(choice, parts, threshold.value if threshold is not None else None, {})

    def build(choice: MemberChoice) -> BuiltModel:
        parts = plan_parts(choice, folds, seconds)
        package = pack(choice, parts)
        return BuiltModel(choice, parts, package, compile_and_compare(package, inputs.frame, settings.seed))

    if not settings.max_latency_ms:
        return build(choose_within(NO_LIMIT)), None
    return build_within(settings.max_latency_ms, choose_within, build, pack, inputs.frame)


def _choose_threshold(choice: MemberChoice, y: np.ndarray, problem: Problem) -> Threshold | None:
    return choose_threshold(y, choice.predicted, problem) if problem.kind == "binary" else None


def _restore_predictions(sweep: Sweep, folds: FoldSet, seed: int) -> list[TrialResult]:
    """Return the trials to choose from; lost predictions of the best of them are made again."""
    candidates = sweep.candidates
    lost = [trial for trial in candidates if trial.number not in sweep.out_of_fold]
    for trial in lost[:_MOST_RESTORED]:
        with threadpool_limits(limits=1):
            outcome = cross_validate(trial.family, trial.parameters, folds, seed, threads=1)
        assert outcome.predicted is not None
        sweep.out_of_fold[trial.number] = outcome.predicted.astype(np.float32)
    return [trial for trial in candidates if trial.number in sweep.out_of_fold]


def _log_mlflow_run(
    package: Package,
    folder: Path,
    example: pd.DataFrame,
    tracking_uri: str,
    settings: Settings,
    metrics: dict[str, float],
    sweep: Sweep,
) -> dict[str, str]:
    # MLflow takes seconds to import, and only this needs it.
    from components.train.mlflow_run import log_mlflow_run

    lineage = package.lineage
    tracked = log_mlflow_run(
        package,
        folder,
        example,
        tracking_uri=tracking_uri,
        experiment=settings.experiment,
        parameters={
            "family": package.signature.family,
            "seed": settings.seed,
            **build_logged_parameters(lineage["models"]),
        },
        metrics=metrics,
        trials=sweep.trials,
        tags={
            name: str(lineage[name])
            for name in ("dataset_sha256", "sha256", "source", "commit")
            if lineage.get(name) is not None
        },
    )
    return tracked._asdict()
