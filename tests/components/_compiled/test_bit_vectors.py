from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from components._compiled.bit_vectors import build_bit_vectors
from components._compiled.trees import Trees

N_ROWS = 1_300


def draw_features(n_rows: int = N_ROWS) -> np.ndarray:
    """Return numbers, ties, a feature of two values and a constant one."""
    X = np.random.default_rng(0).normal(size=(n_rows, 5)).astype(np.float32)
    X[:, 1] = np.round(X[:, 1])
    X[:, 2] = X[:, 2] > 0
    X[:, 3] = 7
    return X


def read_text(objective: str, n_leaves: int = 31, **settings: Any) -> str:
    X = draw_features()
    signal = X[:, 0] * (1 + X[:, 2]) + X[:, 1] ** 2
    target = {"multiclass": np.digitize(signal, [0, 1]), "binary": signal > 1}.get(
        objective, np.exp(signal / 4)
    )
    facts = {"num_class": 3} if objective == "multiclass" else {}
    parameters = {"objective": objective, "num_leaves": n_leaves, "min_data_in_leaf": 3, "verbosity": -1}
    data = lgb.Dataset(X, target.astype(float))
    return lgb.train({**parameters, **facts, **settings}, data, 20).model_to_string()


@pytest.mark.slow_variants
@pytest.mark.parametrize("n_leaves", [2, 31, 33, 64])
@pytest.mark.parametrize(
    "objective",
    ["binary", "multiclass", "regression", "regression_l1", "mape", "poisson", "gamma"],
)
def test_outputs_are_lightgbms(objective: str, n_leaves: int) -> None:
    text = read_text(objective, n_leaves)
    of_bits = build_bit_vectors(text)
    assert of_bits is not None
    X = draw_features()
    X[:4, 0] = [np.finfo(np.float32).max, -np.finfo(np.float32).max, 0, -0.0]
    expected = np.reshape(lgb.Booster(model_str=text).predict(X), (len(X), -1))
    np.testing.assert_allclose(of_bits(X), expected, rtol=1e-12, atol=1e-14)
    # So many rows use bit vectors, and a row's prediction does not depend on the others.
    np.testing.assert_array_equal(Trees(text, 5)(X), of_bits(X))
    np.testing.assert_array_equal(of_bits(X[500:600]), of_bits(X)[500:600])


def test_a_value_at_a_threshold_goes_left() -> None:
    text = read_text("regression", 8)
    thresholds = [line for line in text.splitlines() if line.startswith("threshold=")]
    values = np.array([float(of) for line in thresholds for of in line.partition("=")[2].split()])
    # LightGBM splits at the smallest numbers that it distinguishes from 0, and these count as 0.
    assert (np.abs(values) < 1e-34).any()
    values = np.concatenate([values, [0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, 2e-35, -2e-35]])
    nearest = values.astype(np.float32)
    values = np.concatenate(
        [nearest, np.nextafter(nearest, np.float32(9)), np.nextafter(nearest, np.float32(-9))]
    )
    X = np.repeat(values[:, None], 5, axis=1)
    of_bits = build_bit_vectors(text)
    assert of_bits is not None
    np.testing.assert_allclose(of_bits(X)[:, 0], lgb.Booster(model_str=text).predict(X), rtol=1e-12)


@pytest.mark.parametrize("most_bins", [7, 5_000], ids=["few", "many"])
def test_features_with_few_and_with_many_thresholds(most_bins: int) -> None:
    X = np.random.default_rng(1).normal(size=(N_ROWS, 3)).astype(np.float32)
    settings = {"num_leaves": 60, "min_data_in_leaf": 3, "min_data_in_bin": 1, "max_bin": most_bins}
    data = lgb.Dataset(X, np.sin(40 * X[:, 0]))
    booster = lgb.train({**settings, "verbosity": -1, "learning_rate": 0.1}, data, 99)
    of_bits = build_bit_vectors(booster.model_to_string())
    assert of_bits is not None
    np.testing.assert_allclose(of_bits(X)[:, 0], np.asarray(booster.predict(X)), rtol=1e-12, atol=1e-14)


def test_a_tree_that_does_not_branch_is_a_number() -> None:
    text = read_text("regression", min_data_in_leaf=N_ROWS)
    of_bits = build_bit_vectors(text)
    assert of_bits is not None
    X = draw_features(3)
    np.testing.assert_allclose(of_bits(X)[:, 0], lgb.Booster(model_str=text).predict(X), rtol=1e-12)


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("objective=regression\n", "objective=quantile alpha:0.5\n"),
        lambda text: text.replace("num_class=1\n", "num_class=1\naverage_output\n"),
        lambda text: text.replace("decision_type=2", "decision_type=10", 1),
        lambda text: text.replace("num_cat=0", "num_cat=1", 1),
        lambda text: text.replace("is_linear=0", "is_linear=1", 1),
        lambda text: read_text("regression", 65),
    ],
    ids=["loss", "mean", "missing", "categorical", "linear", "large"],
)
def test_trees_of_another_kind_are_left_to_lightgbm(changed: Callable[[str], str]) -> None:
    text = read_text("regression")
    assert build_bit_vectors(text) is not None
    assert build_bit_vectors(changed(text)) is None
