import numpy as np
import pytest

from components._estimators import predict
from components._estimators.family import StoppingRows
from components._estimators.pieces import NumberPieces, limit_pieces
from tests.components._estimators.fits import fit
from tests.components._model.tables import SMALL

RNG = np.random.default_rng(0)


def test_pieces_hold_as_many_rows_each_and_cover_the_range() -> None:
    X = RNG.exponential(size=(1_000, 1)).astype(np.float32)
    made = NumberPieces(5).fit(X).transform(X)
    assert made.shape == (1_000, 6)
    within = (np.abs(made[:, 1:]) < 0.5).sum(axis=0)
    np.testing.assert_allclose(within, 200, atol=2)
    np.testing.assert_allclose(made[X.argmin(), 1:], -0.5, atol=1e-6)
    np.testing.assert_allclose(made[X.argmax(), 1:], 0.5, atol=1e-6)


def test_a_flag_has_no_pieces_and_a_frequent_value_no_empty_one() -> None:
    flag = RNG.random(1_000) < 0.3
    often = np.where(RNG.random(1_000) < 0.5, 0.0, RNG.normal(size=1_000))
    X = np.column_stack([flag, often]).astype(np.float32)
    pieces = NumberPieces(8).fit(X)
    assert set(pieces.columns_) == {1}
    assert 3 <= len(pieces.columns_) < 8
    assert np.isfinite(pieces.transform(X)).all()


@pytest.mark.parametrize(
    ("n_numbers", "expected"), [(0, 8), (1, 8), (20, 8), (21, 7), (40, 4), (53, 3), (54, 0), (500, 0)]
)
def test_many_numbers_have_few_pieces_each_or_none(n_numbers: int, expected: int) -> None:
    assert limit_pieces(8, n_numbers) == expected


def test_a_row_is_placed_alike_alone_and_among_others() -> None:
    X = RNG.normal(size=(50, 3)).astype(np.float32)
    pieces = NumberPieces(8).fit(X)
    alone = np.vstack([pieces.transform(X[i : i + 1]) for i in range(50)])
    np.testing.assert_array_equal(alone, pieces.transform(X))


def test_a_network_learns_steps_sooner_with_pieces() -> None:
    X = RNG.uniform(-1, 1, size=(1_200, 4)).astype(np.float32)
    y = np.where(np.abs(X[:, 0]) < 0.3, 1.0, 0.0) + np.floor(3 * X[:, 1])
    rows, fresh = StoppingRows(X[:800], y[:800]), StoppingRows(X[800:], y[800:])

    def compute_error(pieces: int) -> float:
        parameters = {**SMALL["network"], "pieces": pieces}
        fitted = fit("network", "regression", 20, rows=rows, parameters=parameters)
        return float(np.mean((predict(fitted.estimator, fresh.X, "regression") - fresh.y) ** 2))

    assert compute_error(8) < 0.8 * compute_error(0)
