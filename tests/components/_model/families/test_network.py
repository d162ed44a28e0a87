from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from components._model.families import Watched, predictions
from components._problem.task import TASKS, TaskKind
from tests.components._model.families.fits import data, fit
from tests.components._model.tables import SMALL


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("until", ["steps", "watched"])
def test_a_network_that_diverges_is_refused(kind: TaskKind, until: str) -> None:
    stop = data(kind, seed=1) if until == "watched" else 8
    parameters = {**SMALL["network"], "learning_rate": 1e30}
    with (
        np.errstate(all="ignore"),
        pytest.raises((ArithmeticError, ValueError), match=r"not a number|NaN|non-finite"),
    ):
        fit("network", kind, stop, parameters=parameters)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_features_too_large_for_single_precision_are_refused(kind: TaskKind) -> None:
    rows = data(kind)
    wild = Watched(np.where(rows.X > 2, np.finfo(np.float32).max, rows.X), rows.y)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="non-finite parameter weights"):
        fit("network", kind, wild, rows=wild)


@pytest.mark.parametrize(("centre", "spread"), [(0, 1), (1e6, 1), (-1e9, 1e-2), (5, 1e9), (0, 1e-9)])
def test_the_unit_of_a_regression_does_not_matter(centre: float, spread: float) -> None:
    rows = data("regression")
    moved = rows._replace(y=rows.y * spread + centre)
    plain, other = (fit("network", "regression", 30, rows=each) for each in (rows, moved))
    expected = predictions(plain.estimator, rows.X, "regression")
    made = (predictions(other.estimator, rows.X, "regression") - centre) / spread
    np.testing.assert_allclose(made, expected, atol=1e-3)


def test_a_constant_target_is_predicted() -> None:
    rows = data("regression")
    fitted = fit("network", "regression", 30, rows=rows._replace(y=np.full(160, 7.0)))
    np.testing.assert_allclose(predictions(fitted.estimator, rows.X, "regression"), 7, atol=0.5)


def test_rows_are_shuffled_anew_in_every_epoch() -> None:
    rows = data("regression")
    fitted = fit("network", "regression", 4, rows=rows).estimator
    target = (rows.y - rows.y.mean()) / rows.y.std()

    def by_hand(random_state: Any) -> np.ndarray:
        network = clone(fitted).set_params(random_state=random_state)
        with threadpool_limits(1):
            for _ in range(4):
                network.partial_fit(rows.X, target)
        return np.asarray(network.coefs_[0])

    np.testing.assert_array_equal(fitted.coefs_[0], by_hand(np.random.RandomState(0)))
    # With a number scikit-learn begins every epoch with the same order.
    assert not np.allclose(fitted.coefs_[0], by_hand(0), atol=1e-4)


@pytest.mark.parametrize("n_rows", [3, 20, 60])
@pytest.mark.parametrize("kind", TASKS)
def test_few_rows_are_a_batch(kind: TaskKind, n_rows: int) -> None:
    rows = data(kind, 60)
    first = np.argsort(np.argsort(rows.y, kind="stable") % 20, kind="stable")[:n_rows]
    made = predictions(
        fit("network", kind, 3, rows=Watched(rows.X[first], rows.y[first])).estimator, rows.X, kind
    )
    assert np.isfinite(made).all()


def test_what_only_training_needs_is_forgotten() -> None:
    estimator = fit("network", "regression").estimator
    assert isinstance(estimator, MLPRegressor)
    assert estimator.random_state == 0
    assert not {"_optimizer", "_random_state"} & vars(estimator).keys()


@pytest.mark.parametrize(
    ("width", "layers", "expected"), [(128, 2, (128, 64)), (32, 1, (32,)), (20, 3, (20, 10, 8))]
)
def test_layers_narrow_by_halves(width: int, layers: int, expected: tuple[int, ...]) -> None:
    parameters = {**SMALL["network"], "width": width, "layers": layers}
    assert fit("network", "binary", 1, parameters=parameters).estimator.hidden_layer_sizes == expected
