import math

import numpy as np
import pytest

from components._estimators import FAMILIES, Facts, predict
from tests.components._estimators.fits import draw_data, fit


@pytest.mark.parametrize("parameters", FAMILIES["linear"].portfolio)
@pytest.mark.parametrize("centre", [0.0, 1e6, -1e9])
def test_a_target_far_from_zero_keeps_its_digits(parameters: dict, centre: float) -> None:
    rows = draw_data("regression")
    moved = rows._replace(y=rows.y + centre)
    plain, other = (
        fit("linear", "regression", rows=each, parameters=parameters).estimator for each in (rows, moved)
    )
    expected = predict(plain, rows.X, "regression") + centre
    np.testing.assert_allclose(predict(other, rows.X, "regression"), expected, rtol=0, atol=1e-4)


def test_interactions_let_a_line_see_a_product() -> None:
    rows = draw_data("regression")
    product = rows._replace(y=(rows.X[:, 0] * rows.X[:, 1]).astype(np.float64))

    def error(**more: bool) -> float:
        parameters = {"strength": 1.0, "scaling": "standard", **more}
        made = predict(
            fit("linear", "regression", rows=product, parameters=parameters).estimator, rows.X, "regression"
        )
        return float(np.mean((made - product.y) ** 2) / product.y.var())

    assert error() > 0.8
    assert error(interactions=True) < 0.05


@pytest.mark.parametrize(
    ("n_rows", "percent", "has_products"), [(50_000, 100, True), (400_000, 100, False), (400_000, 30, True)]
)
def test_products_that_take_much_memory_are_left_out_whatever_the_time(
    n_rows: int, percent: int, has_products: bool
) -> None:
    facts = Facts("binary", "roc_auc", n_rows, 30)
    given = {"strength": 1.0, "percent": percent, "interactions": True}
    assert FAMILIES["linear"].shorten(given, facts, math.inf) == {**given, "interactions": has_products}


def test_a_row_far_from_the_others_is_predicted_in_double_precision() -> None:
    rows = draw_data("regression")
    estimator = fit("linear", "regression", rows=rows, parameters={"strength": 1.0}).estimator
    far = np.full((1, rows.X.shape[1]), 1e6, dtype=np.float32)
    expected = far.astype(np.float64) @ estimator.coef_ + estimator.intercept_
    np.testing.assert_allclose(estimator.predict(far), expected, rtol=1e-12)
