import numpy as np
import pytest

from components._estimators.prediction import predict
from tests.components._estimators.fits import draw_data, fit


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing_and_one_predicts(threads: int) -> None:
    fitted = fit("extra_trees", "regression", threads=threads)
    assert (fitted.estimator.n_jobs, fitted.steps) == (1, 0)
    again = fit("extra_trees", "regression")
    X = draw_data("regression", seed=1).X
    np.testing.assert_array_equal(
        predict(fitted.estimator, X, "regression"), predict(again.estimator, X, "regression")
    )


def test_leaves_of_a_large_table_are_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components._estimators.forest._MOST_LEAVES", 4)
    estimator = fit("extra_trees", "binary").estimator
    assert estimator.min_samples_leaf == 40


def test_predictions_rise_with_a_feature_that_must() -> None:
    rows = draw_data("regression")
    monotonic = (1, -1, 0, 0, 0, 0)
    estimator = fit("extra_trees", "regression", rows=rows, monotonic=monotonic).estimator
    assert estimator.monotonic_cst == list(monotonic)
    grid = np.repeat(rows.X[:1], 50, axis=0)
    grid[:, 0] = np.linspace(-3, 3, 50)
    assert (np.diff(predict(estimator, grid, "regression")) >= 0).all()
