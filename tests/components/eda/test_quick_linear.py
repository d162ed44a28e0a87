import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from components.eda.quick_linear import predict_linearly

RNG = np.random.default_rng(0)
N = 200
COLUMNS = RNG.normal(size=(N, 2))
SPLITS = [(np.arange(100, N), np.arange(100)), (np.arange(100), np.arange(100, N))]
ONES = np.ones(N)


def test_numbers_are_predicted_as_by_least_squares() -> None:
    y = COLUMNS @ [2.0, -1.0] + 10 + RNG.normal(size=N)
    predicted = predict_linearly(COLUMNS, y, "regression", SPLITS, ONES)
    expected = np.concatenate(
        [LinearRegression().fit(COLUMNS[fit], y[fit]).predict(COLUMNS[score]) for fit, score in SPLITS]
    )
    assert predicted == pytest.approx(expected, abs=0.1)


def test_weights_decide_between_two_answers() -> None:
    y = np.where(np.arange(N) % 2, 1.0, -1.0)
    predicted = predict_linearly(np.zeros((N, 1)), y, "regression", SPLITS, np.where(y > 0, 9.0, 1.0))
    assert predicted == pytest.approx(np.full(N, 0.8))


@pytest.mark.parametrize(("kind", "n_classes"), [("binary", 2), ("multiclass", 3)])
def test_classes_get_probabilities(kind, n_classes) -> None:
    y = np.argsort(np.argsort(COLUMNS[:, 0])) * n_classes // N
    predicted = predict_linearly(COLUMNS, y, kind, SPLITS, ONES)
    if kind == "binary":
        assert ((predicted > 0.5) == (y == 1)).mean() > 0.9
    else:
        assert predicted.sum(axis=1) == pytest.approx(ONES)
        assert (predicted.argmax(axis=1) == y).mean() > 0.8


def test_a_null_is_known_as_such_and_huge_numbers_do_no_harm() -> None:
    is_null = np.arange(N) % 3 == 0
    columns = np.column_stack([np.where(is_null, np.nan, COLUMNS[:, 0]), np.full(N, 1e300)])
    y = np.where(is_null, 5.0, COLUMNS[:, 0])
    predicted = predict_linearly(columns, y, "regression", SPLITS, ONES)
    assert np.sqrt(np.mean((predicted - y) ** 2)) < 0.3
