import numpy as np
import pytest
from scipy.special import softmax

from components._compiled.predictions import (
    apply_softmax,
    average_leaves,
    calibrate_outputs,
    compute_class_outputs,
    run_layers,
    sum_weighted,
    to_probabilities,
)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 3), (500, 2), (40, 33)])
def test_the_softmax_is_scipys_to_the_last_bit(shape: tuple[int, int], precision: type) -> None:
    values: np.ndarray = (np.random.default_rng(0).normal(size=shape) * 100).astype(precision)
    np.testing.assert_array_equal(apply_softmax(values), softmax(values, axis=1))


def test_one_layer_is_linear_and_smooth_units_are_between_two() -> None:
    matrix, ones = np.array([[1.0, 2.0]], dtype=np.float32), np.ones((2, 1), dtype=np.float32)
    bias = np.array([-3.5], dtype=np.float32)
    sums = run_layers(matrix, [ones], [bias])
    assert sums.dtype == np.float64
    assert sums.tolist() == [[-0.5]]
    weight = np.array([[2.0]], dtype=np.float32)
    two = run_layers(matrix, [ones, weight], [bias, np.zeros(1, np.float32)])
    np.testing.assert_allclose(two, [[2 * -1 / (1 + np.exp(1))]], rtol=1e-6)


def test_the_sums_of_a_row_do_not_depend_on_the_rows_beside_it() -> None:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape).astype(np.float32) for shape in ((50, 256), (256, 256), (256, 3))]
    biases = [rng.normal(size=n).astype(np.float32) for n in (256, 256, 3)]
    rows = (10 * rng.normal(size=(5_000, 50))).astype(np.float32)
    together = run_layers(rows, weights, biases)
    alone = np.concatenate([run_layers(rows[i : i + 1], weights, biases) for i in (0, 1_999, 2_000, 4_999)])
    np.testing.assert_allclose(together[[0, 1_999, 2_000, 4_999]], alone, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_rows", [1, 4_100])
def test_classes_are_compared_by_their_distances(n_classes: int, n_rows: int) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(n_rows, 2)).astype(np.float32)
    factors, means = rng.normal(size=(n_classes, 2, 2)), rng.normal(size=(n_classes, 2))
    constants = np.arange(float(n_classes))
    steps = np.einsum("ncf,cfg->ncg", matrix[:, None] - means, factors)
    expected = softmax(constants - (steps**2).sum(axis=2), axis=1)
    offsets = np.einsum("cf,cfg->cg", means, factors).ravel()
    found = compute_class_outputs(matrix, np.concatenate(list(factors), axis=1), offsets, constants)
    np.testing.assert_allclose(found, expected[:, 1:] if n_classes == 2 else expected, atol=1e-12)


def test_each_part_is_weighted() -> None:
    parts = [np.array([1.0, 2.0]), np.array([3.0, -1.0])]
    assert sum_weighted(iter(parts), [0.5, 2.0]).tolist() == [6.5, -1.0]
    with pytest.raises(ValueError, match="zip"):
        sum_weighted(parts, [1.0])


def test_one_output_is_the_probability_of_the_second_class() -> None:
    assert to_probabilities(np.array([[0.25], [1.0]])).tolist() == [[0.75, 0.25], [0.0, 1.0]]
    three = np.array([[0.2, 0.3, 0.5]])
    assert to_probabilities(three) is three


def test_outputs_of_two_and_of_more_classes_are_calibrated() -> None:
    np.testing.assert_allclose(calibrate_outputs(np.array([[0.5]]), 1.0, np.log(4)), [[0.8]])
    np.testing.assert_allclose(
        calibrate_outputs(np.array([[0.2, 0.2, 0.4]]), 2.0, 0.0), [[1 / 6, 1 / 6, 4 / 6]]
    )


def test_the_outputs_of_leaves_are_averaged_over_the_trees() -> None:
    # Leaf 0 has two outputs, leaf 1 none, leaf 2 one.
    entries = np.array([0, 2, 2, 3]), np.array([0, 2, 1]), np.array([0.5, 0.25, 1.0], dtype=np.float32)
    leaves = np.array([[0, 2], [1, 2]])
    expected = np.array([[0.5, 1.0, 0.25], [0.0, 1.75, 0.0]]) / 1.75
    np.testing.assert_allclose(average_leaves(leaves, entries, 3), expected)
    alone = np.array([0, 1, 1, 2]), np.array([0, 0]), np.array([3.0, 5.0])
    np.testing.assert_allclose(average_leaves(leaves, alone, 1), np.array([[4.0], [2.5]]))
    np.testing.assert_allclose(average_leaves(np.array([[1, 1]]), alone, 1), np.zeros((1, 1)))
