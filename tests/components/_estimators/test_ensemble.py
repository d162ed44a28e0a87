from pathlib import Path

import numpy as np
import pytest
from sklearn.base import is_classifier, is_regressor

from components._estimators import FAMILIES, predict
from components._estimators.ensemble import (
    EnsembleClassifier,
    EnsembleRegressor,
    average_predictions,
    calibrate,
)
from components._model.files import load_pipeline, save_pipeline
from components._problem.task import TASKS, TaskKind
from tests.components._estimators.fits import draw_data, fit

RNG = np.random.default_rng(0)
TWO = np.column_stack([1 - (positive := np.linspace(0.01, 0.99, 99)), positive])
THREE = RNG.dirichlet(np.ones(3), 200)


def build_ensemble(kind: TaskKind, slope: float = 1.0) -> EnsembleClassifier | EnsembleRegressor:
    """Return one member of every family."""
    members = [fit(name, kind).estimator for name, family in FAMILIES.items() if kind in family.kinds]
    shares = np.arange(1.0, len(members) + 1)
    weights = list(shares / shares.sum())
    if kind == "regression":
        return EnsembleRegressor(members, weights)
    return EnsembleClassifier(kind, members, weights, slope, 0.25 if kind == "binary" else 0.0)


@pytest.mark.parametrize("probabilities", [TWO, THREE, TWO.astype(np.float32)])
def test_a_calibration_of_one_and_zero_changes_nothing(probabilities: np.ndarray) -> None:
    assert calibrate(probabilities, 1, 0) is probabilities


@pytest.mark.parametrize("probabilities", [TWO, THREE])
def test_a_calibration_near_one_and_zero_changes_next_to_nothing(probabilities: np.ndarray) -> None:
    np.testing.assert_allclose(calibrate(probabilities, 1 + 1e-12, 0), probabilities, atol=1e-9)


@pytest.mark.parametrize(
    ("slope", "intercept", "expected"),
    [
        # logit(0.8) is log 4, and so on.
        (1.0, np.log(4), {0.5: 0.8, 0.8: 16 / 17}),
        (1.0, -np.log(4), {0.5: 0.2, 0.8: 0.5}),
        (2.0, 0.0, {0.5: 0.5, 0.8: 16 / 17, 0.2: 1 / 17}),
        (0.5, 0.0, {0.5: 0.5, 0.8: 2 / 3, 0.2: 1 / 3}),
    ],
)
def test_of_two_classes_the_second_follows_platt(
    slope: float, intercept: float, expected: dict[float, float]
) -> None:
    given = np.array(list(expected))
    made = calibrate(np.column_stack([1 - given, given]), slope, intercept)
    np.testing.assert_allclose(made[:, 1], list(expected.values()))
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-15)
    # The order of the rows does not depend on the shift.
    assert (np.diff(calibrate(TWO, slope, intercept)[:, 1]) > 0).all()


@pytest.mark.parametrize("slope", [0.05, 0.5, 3.0, 20.0])
def test_of_more_classes_a_temperature_keeps_the_likeliest(slope: float) -> None:
    made = calibrate(THREE, slope, 0)
    np.testing.assert_array_equal(made.argmax(axis=1), THREE.argmax(axis=1))
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-12)
    gains = made.max(axis=1) - THREE.max(axis=1)
    assert (gains > 0).all() if slope > 1 else (gains < 0).all()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_certain_probabilities_stay_finite(n_classes: int) -> None:
    made = calibrate(np.eye(n_classes), 20.0, -5.0 if n_classes == 2 else 0.0)
    assert np.isfinite(made).all()
    np.testing.assert_array_equal(made.argmax(axis=1), np.arange(n_classes))


@pytest.mark.parametrize(
    ("parts", "weights", "expected"),
    [
        ([[1.0, 2.0]], [1.0], [1.0, 2.0]),
        ([[0.0, 4.0], [4.0, 0.0]], [0.75, 0.25], [1.0, 3.0]),
        # Tenths do not add up to 1 in binary, but a mean of equal parts is equal to them.
        ([[1.0, 0.3]] * 10, [0.1] * 10, [1.0, 0.3]),
        ([[[0.2, 0.8]], [[0.6, 0.4]]], [0.5, 0.5], [[0.4, 0.6]]),
    ],
)
def test_means_are_weighted_and_lie_between_their_parts(
    parts: list[list[float]], weights: list[float], expected: list[float]
) -> None:
    arrays = [np.array(part) for part in parts]
    made = average_predictions(arrays, weights)
    np.testing.assert_allclose(made, expected, rtol=1e-15)
    assert (made <= np.max(arrays, axis=0)).all()
    assert (made >= np.min(arrays, axis=0)).all()
    np.testing.assert_array_equal(arrays[0], parts[0])


def test_parts_without_a_weight_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        average_predictions([np.zeros(2)] * 3, [0.5, 0.5])


@pytest.mark.parametrize("kind", TASKS)
def test_an_ensemble_is_the_mean_of_its_members_calibrated(kind: TaskKind) -> None:
    model = build_ensemble(kind, slope=1.5)
    X = draw_data(kind, seed=1).X
    by_hand = sum(
        weight * predict(member, X, kind) for weight, member in zip(model.weights, model.members, strict=True)
    )
    if isinstance(model, EnsembleRegressor):
        assert is_regressor(model)
        np.testing.assert_allclose(model.predict(X), by_hand, rtol=1e-12)
    else:
        assert is_classifier(model)
        expected = calibrate(np.asarray(by_hand), 1.5, model.intercept)
        np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", TASKS)
def test_an_ensemble_predicts_the_same_after_a_round_trip(tmp_path: Path, kind: TaskKind) -> None:
    model = build_ensemble(kind, slope=0.7)
    save_pipeline(model, tmp_path / "model.skops")
    loaded = load_pipeline(tmp_path / "model.skops")
    method = "predict" if kind == "regression" else "predict_proba"
    for X in (draw_data(kind, seed=1).X, draw_data(kind, 1, seed=2).X):
        np.testing.assert_array_equal(getattr(loaded, method)(X), getattr(model, method)(X))


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_it_is_not_fitted_again(kind: TaskKind) -> None:
    with pytest.raises(
        NotImplementedError, match=r"Ensemble\w+ is made of fitted parts; it cannot be fitted again"
    ):
        build_ensemble(kind).fit(*draw_data(kind)[:2])
