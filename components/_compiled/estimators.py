"""Estimators as functions of a matrix, compiled from the exports of fitted ones.

Each function takes features, shape (n_rows, n_features), and returns float64 outputs, shape
(n_rows, n_outputs): the probability of the second of two classes, of each of more classes, or the value of a
regression.
"""

import gzip
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from components._compiled.neighbours import Neighbours
from components._compiled.pieces import add_pieces
from components._compiled.predictions import (
    LINKS,
    average_leaves,
    calibrate_outputs,
    compute_class_outputs,
    run_layers,
    sum_weighted,
)
from components._compiled.ranks import NormalScores
from components._compiled.trees import Leaves, Trees

Function = Callable[[np.ndarray], np.ndarray]
Form = dict[str, Any]

# Rows whose leaves of all trees are in memory at once.
_BLOCK_ROWS = 2_000
# Rows whose distances from all known rows fit into a processor's cache.
_KERNEL_ROWS = 256


class FormParts:
    """The arrays and trees of forms, by name: coefficients, quantiles, LightGBM's texts, packed by gzip."""

    def __init__(self, arrays: Mapping[str, np.ndarray], trees: Mapping[str, bytes]) -> None:
        self.arrays = arrays
        self._trees = trees

    def read_trees(self, name: str) -> str:
        """Return a text of LightGBM."""
        return gzip.decompress(self._trees[name]).decode()

    def compile(self, form: Form) -> Function:
        """Return the function that a form describes.

        Raises
        ------
        KeyError
            The kind of form is unknown, or a part is missing.
        """
        return _KINDS[form["kind"]](self, form)


def _compile_mean(parts: FormParts, form: Form) -> Function:
    members = [parts.compile(member) for member in form["members"]]
    weights = form["weights"]
    if len(members) == 1:
        return members[0]
    most = form["most"]

    def average(matrix: np.ndarray) -> np.ndarray:
        total = sum_weighted((member(matrix) for member in members), weights)
        # Rounding may leave a mean of probabilities above 1.
        return np.asarray(total if most is None else np.minimum(total, most))

    return average


def _compile_calibrated(parts: FormParts, form: Form) -> Function:
    inner, slope, intercept = parts.compile(form["of"]), form["slope"], form["intercept"]
    return lambda matrix: calibrate_outputs(inner(matrix), slope, intercept)


def _compile_exponential(parts: FormParts, form: Form) -> Function:
    inner = parts.compile(form["of"])
    return lambda matrix: np.expm1(inner(matrix))


def _compile_chain(parts: FormParts, form: Form) -> Function:
    steps = [parts.compile(step) for step in form["steps"]]

    def apply_steps(matrix: np.ndarray) -> np.ndarray:
        for step in steps:
            matrix = step(matrix)
        return matrix

    return apply_steps


def _compile_trees(parts: FormParts, form: Form) -> Function:
    return Trees(parts.read_trees(form["trees"]), form["n_features"])


def _compile_forest(parts: FormParts, form: Form) -> Function:
    leaves = Leaves(parts.read_trees(form["trees"]), form["n_features"])
    starts, outputs, values, first = (
        parts.arrays[form[name]] for name in ("starts", "outputs", "values", "first")
    )
    n_outputs = form["n_outputs"]

    def predict_block(matrix: np.ndarray) -> np.ndarray:
        found = leaves(matrix).astype(np.int32) + first
        return average_leaves(found, (starts, outputs, values), n_outputs)

    def predict_all(matrix: np.ndarray) -> np.ndarray:
        if len(matrix) <= _BLOCK_ROWS:
            return predict_block(matrix)
        blocks = range(0, len(matrix), _BLOCK_ROWS)
        return np.concatenate([predict_block(matrix[start : start + _BLOCK_ROWS]) for start in blocks])

    return predict_all


def _compile_linear(parts: FormParts, form: Form) -> Function:
    coefficients, intercept = parts.arrays[form["coefficients"]], parts.arrays[form["intercept"]]
    link = LINKS[form["link"]]
    return lambda matrix: link((matrix @ coefficients + intercept).astype(np.float64))


def _compile_network(parts: FormParts, form: Form) -> Function:
    layers = [[parts.arrays[name].astype(np.float64) for name in names] for names in form["layers"]]
    weights, biases = zip(*layers, strict=True)
    link = LINKS[form["link"]]
    return lambda matrix: link(run_layers(matrix, weights, biases))


def _compile_gaussian(parts: FormParts, form: Form) -> Function:
    factors, offsets, constants = (parts.arrays[form[name]] for name in ("factors", "offsets", "constants"))
    return lambda matrix: compute_class_outputs(matrix, factors, offsets, constants)


def _compile_neighbours(parts: FormParts, form: Form) -> Function:
    rows, values = parts.arrays[form["rows"]], parts.arrays[form["values"]]
    return Neighbours(rows, values, form["n_neighbours"]).average


def _compile_take(parts: FormParts, form: Form) -> Function:
    columns = parts.arrays[form["columns"]]
    return lambda matrix: np.ascontiguousarray(matrix[:, columns])


def _compile_ranks(parts: FormParts, form: Form) -> Function:
    return NormalScores(parts.arrays[form["quantiles"]])


def _compile_pieces(parts: FormParts, form: Form) -> Function:
    columns, factors, offsets = (parts.arrays[form[name]] for name in ("columns", "factors", "offsets"))
    return lambda matrix: add_pieces(matrix, columns, factors, offsets)


def _compile_products(parts: FormParts, form: Form) -> Function:
    left, right = parts.arrays[form["left"]], parts.arrays[form["right"]]
    return lambda matrix: np.concatenate([matrix, matrix[:, left] * matrix[:, right]], axis=1)


def _compile_scale(parts: FormParts, form: Form) -> Function:
    means, scales = parts.arrays[form["means"]], parts.arrays[form["scales"]]
    return lambda matrix: ((matrix - means) / scales).astype(np.float32)


def _compile_kernel(parts: FormParts, form: Form) -> Function:
    sample, normalization = parts.arrays[form["sample"]], parts.arrays[form["normalization"]]
    squares, gamma = (sample**2).sum(axis=1), form["gamma"]
    across = sample.T.astype(np.float64)

    def transform_block(matrix: np.ndarray) -> np.ndarray:
        wide = matrix.astype(np.float64)
        kernel = 2 * wide @ across
        # In place: fresh memory for each step would take a third of the time.
        np.subtract(squares, kernel, out=kernel)
        kernel += (wide**2).sum(axis=1)[:, None]
        np.maximum(kernel, 0, out=kernel)
        kernel *= -gamma
        np.exp(kernel, out=kernel)
        return np.asarray(kernel @ normalization)

    def transform(matrix: np.ndarray) -> np.ndarray:
        if len(matrix) <= _KERNEL_ROWS:
            return transform_block(matrix)
        blocks = range(0, len(matrix), _KERNEL_ROWS)
        return np.concatenate([transform_block(matrix[start : start + _KERNEL_ROWS]) for start in blocks])

    return transform


_KINDS: dict[str, Callable[[FormParts, Form], Function]] = {
    "mean": _compile_mean,
    "calibrated": _compile_calibrated,
    "exponential": _compile_exponential,
    "chain": _compile_chain,
    "trees": _compile_trees,
    "forest": _compile_forest,
    "linear": _compile_linear,
    "network": _compile_network,
    "gaussian": _compile_gaussian,
    "neighbours": _compile_neighbours,
    "take": _compile_take,
    "ranks": _compile_ranks,
    "pieces": _compile_pieces,
    "products": _compile_products,
    "scale": _compile_scale,
    "kernel": _compile_kernel,
}
