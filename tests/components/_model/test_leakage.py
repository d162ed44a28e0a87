"""A fold's features must not hold the target of the rows that it scores."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.select import Selector
from components._sweep.cross_validation import cross_validate
from components._sweep.folds import Fold, FoldSet
from components._table.row_folds import choose_splits
from components._table.target import encode_target
from components.tune.folds import build_fold_set
from tests.components._model.tables import make_problem

N_ROWS = 1200
# Four standard errors of the AUC of a random score (Hanley and McNeil 1982): sqrt((n + 1) / (12 n0 n1)).
CHANCE = 4 * np.sqrt((N_ROWS + 1) / (12 * (N_ROWS / 2) ** 2))
QUESTION = make_problem("binary")


def shuffle_rows(seed: int) -> pd.DataFrame:
    """Return rows that say nothing about the target, but are easy to memorise.

    About two rows share a key; some categories are rare; nulls have a pattern; the target is shuffled.
    """
    rng = np.random.default_rng(seed)
    moments = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, N_ROWS), unit="D")
    return pd.DataFrame(
        {
            "key": [f"k{i}" for i in rng.integers(0, N_ROWS // 2, N_ROWS)],
            "region": [f"r{i}" for i in rng.zipf(1.5, N_ROWS).clip(max=60)],
            "amount": pd.Series(rng.normal(size=N_ROWS)).where(rng.random(N_ROWS) < 0.7),
            "since": pd.Series(moments).where(rng.random(N_ROWS) < 0.9).astype("datetime64[us]"),
            "y": rng.permutation(np.repeat(np.array(QUESTION.classes, dtype=object), N_ROWS // 2)),
        }
    )


def make_recipe() -> Pipeline:
    preprocessor = Preprocessor(["amount"], ["key", "region"], ["since"], rare_below=0.0)
    derived = [["cross", "key", "region"], ["group_mean", "amount", "key"], ["frequency", "key"]]
    engineer = Engineer("binary", derived=derived)
    return Pipeline([("preprocess", preprocessor), ("engineer", engineer), ("select", Selector("binary"))])


def build_leaking_fold_set(table: pd.DataFrame) -> FoldSet:
    """Return folds whose recipe was fitted on all rows, with those to score, and not cross-fitted."""
    y = encode_target(table["y"], QUESTION)
    matrix: Any = table
    for _, step in make_recipe().steps:
        matrix = step.fit(matrix, y).transform(matrix)
    splits = choose_splits(table, y, QUESTION, seed=0).splits
    ways, forms = np.zeros(matrix.shape[1], dtype=np.int64), np.full(matrix.shape[1], "")
    folds = [Fold(matrix[fit], y[fit], matrix[rest], rest, ways, forms) for fit, rest in splits]
    return FoldSet(QUESTION, y, folds)


def compute_auc(family: str, folds: FoldSet) -> float:
    parameters = FAMILIES[family].portfolio[0]
    return float(np.mean(cross_validate(family, parameters, folds, seed=0, threads=1).fold_scores))


@pytest.mark.slow
@pytest.mark.parametrize("family", ["linear", "lightgbm"])
def test_a_shuffled_target_cannot_be_predicted_in_cross_validation(family: str) -> None:
    scores = [
        compute_auc(
            family, build_fold_set(shuffle_rows(seed), QUESTION, make_recipe(), seed=0, budget_seconds=600.0)
        )
        for seed in range(3)
    ]
    assert max(abs(score - 0.5) for score in scores) < CHANCE


@pytest.mark.slow_variants
@pytest.mark.parametrize("family", ["linear", "lightgbm"])
def test_a_recipe_fitted_on_the_scored_rows_too_would_be_caught(family: str) -> None:
    assert compute_auc(family, build_leaking_fold_set(shuffle_rows(0))) > 0.5 + 2 * CHANCE
