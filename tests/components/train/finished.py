"""A finished sweep with all that the stage reads, for the tests that share it."""

from pathlib import Path
from typing import Any

import numpy as np

from components._model.files import save_recipe
from components._problem.spec import Problem
from components._problem.task import TaskKind
from components._sweep.cross_validation import cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, TrialResult
from components._table.target import encode_target
from components.tune.folds import build_fold_set
from tests.components._model.tables import (
    KINDS,
    SMALL,
    draw_table,
    make_problem,
    make_recipe,
    write_inputs,
)


def end_trial(number: int, family: str, data: FoldSet, **parameters: Any) -> tuple[TrialResult, np.ndarray]:
    """Run a trial of a family and return it with its predictions."""
    tried = {**SMALL[family], **parameters}
    outcome = cross_validate(family, tried, data, seed=0, threads=1)
    assert outcome.predicted is not None
    trial = TrialResult(
        number,
        0,
        family,
        tried,
        tuple(outcome.fold_scores),
        tuple(outcome.steps),
        started=1.0 + number,
        seconds=0.5,
        predict_ms=0.1,
    )
    return trial, outcome.predicted


def build_folds(kind: TaskKind) -> FoldSet:
    """Return the folds of ``draw_table``."""
    return build_fold_set(
        draw_table(kind), make_problem(kind), make_recipe(kind), seed=0, budget_seconds=600.0
    )


def write_sweep(folder: Path, kind: TaskKind, *families: str, **settings: Any) -> dict[str, Any]:
    """Write what the stage reads, with a finished trial per family and one that failed; return the paths."""
    places: dict[str, Any] = write_inputs(folder, kind, **settings)
    del places["findings"]
    places |= {name: str(folder / name) for name in ("recipe", "folds")}
    question = Problem.load(places["problem"])
    table, recipe = draw_table(kind), make_recipe(kind)
    build_fold_set(table, question, recipe, seed=0, budget_seconds=600.0).save(places["folds"])
    data = FoldSet.load(places["folds"])
    save_recipe(
        recipe.fit(table[list(KINDS)], encode_target(table["y"], make_problem(kind))), places["recipe"]
    )
    done = [end_trial(number, family, data) for number, family in enumerate(families)]
    failed = TrialResult(len(done), 0, "linear", {"strength": 3.0}, failure="ValueError: it broke")
    predictions = {trial.number: predicted.astype(np.float32) for trial, predicted in done}
    trials = [*(trial for trial, _ in done), failed]
    Sweep(trials, predictions, asked=len(trials)).save(folder / "trials")
    return places | {"trials": str(folder / "trials")}
