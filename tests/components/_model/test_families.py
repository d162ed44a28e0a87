import warnings

import numpy as np
import optuna
import pytest
from threadpoolctl import threadpool_limits

from components._model.families import FAMILIES, build, predictions
from components._problem.task import TASKS, TaskKind

SMALL = {"lightgbm": {"n_estimators": 8}, "hist_gradient_boosting": {"max_iter": 8}}


def data(kind: TaskKind) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(160, 4)).astype(np.float32)
    value = X[:, 0] + X[:, 1] ** 2
    if kind == "regression":
        return X, value
    return X, np.digitize(value, np.quantile(value, [0.5] if kind == "binary" else [0.33, 0.67]))


def predicted(family: str, kind: TaskKind, seed: int = 0, threads: int = 1) -> np.ndarray:
    X, y = data(kind)
    parameters = {**FAMILIES[family].default, **SMALL.get(family, {})}
    with threadpool_limits(threads):
        return np.asarray(predictions(build(family, kind, parameters, seed, threads).fit(X, y), X, kind))


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_every_task(family: str, kind: TaskKind) -> None:
    _, y = data(kind)
    made = predicted(family, kind)
    if kind == "regression":
        assert made.shape == (160,)
        assert np.mean((made - y) ** 2) < 0.95 * y.var()
    else:
        assert made.shape == (160, len(np.unique(y)))
        np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-6)
        assert (made.argmax(axis=1) == y).mean() > 1 / len(np.unique(y)) + 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_the_number_of_threads_does_not_change_the_predictions(family: str) -> None:
    # Extra trees are averaged in the order in which threads end, so the last bit may differ.
    one, two = (predicted(family, "binary", threads=threads) for threads in (1, 2))
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-14)


@pytest.mark.parametrize("family", ["lightgbm", "hist_gradient_boosting", "extra_trees"])
def test_another_seed_is_another_model(family: str) -> None:
    assert (predicted(family, "binary", seed=0) != predicted(family, "binary", seed=1)).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_default_lies_in_the_search_space_and_names_all_of_it(family: str) -> None:
    default = FAMILIES[family].default
    with warnings.catch_warnings():
        # Optuna warns of a value outside its range.
        warnings.simplefilter("error")
        suggested = FAMILIES[family].suggest(optuna.trial.FixedTrial(default))
    assert suggested == default
