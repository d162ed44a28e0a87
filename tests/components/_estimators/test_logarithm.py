from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from components._estimators import FAMILIES, FitOptions, StoppingRows, fit, predict
from components._model.files import load_pipeline, save_pipeline
from components._problem.metrics import SCORERS
from tests.components._estimators.fits import EVERY

METRIC = "neg_root_mean_squared_log_error"


def _draw_rows(n_rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 5)).astype(np.float32)
    return X, np.exp(2 * X[:, 0].astype(np.float64) + 0.1 * rng.normal(size=n_rows))


@pytest.mark.parametrize("family", [name for name, kind in EVERY if kind == "regression"])
def test_a_metric_of_logarithms_is_learnt_as_such(family: str, tmp_path: Path) -> None:
    X, y = _draw_rows()
    parameters = FAMILIES[family].portfolio[0]
    of_y, of_logarithms = (
        fit(
            family,
            X,
            target,
            parameters,
            FitOptions("regression", metric, 0),
            StoppingRows(X[:50], target[:50]),
        )
        for target, metric in ((y, METRIC), (np.log1p(y), "neg_mean_squared_error"))
    )
    predicted = predict(of_y.estimator, X, "regression")
    np.testing.assert_allclose(
        predicted, np.expm1(predict(of_logarithms.estimator, X, "regression")), rtol=1e-12
    )
    assert of_y.steps == of_logarithms.steps
    assert (predicted > -1).all()
    # scikit-learn's transformer gives the same result.
    np.testing.assert_allclose(of_y.estimator.predict(X), predicted, rtol=1e-4)
    save_pipeline(Pipeline([("model", of_y.estimator)]), tmp_path / "model")
    stored = load_pipeline(tmp_path / "model")[-1]
    np.testing.assert_array_equal(predict(stored, X, "regression"), predicted)


def test_it_is_done_for_the_metrics_that_compare_logarithms() -> None:
    X, y = _draw_rows(60)
    parameters = FAMILIES["linear"].portfolio[0]
    wrapped = {
        metric
        for metric in SCORERS["regression"]
        if type(fit("linear", X, y, parameters, FitOptions("regression", metric, 0), 0).estimator).__name__
        == "LogarithmRegressor"
    }
    assert wrapped == {METRIC, "neg_mean_squared_log_error"}
