from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax

from components._estimators.perceptron import (
    Descent,
    Learner,
    PerceptronClassifier,
    PerceptronRegressor,
)

N_ROWS = 96
DESCENT = Descent(
    hidden=(8, 5), rate=1e-2, decay=0.0, dropout=0.0, batch=N_ROWS, epochs=10, link="softmax", seed=0
)
X = np.random.default_rng(0).normal(size=(N_ROWS, 4)).astype(np.float32)
VALUES = (X[:, :1] * X[:, 1:2]).astype(np.float32)
TARGETS = {
    "identity": VALUES,
    "logistic": (VALUES > 0).astype(np.float32),
    "softmax": np.eye(3, dtype=np.float32)[np.digitize(VALUES[:, 0], [-0.3, 0.3])],
}


def make_learner(link: str = "softmax", **changed: object) -> Learner:
    return Learner(X, TARGETS[link], replace(DESCENT, link=link, **changed))  # type: ignore[arg-type]


def compute_loss(of: Learner, link: str) -> float:
    if link == "identity":
        made = PerceptronRegressor(of.weights, of.biases).predict(X)
        return float(np.mean((made - VALUES[:, 0]) ** 2) / 2)
    probabilities = PerceptronClassifier(of.weights, of.biases).predict_proba(X)
    codes = TARGETS[link][:, 0].astype(int) if link == "logistic" else TARGETS[link].argmax(axis=1)
    return float(-np.log(probabilities[np.arange(N_ROWS), codes]).mean())


@pytest.mark.parametrize("link", TARGETS)
def test_the_gradient_is_that_of_the_loss(link: str) -> None:
    one = make_learner(link)
    one._differentiate(X, TARGETS[link])
    expected = []
    for values in (one.weights[0], one.weights[1], one.weights[2], one.biases[0], one.biases[2]):
        place, step = (0,) * values.ndim, np.float32(1e-2)
        kept = values[place]
        values[place] = kept + step
        above = compute_loss(one, link)
        values[place] = kept - step
        expected.append((above - compute_loss(one, link)) / (2 * step))
        values[place] = kept
    parts = (*one._by_weights, one._by_biases[0], one._by_biases[2])
    np.testing.assert_allclose([part.flat[0] for part in parts], expected, rtol=1e-2, atol=1e-4)
    assert max(map(abs, expected)) > 1e-2


@pytest.mark.parametrize("link", TARGETS)
def test_the_loss_falls(link: str) -> None:
    one = make_learner(link, batch=16, epochs=60)
    before = compute_loss(one, link)
    for _ in range(60):
        one.run_epoch()
    assert compute_loss(one, link) < before / 2


def test_a_step_is_adams() -> None:
    one = make_learner(epochs=1_000)
    weights = one.weights[0].copy()
    one.run_epoch()
    gradient = one._by_weights[0]
    # In the first step the means are the gradient and its square; the rate is a 50th of the full rate.
    expected = -DESCENT.rate / 50 * gradient / (np.abs(gradient) + 1e-8)
    np.testing.assert_allclose(one.weights[0] - weights, expected, rtol=1e-2)


def test_the_rate_rises_and_falls_to_nothing() -> None:
    one, moved = make_learner(epochs=60), []
    for _ in range(61):
        before = one.weights[0].copy()
        one.run_epoch()
        moved.append(float(np.abs(one.weights[0] - before).mean()))
    assert moved[0] < 0.5 * moved[2]
    assert moved[57] < 0.1 * max(moved)
    # Steps after the last one change nothing.
    assert moved[59] == moved[60] == 0


def test_decay_makes_weights_smaller_and_spares_biases() -> None:
    one = make_learner(decay=2.0, epochs=1_000)
    one.biases[0][:] = 1
    before = one.weights[0].copy()
    one._gradient[:] = 0
    one._take_step(20)
    # The first of 20 steps already has the full rate, reduced by the cosine.
    rate = DESCENT.rate * 0.5 * (1 + np.cos(np.pi / 20))
    np.testing.assert_allclose(one.weights[0], before * (1 - rate * 2), rtol=1e-5)
    assert (one.biases[0] == 1).all()


def test_dropout_leaves_units_out_and_keeps_their_sum() -> None:
    one = make_learner("identity", hidden=(4_000,), dropout=0.3)
    one._differentiate(X[:1], VALUES[:1])
    inner = X[:1] @ one.weights[0]
    unit = (2 * inner * expit(2 * inner))[0]
    of_last = one._by_weights[-1][:, 0]
    assert np.mean(of_last == 0) == pytest.approx(0.3, abs=0.03)
    ratios = (of_last / unit)[of_last != 0]
    # Kept units are scaled up for dropped ones: the error over 0.7.
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3)


def test_rows_come_in_a_new_order_in_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    one, seen = make_learner(batch=32), []
    monkeypatch.setattr(one, "_differentiate", lambda rows, target: seen.append(rows[:, 0].tolist()))
    one.run_epoch()
    one.run_epoch()
    first, second = ([value for rows in seen[i : i + 3] for value in rows] for i in (0, 3))
    assert sorted(first) == sorted(second) == sorted(X[:, 0].tolist())
    assert first != second


def test_predictions_are_those_of_the_formula() -> None:
    one = make_learner()
    values = X.astype(np.float64)
    for weights, bias in zip(one.weights[:-1], one.biases[:-1], strict=True):
        values = values @ weights + bias
        values = 2 * values / (1 + np.exp(-2 * values))
    outputs = values @ one.weights[-1] + one.biases[-1]
    made = PerceptronClassifier(one.weights, one.biases).predict_proba(X)
    np.testing.assert_allclose(made, softmax(outputs, axis=1), atol=1e-6)
    of_two = PerceptronClassifier(
        [*one.weights[:-1], one.weights[-1][:, :1]], [*one.biases[:-1], one.biases[-1][:1]]
    )
    np.testing.assert_allclose(of_two.predict_proba(X)[:, 1], expit(outputs[:, 0]), atol=1e-6)
