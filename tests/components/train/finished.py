"""A finished sweep with all that the stage reads, for the tests that share it."""

from pathlib import Path
from typing import Any

from components._model.families import FAMILIES, Parameters
from components._model.files import save_recipe
from components._model.target import encode
from components._model.trials import Sweep, TrialResult
from components._problem.spec import Problem
from components._problem.task import TaskKind
from components.tune.folds import fold_set
from components.tune.trial import cross_validate
from tests.components._model.tables import KINDS, problem, raw_table, unfitted_recipe, write_inputs

SMALL: dict[str, Parameters] = {
    "lightgbm": {**FAMILIES["lightgbm"].default, "n_estimators": 12},
    "linear": FAMILIES["linear"].default,
    "hist_gradient_boosting": {**FAMILIES["hist_gradient_boosting"].default, "max_iter": 12},
    "extra_trees": {**FAMILIES["extra_trees"].default, "min_samples_leaf": 20},
}


def write_sweep(folder: Path, kind: TaskKind, family: str = "lightgbm", **settings: Any) -> dict[str, Any]:
    """Write what the stage reads, with one finished trial and one that failed; return the paths."""
    places: dict[str, Any] = write_inputs(folder, kind, **settings)
    del places["findings"]
    places |= {name: str(folder / name) for name in ("recipe", "folds")}
    question = Problem.load(places["problem"])
    table, recipe = raw_table(kind), unfitted_recipe(kind)
    data = fold_set(table, question, recipe, seed=0)
    data.save(places["folds"])
    save_recipe(recipe.fit(table[list(KINDS)], encode(table["y"], problem(kind))), places["recipe"])
    scores, predicted = cross_validate(family, SMALL[family], data, 0, 1)
    trials = [
        TrialResult(0, 0, family, SMALL[family], tuple(scores), 0.5),
        TrialResult(1, 0, "linear", {"strength": 3.0}, (), 0.1, "ValueError: it broke"),
    ]
    Sweep(trials, {(0, 0): predicted}).save(folder / "trials")
    return places | {"trials": [str(folder / "trials")]}
