"""The stage: read the sweep, fit its winner, write the model, note it down."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from components._model.cross_validation import cross_validate
from components._model.files import load_recipe
from components._model.folds import FoldSet
from components._model.json_file import write_json
from components._model.package import Package
from components._model.recipe import required_columns
from components._model.replayed import replayed_rows
from components._model.trials import Sweep, TrialResult
from components._problem.metrics import shown, sign
from components._problem.spec import Problem
from components._table.schema import Schema
from components._table.storage import read_frame
from components.environment import Environment, cpu_count
from components.train.choosing import choose
from components.train.compiling import compiled_or_refused
from components.train.fitting import Materials, bags_of, fit_model, parts_of
from components.train.lineage import described, logged_parameters
from components.train.profile import reference_profile
from components.train.report import training_page
from components.train.settings import Settings
from components.train.threshold import best_threshold
from components.train.training_info import training_info

__all__ = ["Settings", "run"]

_GOLDEN_ROWS = 20
_EXAMPLE_ROWS = 3
# Trials whose predictions were lost with their worker and are worth making again.
_MADE_AGAIN = 5
# Share of the budget that the sweep leaves; some of it is for choosing and for writing the model.
_SHARE = 0.1
_TIMED_ROWS = 5


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
    """Choose the best trials, fit them and pack the model.

    Parameters
    ----------
    train, problem, schema, recipe, folds : str
        Paths to read.
    trials : list of str
        Paths of every worker's trials.
    model, report : str
        Paths to write.
    source : dict
        What split said of the training rows: hashes and source.
    settings : Settings
        How the model is fitted and where it is noted down.

    Returns
    -------
    dict of str to float
        The cross-validated score, the number of finished trials, the threshold of a binary problem.

    Raises
    ------
    NoTrialFinished
        No worker has a finished trial.
    TrackingFailed
        MLflow did not take the run.
    """
    question = Problem.load(problem)
    sweep = Sweep.load(trials)
    _ = sweep.winner
    unfitted = load_recipe(recipe)
    frame = read_frame(train, [*required_columns(unfitted), question.target])
    materials = Materials(frame, question, Schema.load(schema), unfitted, FoldSet.load(folds))
    y = materials.folds.y[materials.folds.scored_rows]
    candidates = _with_predictions(sweep, materials.folds, settings.seed)
    choice = choose(
        candidates,
        sweep.out_of_fold,
        y,
        question,
        most_models=settings.max_models,
        most_ms=settings.max_latency_ms - _recipe_ms(unfitted, frame),
        bags=lambda trial: bags_of(trial, materials.folds),
        seed=settings.seed,
    )
    threshold = best_threshold(y, choice.predicted, question) if question.kind == "binary" else None
    environment = Environment.read()
    parts = parts_of(choice, materials.folds, settings.budget_minutes * 60 * _SHARE * cpu_count())
    package = fit_model(
        materials,
        choice,
        parts,
        threshold.value if threshold is not None else None,
        seed=settings.seed,
        threads=cpu_count(),
        lineage={
            **source,
            "commit": environment.commit,
            "seed": settings.seed,
            "metric": question.metric,
            **described(choice, parts, sweep),
        },
    )
    parity = compiled_or_refused(package, frame, settings.seed)
    package = replace(package, lineage={**package.lineage, "serving": parity.described()})
    folder = Path(model)
    package.save(folder)
    if parity.compiled is not None:
        parity.compiled.save(folder / "compiled")
    shutil.copyfile(schema, folder / "schema.json")
    profile = reference_profile(frame, package.signature.columns, choice.predicted)
    write_json(folder / "profile.json", profile)
    write_json(folder / "golden.json", replayed_rows(package, frame, _GOLDEN_ROWS, settings.seed))
    n_features = len(package.pipeline[-2].get_feature_names_out())
    info = training_info(sweep, choice, parts, question.metric, seed=settings.seed)
    html = training_page(info, package.signature, threshold, n_features)
    Path(report).write_text(html, encoding="utf-8")
    metrics = {
        f"cv_{shown(question.metric)}": choice.score * sign(question.metric),
        "trials": float(len(sweep.finished)),
        "models": float(len(choice.members)),
    } | ({"threshold": threshold.value} if threshold is not None else {})
    if environment.tracking_uri is not None:
        example = frame.head(_EXAMPLE_ROWS)
        tracked = _track(package, folder, example, environment.tracking_uri, settings, metrics, sweep)
        write_json(folder / "mlflow.json", tracked)
    return metrics


def _with_predictions(sweep: Sweep, folds: FoldSet, seed: int) -> list[TrialResult]:
    """Return the trials to choose from; what the best of them predicted is made again where it was lost."""
    worth = sweep.candidates
    lost = [trial for trial in worth if trial.number not in sweep.out_of_fold]
    for trial in lost[:_MADE_AGAIN]:
        with threadpool_limits(limits=1):
            outcome = cross_validate(trial.family, trial.parameters, folds, seed, threads=1)
        assert outcome.predicted is not None
        sweep.out_of_fold[trial.number] = outcome.predicted.astype(np.float32)
    return [trial for trial in worth if trial.number in sweep.out_of_fold]


def _recipe_ms(recipe: Pipeline, frame: pd.DataFrame) -> float:
    """Return the median time in which the recipe transforms one row, in milliseconds."""
    columns = frame[required_columns(recipe)]
    seconds = []
    for i in range(min(_TIMED_ROWS, len(frame))):
        started = time.perf_counter()
        recipe.transform(columns.iloc[i : i + 1])
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)) * 1e3


def _track(
    package: Package,
    folder: Path,
    example: pd.DataFrame,
    tracking_uri: str,
    settings: Settings,
    metrics: dict[str, float],
    sweep: Sweep,
) -> dict[str, str]:
    # MLflow takes seconds to import, and only this needs it.
    from components.train.tracking import track

    lineage = package.lineage
    tracked = track(
        package,
        folder,
        example,
        tracking_uri=tracking_uri,
        experiment=settings.experiment,
        parameters={
            "family": package.signature.family,
            "seed": settings.seed,
            **logged_parameters(lineage["models"]),
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
