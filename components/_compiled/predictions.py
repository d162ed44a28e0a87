"""The arithmetic of predictions that fitted estimators share with their compiled forms.

Outputs have shape (n_rows, n_outputs): the probability of the second of two classes, of each of more classes,
or the value of a regression.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

import numpy as np
from scipy.special import expit, logit

# The logit of 0 and of 1 is infinite.
_LEAST = 1e-6
# Rows whose distances to all classes are in memory at once.
_BLOCK_ROWS = 2_000


def apply_softmax(values: np.ndarray) -> np.ndarray:
    """Return the softmax of each row; for few rows it takes half the time of SciPy's."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


# From the last sums of an estimator to its outputs.
LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda values: values,
    "logistic": expit,
    "softmax": apply_softmax,
}


def run_layers(matrix: np.ndarray, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sums of a perceptron's last layer, float64 of shape (n_rows, n_outputs).

    All sums are in double precision: in single precision they would depend on the rows beside a row, by
    more than a compiled model may differ.

    Between the layers a unit is x * (1 + tanh(x)), which is SiLU (Elfwing et al. 2018, arXiv:1702.03118) of
    2 x. NumPy's tanh takes a tenth of the time of SciPy's logistic function.
    """
    outputs = np.empty((len(matrix), len(biases[-1])))
    for start in range(0, len(matrix), _BLOCK_ROWS):
        rows = matrix[start : start + _BLOCK_ROWS].astype(np.float64)
        for of_layer, bias in zip(weights[:-1], biases[:-1], strict=True):
            sums = rows @ of_layer + bias
            rows = sums + sums * np.tanh(sums)
        outputs[start : start + _BLOCK_ROWS] = rows @ weights[-1] + biases[-1]
    return outputs


def compute_class_outputs(
    matrix: np.ndarray, factors: np.ndarray, offsets: np.ndarray, constants: np.ndarray
) -> np.ndarray:
    """Return the outputs of classes that are normal distributions.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Features.
    factors : ndarray of shape (n_features, n_classes * n_features)
        Class after class, what makes the squared length of a row its distance to the class.
    offsets : ndarray of shape (n_classes * n_features,)
        The product of each class's mean and factors.
    constants : ndarray of shape (n_classes,)
        The logit of each class for a row at its mean.
    """
    n_classes = len(constants)
    logits = np.empty((len(matrix), n_classes))
    for start in range(0, len(matrix), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        steps = (matrix[block] @ factors - offsets).reshape(len(matrix[block]), n_classes, -1)
        logits[block] = constants - np.einsum("ncf,ncf->nc", steps, steps)
    return expit(logits[:, 1:] - logits[:, :1]) if n_classes == 2 else apply_softmax(logits)


def sum_weighted(parts: Iterable[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted sum of predictions of one shape."""
    return reduce(np.add, (weight * part for weight, part in zip(weights, parts, strict=True)))


def average_leaves(
    leaves: np.ndarray, entries: tuple[np.ndarray, np.ndarray, np.ndarray], n_outputs: int
) -> np.ndarray:
    """Return the mean of the outputs of a forest's leaves, float64 of shape (n_rows, n_outputs).

    Parameters
    ----------
    leaves : ndarray of int, shape (n_rows, n_trees)
        The leaf of each row in each tree.
    entries : tuple of ndarrays
        Where each leaf's entries start, shape (n_leaves + 1,), and the entries: the outputs of a leaf that
        are not 0, and their values.
    n_outputs : int
        Outputs of a row. Of several, which are probabilities, each row's add up to 1.
    """
    starts, outputs, values = entries
    flat = leaves.ravel()
    first, counts = starts[flat], starts[flat + 1] - starts[flat]
    ends = counts.cumsum()
    chosen = np.arange(ends[-1]) + np.repeat(first - ends + counts, counts)
    cells = outputs[chosen] + np.repeat(
        np.arange(len(leaves)) * n_outputs, counts.reshape(leaves.shape).sum(axis=1)
    )
    sums = np.bincount(cells, values[chosen], len(leaves) * n_outputs).reshape(len(leaves), n_outputs)
    return np.asarray(sums / (leaves.shape[1] if n_outputs == 1 else sums.sum(axis=1, keepdims=True)))


def calibrate_outputs(outputs: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Return probabilities with their logits multiplied by a slope and, if there is one output, shifted.

    This is Platt scaling (1999) for two classes, temperature scaling (Guo et al. 2017) for more.
    """
    clipped = np.clip(outputs, _LEAST, 1 - _LEAST)
    if outputs.shape[1] == 1:
        return np.asarray(expit(slope * logit(clipped) + intercept))
    return apply_softmax(slope * np.log(clipped))


def to_probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return the probability of each class, shape (n_rows, n_classes)."""
    return np.column_stack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
