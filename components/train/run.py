"""The stage: read the sweep, fit its winner, write the model, note it down."""

import shutil
from pathlib import Path
from typing import Any

from components._model.files import load_recipe
from components._model.folds import FoldSet
from components._model.package import Package, write_json
from components._model.recipe import required_columns
from components._model.trials import Sweep
from components._problem.metrics import shown, sign
from components._problem.spec import Problem
from components._table.schema import Schema
from components._table.storage import read_frame
from components.environment import Environment, cpu_count
from components.train.fitting import fit_winner, golden_rows
from components.train.profile import reference_profile
from components.train.report import sweep_info, training_page
from components.train.settings import Settings
from components.train.threshold import best_threshold

__all__ = ["Settings", "run"]

_GOLDEN_ROWS = 20
# The threads of one fit wait for each other at every split: on fewer rows, beside any other work on the
# machine, that costs many times what it saves.
_MANY_ROWS = 50_000


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
    """Fit the best trial on all training rows and pack the model.

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
    winner = sweep.winner
    data = FoldSet.load(folds)
    predicted = sweep.out_of_fold[winner.worker, winner.number]
    y = data.y[data.scored_rows]
    threshold = best_threshold(y, predicted, question) if question.kind == "binary" else None
    unfitted = load_recipe(recipe)
    frame = read_frame(train, [*required_columns(unfitted), question.target])
    environment = Environment.read()
    package = fit_winner(
        frame,
        question,
        Schema.load(schema),
        unfitted,
        winner,
        threshold.value if threshold is not None else None,
        seed=settings.seed,
        threads=cpu_count() if len(frame) >= _MANY_ROWS else 1,
        lineage={**source, "commit": environment.commit, **_lineage(sweep, question, settings.seed)},
    )
    folder = Path(model)
    package.save(folder)
    shutil.copyfile(schema, folder / "schema.json")
    write_json(folder / "profile.json", reference_profile(frame, package.signature.columns, predicted))
    write_json(folder / "golden.json", golden_rows(package, frame, _GOLDEN_ROWS, settings.seed))
    n_features = len(package.pipeline[-2].get_feature_names_out())
    html = training_page(sweep_info(sweep, question.metric), package.signature, threshold, n_features)
    Path(report).write_text(html, encoding="utf-8")
    metrics = {
        f"cv_{shown(question.metric)}": winner.score * sign(question.metric),
        "trials": float(len(sweep.finished)),
    } | ({"threshold": threshold.value} if threshold is not None else {})
    if environment.tracking_uri is not None:
        _track(package, environment.tracking_uri, settings, metrics)
    return metrics


def _lineage(sweep: Sweep, problem: Problem, seed: int) -> dict[str, Any]:
    winner = sweep.winner
    return {
        "seed": seed,
        "family": winner.family,
        "parameters": winner.parameters,
        "metric": problem.metric,
        "cross_validated": {"scores": list(winner.fold_scores), "mean": winner.score},
        "trials": len(sweep.finished),
    }


def _track(package: Package, tracking_uri: str, settings: Settings, metrics: dict[str, float]) -> None:
    # MLflow takes seconds to import, and only this needs it.
    from components.train.tracking import track

    lineage = package.lineage
    track(
        package,
        tracking_uri=tracking_uri,
        experiment=settings.experiment,
        parameters={"family": lineage["family"], "seed": settings.seed, **lineage["parameters"]},
        metrics=metrics,
        tags={
            name: str(lineage[name])
            for name in ("dataset_sha256", "sha256", "source", "commit")
            if lineage.get(name) is not None
        },
    )
