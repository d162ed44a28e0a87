from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from components._compiled.trees import DamagedTrees, Trees


def draw_rows(n_rows: int = 300) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_rows, 4)).astype(np.float32)


def fit_small(n_classes: int) -> lgb.LGBMModel:
    X = draw_rows()
    settings: dict[str, Any] = {"n_estimators": 12, "num_leaves": 7, "verbosity": -1, "n_jobs": 1}
    if n_classes == 0:
        return lgb.LGBMRegressor(**settings).fit(X, X[:, 0] + X[:, 1] ** 2)
    return lgb.LGBMClassifier(**settings).fit(X, np.digitize(X[:, 0], np.linspace(-0.5, 0.5, n_classes - 1)))


@pytest.mark.parametrize(("n_classes", "n_outputs"), [(0, 1), (2, 1), (3, 3)])
@pytest.mark.parametrize("n_rows", [1, 7, 999])
def test_predictions_are_lightgbms(n_classes: int, n_outputs: int, n_rows: int) -> None:
    booster = fit_small(n_classes).booster_
    trees = Trees(booster.model_to_string(), 4)
    assert trees.n_outputs == n_outputs
    X = draw_rows(n_rows)
    np.testing.assert_array_equal(trees(X), np.reshape(booster.predict(X), (n_rows, n_outputs)))


def test_predictions_are_kept() -> None:
    trees = Trees(fit_small(3).booster_.model_to_string(), 4)
    first = trees(draw_rows(1))
    before = first.copy()
    trees(-draw_rows(1))
    np.testing.assert_array_equal(first, before)


def test_threads_may_share_trees() -> None:
    trees = Trees(fit_small(2).booster_.model_to_string(), 4)
    X = draw_rows()
    expected = trees(X)[:, 0]
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda i: float(trees(X[i : i + 1])[0, 0]), [*range(300)] * 4))
    np.testing.assert_array_equal(alone, np.tile(expected, 4))


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(DamagedTrees, match=r"(?i)model"):
        Trees("no model at all", 4)


def test_trees_of_other_features_are_refused() -> None:
    with pytest.raises(DamagedTrees, match="use 4 features, the rows have 6"):
        Trees(fit_small(2).booster_.model_to_string(), 6)
