import numpy as np
import pytest

from components._estimators import Facts, list_suitable
from components._estimators.prediction import predict
from components._problem.task import TaskKind
from tests.components._estimators.fits import EVERY, draw_data, fit


@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_predictions_are_those_of_scikit_learn(family: str, kind: TaskKind) -> None:
    estimator = fit(family, kind).estimator
    X = draw_data(kind, seed=1).X
    expected = estimator.predict(X) if kind == "regression" else estimator.predict_proba(X)
    np.testing.assert_allclose(predict(estimator, X, kind), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_a_row_is_predicted_alike_alone_and_among_many(family: str, kind: TaskKind) -> None:
    estimator = fit(family, kind).estimator
    X = np.repeat(draw_data(kind, n_rows=4, seed=1).X, 300, axis=0)
    together, alone = predict(estimator, X, kind), predict(estimator, X[:1], kind)
    np.testing.assert_allclose(together[:1], alone, rtol=1e-6, atol=1e-9)


def test_a_logarithm_is_undone() -> None:
    rows = draw_data("regression")
    rows = rows._replace(y=np.abs(rows.y))
    estimator = fit("linear", "regression", rows=rows, metric="neg_root_mean_squared_log_error").estimator
    inner = predict(estimator.estimator, rows.X, "regression")
    np.testing.assert_allclose(predict(estimator, rows.X, "regression"), np.expm1(inner))


@pytest.mark.parametrize("family", list_suitable(Facts("regression", "r2", 160, 6)))
def test_a_target_of_one_value_is_predicted(family: str) -> None:
    rows, later = (draw_data("regression", seed=seed) for seed in (0, 1))
    rows, later = rows._replace(y=np.full(len(rows.y), 7.5)), later._replace(y=np.full(len(later.y), 7.5))
    # As in a fold by time whose earliest rows are all alike.
    estimator = fit(family, "regression", later, rows=rows).estimator
    np.testing.assert_allclose(predict(estimator, rows.X, "regression"), 7.5, rtol=1e-3)
