"""A multilayer perceptron: its predictions, and how it learns."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from components._compiled.predictions import LINKS, run_layers, to_probabilities
from components._estimators.prefit_estimator import PrefitEstimator

# Adam's decay of its two means (Kingma and Ba 2015). The second is smaller than usual, which is better for
# tables (Holzmüller et al. 2024, arXiv:2407.04491).
_FIRST_MEAN, _SECOND_MEAN = 0.9, 0.95
_EPSILON = 1e-8
# Share of the steps in which the learning rate rises.
_WARM_UP = 0.05
# Dropout draws a byte for each unit, an eighth of the random bits of a float.
_BYTES = 256


class _Perceptron(PrefitEstimator):
    """Fitted layers with smooth units between them.

    Parameters
    ----------
    weights : list of ndarray, shapes (n_inputs, n_outputs)
        One for each layer.
    biases : list of ndarray, shapes (n_outputs,)
        One for each layer.
    """

    def __init__(self, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        self.weights = weights
        self.biases = biases


class PerceptronRegressor(RegressorMixin, _Perceptron):  # type: ignore[misc]
    """A fitted perceptron with one output, the value."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the values, shape (n_rows,)."""
        return run_layers(X, self.weights, self.biases)[:, 0]


class PerceptronClassifier(ClassifierMixin, _Perceptron):  # type: ignore[misc]
    """A fitted perceptron whose outputs are logits: one for two classes, else one for each."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        sums = run_layers(X, self.weights, self.biases)
        return to_probabilities(LINKS["logistic" if sums.shape[1] == 1 else "softmax"](sums))


@dataclass(frozen=True)
class Descent:
    """The settings of gradient descent.

    Attributes
    ----------
    hidden : tuple of int
        Width of each layer but the last.
    rate : float
        Learning rate at its highest: it rises for a twentieth of the steps and then falls along a cosine to 0
        (Loshchilov and Hutter 2017, arXiv:1608.03983).
    decay : float
        Weight decay apart from the gradient, as a multiple of the rate (Loshchilov and Hutter 2019,
        arXiv:1711.05101).
    dropout : float
        Probability that a unit is left out in a step (Srivastava et al. 2014).
    batch : int
        Rows of a step, at most all rows.
    epochs : int
        Passes over the rows in which the rate falls to 0.
    link : {"identity", "logistic", "softmax"}
        From outputs to predictions; the loss of identity is the squared error, of the others the log loss.
    seed : int
        Seed of the first weights, the order of the rows and the dropout.
    """

    hidden: tuple[int, ...]
    rate: float
    decay: float
    dropout: float
    batch: int
    epochs: int
    link: str
    seed: int


class Learner:
    """A perceptron while it learns.

    Parameters
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
        Features.
    target : ndarray of float32, shape (n_rows, n_outputs)
        The predictions to learn.
    descent : Descent
        How to learn them.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts: a row is drawn into batches that often (Needell, Srebro and Ward 2016,
        arXiv:1310.5715). None if all rows count alike.

    Attributes
    ----------
    weights, biases : list of ndarray
        One for each layer; they change as it learns.
    """

    def __init__(
        self, X: np.ndarray, target: np.ndarray, descent: Descent, weights: np.ndarray | None = None
    ) -> None:
        self._X, self._target, self.descent = X, target, descent
        self._shares = None if weights is None else weights / weights.sum()
        self._rng = np.random.default_rng(descent.seed)
        self._steps = 0
        self._n_dropped = round(_BYTES * descent.dropout)
        shapes = list(pairwise((X.shape[1], *descent.hidden, target.shape[1])))
        self._n_weights = sum(rows * columns for rows, columns in shapes)
        size = self._n_weights + sum(columns for _, columns in shapes)
        # One array for all layers, so that a step of Adam takes a few operations for any number of layers.
        arrays = (np.zeros(size, np.float32) for _ in range(5))
        self._all, self._gradient, self._first, self._second, self._change = arrays
        self.weights, self.biases = _split_views(self._all, shapes)
        self._by_weights, self._by_biases = _split_views(self._gradient, shapes)
        for layer, weights in enumerate(self.weights):
            # He et al. 2015: a unit doubles its sum, and keeps half of the variance.
            gain = 0.5 if layer < len(descent.hidden) else 1.0
            weights[:] = self._rng.standard_normal(weights.shape) * np.sqrt(gain / len(weights))

    def run_epoch(self, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Learn from as many rows as there are, but for an incomplete last batch.

        Without weights each row comes once, in a new order. ``is_over`` is called before every batch but the
        first; return whether there was time for all.
        """
        n_rows = len(self._X)
        batch = min(self.descent.batch, n_rows)
        n_batches = n_rows // batch
        if self._shares is None:
            order = self._rng.permutation(n_rows)
        else:
            order = self._rng.choice(n_rows, n_rows, p=self._shares)
        # The caller checks the weights for NaN.
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(n_batches):
                if i and is_over():
                    return False
                rows = order[i * batch : (i + 1) * batch]
                self._differentiate(self._X[rows], self._target[rows])
                self._take_step(self.descent.epochs * n_batches)
        return not is_over()

    def copy(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the weights and biases as they are now."""
        return [weights.copy() for weights in self.weights], [bias.copy() for bias in self.biases]

    def _differentiate(self, X: np.ndarray, target: np.ndarray) -> None:
        """Compute the gradient of the mean loss of some rows."""
        inputs, slopes = [X], []
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            sums = inputs[-1] @ weights
            sums += bias
            gates = np.tanh(sums)
            values = sums + sums * gates
            # The derivative of x * (1 + tanh(x)).
            slope = gates * (1 - values) + values + 1
            if self._n_dropped:
                scale = self._draw_kept(values.shape)
                values *= scale
                slope *= scale
            inputs.append(values)
            slopes.append(slope)
        outputs = inputs[-1] @ self.weights[-1] + self.biases[-1]
        # For the squared error and both log losses this is the prediction minus the target.
        error = (LINKS[self.descent.link](outputs) - target) / np.float32(len(X))
        for layer in reversed(range(len(self.weights))):
            np.matmul(inputs[layer].T, error, out=self._by_weights[layer])
            np.sum(error, axis=0, out=self._by_biases[layer])
            if layer:
                error = error @ self.weights[layer].T
                error *= slopes[layer - 1]

    def _draw_kept(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return 0 for the units left out, and what keeps the mean for the others."""
        size = math.prod(shape)
        words = self._rng.bit_generator.random_raw(-(-size // 8))
        drawn = words.view(np.uint8)[:size].reshape(shape)
        return (drawn >= self._n_dropped) * np.float32(_BYTES / (_BYTES - self._n_dropped))

    def _take_step(self, n_steps: int) -> None:
        self._steps += 1
        share = min(self._steps / n_steps, 1.0)
        rate = self.descent.rate * min(share / _WARM_UP, 1.0) * 0.5 * (1 + np.cos(np.pi * share))
        # In place: new arrays would take as long as the arithmetic.
        gradient, change = self._gradient, self._change
        self._first *= _FIRST_MEAN
        self._first += np.multiply(gradient, 1 - _FIRST_MEAN, out=change)
        self._second *= _SECOND_MEAN
        np.square(gradient, out=change)
        change *= 1 - _SECOND_MEAN
        self._second += change
        np.multiply(self._second, 1 / (1 - _SECOND_MEAN**self._steps), out=change)
        np.sqrt(change, out=change)
        change += _EPSILON
        np.divide(self._first, change, out=change)
        change *= rate / (1 - _FIRST_MEAN**self._steps)
        self._all[: self._n_weights] *= 1 - rate * self.descent.decay
        self._all -= change


def _split_views(
    values: np.ndarray, shapes: list[tuple[int, int]]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return views of an array: a matrix for each shape, then a vector for the columns of each."""
    sizes = [*(rows * columns for rows, columns in shapes), *(columns for _, columns in shapes)]
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=False)], parts[len(shapes) :]
