import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from components._compiled.neighbours import Neighbours


def _draw_rows(n_rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_rows, 3)).astype(np.float32)


@pytest.mark.parametrize("n_rows", [1, 2_000, 4_100])
def test_the_mean_is_scikit_learns_for_any_number_of_rows(n_rows: int) -> None:
    known, rows = _draw_rows(300, 0), _draw_rows(n_rows, 1)
    values = np.random.default_rng(2).normal(size=(300, 2))
    model = KNeighborsRegressor(7, weights="distance", algorithm="brute").fit(known, values)
    found = Neighbours(known, values, 7).average(rows)
    # Distances are rounded, which moves the weights of very near rows.
    np.testing.assert_allclose(found, model.predict(rows), rtol=0, atol=1e-3)


def test_a_row_alone_has_the_mean_that_it_has_among_many_with_equally_far_rows() -> None:
    rng = np.random.default_rng(0)
    # Whole numbers, standardised as a recipe does, have many equally far rows; rounding makes them differ.
    numbers = rng.integers(0, 4, size=(1_500, 20))
    rows = ((numbers - numbers.mean(axis=0)) / numbers.std(axis=0)).astype(np.float32)
    neighbours = Neighbours(rows[:1_000], rng.normal(size=(1_000, 1)), 15)
    many = neighbours.average(rows[1_000:])
    alone = np.concatenate([neighbours.average(row[None]) for row in rows[1_000:]])
    np.testing.assert_allclose(alone, many, rtol=0, atol=1e-12)


def test_of_equally_far_rows_the_first_count_and_a_known_row_decides_alone() -> None:
    known = np.array([[1.0], [-1.0], [1.0], [5.0]])
    neighbours = Neighbours(known, np.array([[1.0], [2.0], [4.0], [9.0]]), 2)
    np.testing.assert_allclose(neighbours.average(np.array([[0.0]])), [[1.5]])
    np.testing.assert_allclose(neighbours.average(np.array([[-1.0], [5.0]])), [[2.0], [9.0]])


def test_rows_that_only_rounding_tells_apart_are_equally_far() -> None:
    known = np.array([[1.0 + 1e-12], [-1.0], [3.0]])
    found = Neighbours(known, np.array([[1.0], [2.0], [4.0]]), 1).average(np.array([[0.0]]))
    np.testing.assert_allclose(found, [[1.0]])


def test_known_rows_without_length_are_no_obstacle() -> None:
    found = Neighbours(np.zeros((3, 2)), np.array([[1.0], [2.0], [9.0]]), 2).average(np.ones((1, 2)))
    np.testing.assert_allclose(found, [[1.5]])
