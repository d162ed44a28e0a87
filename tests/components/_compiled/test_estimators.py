import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from components._compiled.estimators import Form, FormParts

MATRIX = np.array([[1.0, 2.0], [3.0, -1.0]], dtype=np.float32)
ARRAYS = {
    "one": np.array([[1.0], [2.0]]),
    "two": np.array([[1.0, 0.0], [0.0, 1.0]]),
    "three": np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
    "zero": np.array([0.0]),
    "zeros": np.zeros(3),
    "left": np.array([0]),
    "right": np.array([1]),
    "means": np.array([1.0, 0.0]),
    "scales": np.array([2.0, 1.0]),
    "values": np.array([[0.0], [1.0]]),
}


def make_linear(coefficients: str, intercept: str, link: str = "identity") -> Form:
    return {"kind": "linear", "coefficients": coefficients, "intercept": intercept, "link": link}


def predict(form: Form) -> np.ndarray:
    return FormParts(ARRAYS, {}).compile(form)(MATRIX)


def test_a_linear_form_ends_with_its_link() -> None:
    np.testing.assert_allclose(predict(make_linear("one", "zero")), [[5], [1]])
    np.testing.assert_allclose(predict(make_linear("one", "zero", "logistic")), expit([[5], [1]]))
    expected = softmax(MATRIX @ ARRAYS["three"], axis=1)
    np.testing.assert_allclose(predict(make_linear("three", "zeros", "softmax")), expected, rtol=1e-6)


def test_a_mean_weighs_its_members_and_stays_within_its_bound() -> None:
    members = [make_linear("one", "zero"), make_linear("one", "zero", "logistic")]
    form = {"kind": "mean", "members": members, "weights": [0.5, 0.5], "most": None}
    np.testing.assert_allclose(predict(form), [[(5 + expit(5)) / 2], [(1 + expit(1)) / 2]])
    np.testing.assert_allclose(predict({**form, "most": 1.0}), [[1], [(1 + expit(1)) / 2]])
    np.testing.assert_allclose(predict({**form, "members": members[:1], "weights": [1.0]}), [[5], [1]])


def test_a_calibration_changes_two_classes_by_platt_and_more_by_temperature() -> None:
    of_two = {
        "kind": "calibrated",
        "of": make_linear("one", "zero", "logistic"),
        "slope": 2.0,
        "intercept": 0.5,
    }
    np.testing.assert_allclose(predict(of_two), expit(2 * logit(expit([[5], [1]])) + 0.5))
    of_more = {
        "kind": "calibrated",
        "of": make_linear("three", "zeros", "softmax"),
        "slope": 0.5,
        "intercept": 0,
    }
    expected = softmax(0.5 * (MATRIX @ ARRAYS["three"]), axis=1)
    np.testing.assert_allclose(predict(of_more), expected, rtol=1e-5)


def test_a_chain_transforms_before_it_predicts() -> None:
    steps = [
        {"kind": "scale", "means": "means", "scales": "scales"},
        {"kind": "products", "left": "left", "right": "right"},
    ]
    np.testing.assert_allclose(predict({"kind": "chain", "steps": steps}), [[0, 2, 0], [1, -1, -1]])
    taken = {"kind": "take", "columns": "right"}
    np.testing.assert_allclose(predict({"kind": "chain", "steps": [taken]}), [[2], [-1]])
    exponential = {"kind": "exponential", "of": taken}
    np.testing.assert_allclose(predict(exponential), np.expm1([[2], [-1]]))


def test_a_network_uses_the_sigmoid_linear_unit_of_twice_the_sums() -> None:
    form = {"kind": "network", "layers": [("two", "zero"), ("one", "zero")], "link": "identity"}
    hidden = 2 * MATRIX * expit(2 * MATRIX)
    np.testing.assert_allclose(predict(form), hidden @ ARRAYS["one"], rtol=1e-6)


def test_neighbours_weigh_by_distance_and_a_row_itself_decides_alone() -> None:
    form = {"kind": "neighbours", "rows": "two", "values": "values", "n_neighbours": 2}
    # The distances of (1, 2) are 2 and sqrt(2), those of (3, -1) sqrt(5) and sqrt(13).
    first = (1 / np.sqrt(2)) / (1 / 2 + 1 / np.sqrt(2))
    second = (1 / np.sqrt(13)) / (1 / np.sqrt(5) + 1 / np.sqrt(13))
    np.testing.assert_allclose(predict(form), [[first], [second]], rtol=1e-6)
    itself = FormParts(ARRAYS, {}).compile(form)(np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(itself, [[1.0]])


def test_a_kernel_compares_with_its_sample() -> None:
    form = {"kind": "kernel", "sample": "two", "normalization": "two", "gamma": 0.1}
    expected = np.exp(-0.1 * np.array([[4.0, 2.0], [5.0, 13.0]]))
    np.testing.assert_allclose(predict(form), expected, rtol=1e-6)


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError, match="magic"):
        predict({"kind": "magic"})
