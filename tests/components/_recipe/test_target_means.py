import numpy as np
import pytest

from components._recipe.target_means import (
    compute_shrunken_means,
    cross_fit_means,
    list_outputs,
    remove_levels,
)


def _draw_effects(noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return categories, values, and the true means of the categories."""
    rng = np.random.default_rng(0)
    effects = rng.normal(size=300)
    codes = rng.choice(300, 3_000, p=np.arange(1, 301) / np.arange(1, 301).sum())
    return codes, effects[codes] + rng.normal(0, noise, 3_000), effects


@pytest.mark.parametrize("noise", [0.5, 2.0, 5.0])
def test_shrunken_means_are_nearer_to_the_truth(noise: float) -> None:
    codes, values, effects = _draw_effects(noise)
    shrunken = compute_shrunken_means(codes, values[:, None], 300)[:, 0]
    counts = np.bincount(codes, minlength=300)
    plain = np.bincount(codes, values, 300) / np.maximum(counts, 1)
    # The best weights, if the variances were known.
    best = plain * counts / (counts + noise**2)
    errors = [float(np.mean((means - effects) ** 2)) for means in (shrunken, plain, best)]
    assert errors[0] < errors[1]
    assert errors[0] < 1.1 * errors[2]


def test_exact_categories_are_not_shrunken_and_those_without_rows_have_0() -> None:
    means = compute_shrunken_means(np.array([0, 0, 2, 2]), np.array([[1.0], [1.0], [-1.0], [-1.0]]), 4)
    assert means.tolist() == [[1.0], [0.0], [-1.0], [0.0]]


def test_categories_that_say_nothing_have_0() -> None:
    values = np.array([[1.0], [-1.0]] * 10)
    assert compute_shrunken_means(np.repeat(np.arange(10), 2), values, 10).tolist() == [[0.0]] * 10
    assert compute_shrunken_means(np.empty(0, dtype=int), np.empty((0, 2)), 3).tolist() == [[0.0] * 2] * 3


def test_levels_of_blocks_are_subtracted() -> None:
    outputs = np.array([[1.0], [3.0], [10.0]])
    assert remove_levels(outputs, np.array([1, 1, 0])).tolist() == [[-1.0], [1.0], [0.0]]


def test_outputs_of_classes_are_a_column_each() -> None:
    assert list_outputs(np.array([2, 0]), "multiclass").tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert list_outputs(np.array([1, 0]), "binary").tolist() == [[1.0], [0.0]]


def test_rows_get_the_means_of_the_other_folds() -> None:
    codes, values, _ = _draw_effects(1.0)
    fitted = cross_fit_means(codes, values, 300, "regression", 0)
    assert fitted.means.shape == (300, 1)
    moved = cross_fit_means(codes, values + 100 * (np.arange(3_000) == 7), 300, "regression", 0)
    assert moved.of_rows[7] == fitted.of_rows[7]
    assert (moved.of_rows[codes == codes[7]] != fitted.of_rows[codes == codes[7]]).any()
