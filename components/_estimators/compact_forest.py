"""A fitted forest as a few arrays: scikit-learn's trees take twenty times the memory with many classes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from components._compiled.predictions import average_leaves, to_probabilities
from components._estimators.prefit_estimator import PrefitEstimator

# Rows whose way through all trees is in memory at once.
_BLOCK_ROWS = 2_000


class CompactTrees(NamedTuple):
    """Trees, one after the other, with their nodes in the order of scikit-learn.

    Attributes
    ----------
    features : ndarray of int32, shape (n_nodes,)
        The feature that a node compares; -1 for a leaf.
    thresholds : ndarray of float32, shape (n_nodes,)
        Rows with a feature of at most the threshold go left.
    left, right : ndarray of int32, shape (n_nodes,)
        The next nodes; for a leaf both are the leaf's number.
    roots : ndarray of int32, shape (n_trees,)
        The first node of each tree.
    starts : ndarray of int32, shape (n_leaves + 1,)
        Where the entries of each leaf start.
    outputs, values : ndarrays of shape (n_entries,)
        The entries of the leaves: numbers of outputs, and their values other than 0. For more than two
        classes there is an output for each, for two only that of the second.
    """

    features: np.ndarray
    thresholds: np.ndarray
    left: np.ndarray
    right: np.ndarray
    roots: np.ndarray
    starts: np.ndarray
    outputs: np.ndarray
    values: np.ndarray

    @classmethod
    def from_fitted(cls, trees: Sequence[Any], n_classes: int) -> "CompactTrees":
        """Return trees of scikit-learn that were fitted on codes of classes, or on numbers with 0 classes."""
        return cls.join([_convert_tree(tree.tree_, n_classes) for tree in trees])

    @classmethod
    def join(cls, parts: Sequence["CompactTrees"]) -> "CompactTrees":
        """Return the trees of all parts."""
        nodes = _count_before([len(part.features) for part in parts])
        leaves = _count_before([len(part.starts) - 1 for part in parts])
        entries = _count_before([len(part.values) for part in parts])
        joined: dict[str, list[np.ndarray]] = {name: [] for name in cls._fields}
        for part, node, leaf, entry in zip(parts, nodes, leaves, entries, strict=True):
            # Children are nodes, but those of a leaf are its number.
            shift = np.where(part.features < 0, leaf, node).astype(np.int32)
            moved = part._replace(
                left=part.left + shift,
                right=part.right + shift,
                roots=part.roots + np.int32(node),
                starts=part.starts[:-1] + np.int32(entry),
            )
            for name, values in moved._asdict().items():
                joined[name].append(values)
        end = np.array([entries[-1] + len(parts[-1].values)], dtype=np.int32)
        joined["starts"].append(end)
        return cls(**{name: np.concatenate(values) for name, values in joined.items()})


class CompactForest(PrefitEstimator):
    """The mean of trees.

    Parameters
    ----------
    trees : dict of str to ndarray
        The fields of ``CompactTrees``.
    n_features : int
        Features of a row.
    n_classes : int
        Number of classes; 0 for a regression.
    """

    def __init__(self, trees: dict[str, np.ndarray], n_features: int, n_classes: int) -> None:
        self.trees = trees
        self.n_features = n_features
        self.n_classes = n_classes

    @property
    def n_outputs(self) -> int:
        """Outputs of a row: the number of classes if there are more than two, else 1."""
        return self.n_classes if self.n_classes > 2 else 1

    def predict_outputs(self, X: np.ndarray) -> np.ndarray:
        """Return the mean of the trees' outputs, shape (n_rows, n_outputs)."""
        trees = CompactTrees(**self.trees)
        blocks = [
            average_leaves(
                _find_leaves(X[start : start + _BLOCK_ROWS], trees),
                (trees.starts, trees.outputs, trees.values),
                self.n_outputs,
            )
            for start in range(0, len(X), _BLOCK_ROWS)
        ]
        return np.concatenate(blocks)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the values of a regression, shape (n_rows,)."""
        return np.asarray(self.predict_outputs(X)[:, 0])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        return to_probabilities(self.predict_outputs(X))


def _count_before(counts: list[int]) -> list[int]:
    return [0, *np.cumsum(counts)[:-1].tolist()]


def _convert_tree(tree: Any, n_classes: int) -> CompactTrees:
    is_leaf = tree.children_left < 0
    values = tree.value[is_leaf, 0, :]
    if n_classes:
        # Probabilities of a mean of many trees need no more than single precision.
        values = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
        values = values[:, 1:] if n_classes == 2 else values
    leaves, outputs = np.nonzero(values)
    numbers = np.cumsum(is_leaf) - 1
    return CompactTrees(
        features=np.where(is_leaf, -1, tree.feature).astype(np.int32),
        thresholds=_round_down(tree.threshold),
        left=np.where(is_leaf, numbers, tree.children_left).astype(np.int32),
        right=np.where(is_leaf, numbers, tree.children_right).astype(np.int32),
        roots=np.zeros(1, dtype=np.int32),
        starts=np.searchsorted(leaves, np.arange(len(values) + 1)).astype(np.int32),
        outputs=outputs.astype(np.int16),
        values=values[leaves, outputs],
    )


def _round_down(thresholds: np.ndarray) -> np.ndarray:
    """Return the largest float32 values of at most the thresholds: float32 features compare alike."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _find_leaves(matrix: np.ndarray, trees: CompactTrees) -> np.ndarray:
    """Return the leaf of each row in each tree, shape (n_rows, n_trees)."""
    n_trees = len(trees.roots)
    nodes = np.tile(trees.roots, len(matrix))
    rows = np.repeat(np.arange(len(matrix)), n_trees)
    walking = np.flatnonzero(trees.features[nodes] >= 0)
    while len(walking):
        here = nodes[walking]
        values = matrix[rows[walking], trees.features[here]]
        there = np.where(values <= trees.thresholds[here], trees.left[here], trees.right[here])
        nodes[walking] = there
        walking = walking[trees.features[there] >= 0]
    return np.asarray(trees.left[nodes].reshape(-1, n_trees))
