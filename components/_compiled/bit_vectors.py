"""Predictions of small trees for many rows at once, without branches.

Each leaf of a tree is a bit. A feature's value decides which leaves a row can still reach, whatever the other
features are. So each feature has a table: for each range between its thresholds, the bits of the leaves that
are still open. The one bit that is set in all tables is the row's leaf. This is QuickScorer (Lucchese et al.,
SIGIR 2015) for whole columns.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

Link = Callable[[np.ndarray], np.ndarray]

_MOST_LEAVES = 64
# Tables that do not fit in the cache are slower than branches.
_MOST_BYTES = 64_000_000
# Number of rows whose bits and sums fit in a processor's cache.
_BLOCK = 512
# LightGBM's decision for finite numbers: "at most", with no missing values.
_PLAIN_DECISION = 2
_NEXT_TREE = "\nTree="
# LightGBM replaces numbers nearer to 0 by 0.
_ZERO = float(np.float32(1e-35))
_LINKS: dict[str, Link] = {
    "regression": lambda sums: sums,
    "regression_l1": lambda sums: sums,
    "mape": lambda sums: sums,
    "poisson": np.exp,
    "gamma": np.exp,
    "binary sigmoid:1": expit,
    "multiclass": lambda sums: softmax(sums, axis=1),
}


class _Node(NamedTuple):
    """A decision: rows with a feature of at most the threshold go to ``left`` leaves, others to ``right``."""

    feature: int
    threshold: float
    tree: int
    left: int
    right: int


class BitVectors:
    """The sum of trees through the link of their loss, equal to that of ``Trees`` but for rounding.

    Parameters
    ----------
    trees : list of dict of str to str
        The fields of each tree in LightGBM's text form.
    n_outputs : int
        Outputs of a row.
    link : callable
        From sums to outputs.
    """

    def __init__(self, trees: list[dict[str, str]], n_outputs: int, link: Link) -> None:
        n_leaves = [int(tree["num_leaves"]) for tree in trees]
        most = max(n_leaves)
        self._bits = np.uint32 if most <= np.iinfo(np.uint32).bits else np.uint64
        self._n_outputs, self._link = n_outputs, link
        self._n_trees, self._width = len(trees), most
        self._all = np.array([(1 << n) - 1 for n in n_leaves], dtype=self._bits)
        self._values = np.zeros((len(trees), most))
        nodes: list[_Node] = []
        for i, tree in enumerate(trees):
            values = _parse_numbers(tree, "leaf_value", float)
            self._values[i, : len(values)] = values
            nodes += _iterate_nodes(i, tree)
        self._tables = list(self._build_tables(nodes))

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Return outputs, float64 of shape (n_rows, n_outputs).

        Parameters
        ----------
        matrix : ndarray of float32, shape (n_rows, n_features)
            Features without NaN.
        """
        sums = np.empty((len(matrix), self._n_outputs))
        of_tables = np.empty((_BLOCK, self._n_trees), dtype=self._bits)
        first_values = np.arange(self._n_trees) * self._width
        for start in range(0, len(matrix), _BLOCK):
            rows = matrix[start : start + _BLOCK]
            found = of_tables[: len(rows)]
            leaves = np.broadcast_to(self._all, found.shape).copy()
            for feature, thresholds, table in self._tables:
                ranges = np.searchsorted(thresholds, rows[:, feature].astype(np.float64))
                np.take(table, ranges, axis=0, out=found, mode="clip")
                np.bitwise_and(leaves, found, out=leaves)
            # One bit is left for each tree; the number of bits below it is the leaf's number.
            leaves -= self._bits(1)
            values = self._values.take(np.bitwise_count(leaves) + first_values)
            sums[start : start + _BLOCK] = values.reshape(len(rows), -1, self._n_outputs).sum(axis=1)
        return self._link(sums)

    def _build_tables(self, nodes: list[_Node]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield a feature, its thresholds, and each tree's open leaves by the number of thresholds below."""
        for feature, group in groupby(sorted(nodes), key=lambda node: node.feature):
            of_feature = list(group)
            thresholds = np.unique([node.threshold for node in of_feature])
            table = np.tile(self._all, (len(thresholds) + 1, 1))
            for node in of_feature:
                position = int(np.searchsorted(thresholds, node.threshold)) + 1
                table[:position, node.tree] &= ~self._bits(node.right)
                table[position:, node.tree] &= ~self._bits(node.left)
            yield feature, thresholds, table


def build_bit_vectors(text: str) -> BitVectors | None:
    """Return trees as bit vectors; None if they are too large or of another kind.

    Parameters
    ----------
    text : str
        The model in LightGBM's text form.
    """
    parts = _split_text(text)
    head = next(parts)
    facts, trees = _parse_lines(head), []
    for part in parts:
        # Stop at the first large tree: parsing the rest of a large forest would be wasted.
        if not _is_small(tree := _parse_lines(part)):
            return None
        trees.append(tree)
    objective = facts.get("objective", "")
    link = _LINKS.get("multiclass" if objective.startswith("multiclass ") else objective)
    if link is None or not trees or "average_output" in head:
        return None
    n_thresholds = sum(int(tree["num_leaves"]) for tree in trees)
    if n_thresholds * len(trees) * 8 > _MOST_BYTES:
        return None
    return BitVectors(trees, int(facts["num_class"]), link)


def _split_text(text: str) -> Iterator[str]:
    """Yield the text before the trees, then each tree."""
    start, end = 0, text.find("\nend of trees")
    end = len(text) if end < 0 else end
    while (found := text.find(_NEXT_TREE, start, end)) >= 0:
        yield text[start:found]
        start = found + len(_NEXT_TREE)
    yield text[start:end]


def _is_small(tree: dict[str, str]) -> bool:
    return (
        int(tree["num_leaves"]) <= _MOST_LEAVES
        and tree["num_cat"] == tree["is_linear"] == "0"
        and bool((_parse_numbers(tree, "decision_type", int) == _PLAIN_DECISION).all())
    )


def _parse_lines(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _parse_numbers(tree: dict[str, str], name: str, kind: type) -> np.ndarray:
    return np.array(tree.get(name, "").split(), dtype=kind)


def _iterate_nodes(number: int, tree: dict[str, str]) -> Iterator[_Node]:
    left, right, features = (
        _parse_numbers(tree, name, int).tolist() for name in ("left_child", "right_child", "split_feature")
    )
    thresholds = _parse_numbers(tree, "threshold", float).tolist()
    # Leaves have negative numbers, and a node comes after its parent.
    leaves = {~leaf: 1 << leaf for leaf in range(int(tree["num_leaves"]))}
    for i in reversed(range(len(left))):
        of_left, of_right = leaves[left[i]], leaves[right[i]]
        leaves[i] = of_left | of_right
        yield _Node(features[i], _shift_threshold(thresholds[i]), number, of_left, of_right)


def _shift_threshold(threshold: float) -> float:
    """Return the threshold for raw values: LightGBM replaces the smallest values by 0 before it compares."""
    if -_ZERO <= threshold < 0:
        return float(np.nextafter(-_ZERO, -np.inf))
    return _ZERO if 0 <= threshold < _ZERO else threshold
