"""What the fits on all rows of a large table are made from, for the tests that share it."""

from pathlib import Path
from typing import Any

from components._estimators import Facts, FitOptions
from components._estimators.binned_boosting import RowPart
from components._recipe.recipe import fit_recipe
from components._sweep.trials import TrialResult
from components._table.storage import read_frame
from components._table.target import encode_target
from components.train.all_rows import AllRows
from components.train.large_fits import LargeInputs
from components.train.model_parts import ModelPart
from tests.components._model.tables import SMALL, make_problem, make_recipe
from tests.components.train.large import write_large_sweep

LARGE = 2 << 30


def build_inputs(folder: Path, **settings: Any) -> LargeInputs:
    """Return the inputs of a binary problem with these settings, which has rows that are kept out."""
    places = write_large_sweep(folder, "binary", "linear")
    frame, problem, recipe = (
        read_frame(places["sample"]),
        make_problem("binary", **settings),
        make_recipe("binary"),
    )
    y = encode_target(frame["y"], problem)
    matrix = fit_recipe(recipe, frame, y, make_problem("binary"))
    rows = AllRows.assign(places["train"], places["sample"], frame, problem, recipe, seed=0)
    options = FitOptions("binary", "roc_auc", seed=3)
    facts = Facts("binary", "roc_auc", rows.n_to_learn, matrix.shape[1])
    return LargeInputs(rows, RowPart(matrix, y), options, facts, LARGE)


def make_part(**parameters: Any) -> ModelPart:
    """Return a part of LightGBM with the parameters of a small trial and these."""
    trial = TrialResult(4, 0, "lightgbm", {**SMALL["lightgbm"], **parameters}, (0.5,), (80,))
    return ModelPart(trial, 1.0, None)
