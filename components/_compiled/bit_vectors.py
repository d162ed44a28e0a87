"""Predictions of small trees for many rows at once, without branches.

Each leaf of a tree is a bit. A feature's value decides which leaves a row can still reach, whatever the other
features are. So each feature has a table: for each range between its thresholds, the bits of the leaves that
are still open. The one bit that is set in all tables is the row's leaf. This is QuickScorer (Lucchese et al.,
SIGIR 2015) for whole columns. Features with few thresholds share a table of the combinations of their ranges.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

Link = Callable[[np.ndarray], np.ndarray]

_MOST_LEAVES = 64
# Tables that do not fit in the cache are slower than branches.
_MOST_BYTES = 64_000_000
# A table of so many bytes fits in a processor's cache beside the rows.
_MOST_JOINED_BYTES = 131_072
# Number of rows whose bits and sums fit in a processor's cache.
_BLOCK = 256
# Number of rows whose values are compared with thresholds at once, a multiple of the block.
_COMPARED_ROWS = 4_096
# From this many thresholds on, a binary search takes less time than comparing with all of them.
_MANY_THRESHOLDS = 512
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


class _Table(NamedTuple):
    """The open leaves by the ranges of one or several features.

    Attributes
    ----------
    features : list of int
        The features.
    thresholds : list of ndarray of float32
        The thresholds of each feature, ascending.
    steps : list of int
        By how many rows of ``leaves`` the next range of each feature is farther.
    leaves : ndarray of unsigned int, shape (n_ranges, n_trees)
        The bits of the open leaves of each tree.
    """

    features: list[int]
    thresholds: list[np.ndarray]
    steps: list[int]
    leaves: np.ndarray

    def join(self, other: "_Table") -> "_Table":
        """Return the open leaves by the ranges of the features of both tables."""
        leaves = other.leaves[:, None] & self.leaves
        return _Table(
            self.features + other.features,
            self.thresholds + other.thresholds,
            self.steps + [step * len(self.leaves) for step in other.steps],
            leaves.reshape(-1, leaves.shape[-1]),
        )

    def find_ranges(self, columns: np.ndarray) -> np.ndarray:
        """Return the row of ``leaves`` for each row, intp of shape (n_rows,).

        Parameters
        ----------
        columns : ndarray of float32, shape (n_features, n_rows)
            All features.
        """
        places = np.zeros(columns.shape[1], dtype=np.intp)
        for feature, thresholds, step in zip(self.features, self.thresholds, self.steps, strict=True):
            places += _count_below(thresholds, columns[feature]) * np.intp(step)
        return places


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
        self._bits = np.min_scalar_type((1 << most) - 1).type
        self._n_outputs, self._link = n_outputs, link
        self._n_trees = len(trees)
        self._all = np.array([(1 << n) - 1 for n in n_leaves], dtype=self._bits)
        self._values = np.zeros((len(trees), most))
        nodes: list[_Node] = []
        for i, tree in enumerate(trees):
            values = _parse_numbers(tree, "leaf_value", float)
            self._values[i, : len(values)] = values
            nodes += _iterate_nodes(i, tree)
        self._first_values = np.arange(len(trees)) * most
        self._tables = _join_tables(self._build_tables(nodes))

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Return outputs, float64 of shape (n_rows, n_outputs).

        Parameters
        ----------
        matrix : ndarray of float32, shape (n_rows, n_features)
            Features without NaN.
        """
        sums = np.empty((len(matrix), self._n_outputs))
        for start in range(0, len(matrix), _COMPARED_ROWS):
            end = min(start + _COMPARED_ROWS, len(matrix))
            columns = np.ascontiguousarray(matrix[start:end].T)
            places = [table.find_ranges(columns) for table in self._tables]
            for first in range(0, end - start, _BLOCK):
                rows = slice(first, min(first + _BLOCK, end - start))
                sums[start:end][rows] = self._sum_values(rows.stop - first, [of[rows] for of in places])
        return self._link(sums)

    def _sum_values(self, n_rows: int, places: list[np.ndarray]) -> np.ndarray:
        """Return the sums of the trees for a block of rows, by their place in each table."""
        leaves = np.broadcast_to(self._all, (n_rows, self._n_trees)).copy()
        found = np.empty_like(leaves)
        for table, of_table in zip(self._tables, places, strict=True):
            np.take(table.leaves, of_table, axis=0, out=found, mode="clip")
            np.bitwise_and(leaves, found, out=leaves)
        # One bit is left for each tree; the number of bits below it is the leaf's number.
        leaves -= self._bits(1)
        values = self._values.take(np.bitwise_count(leaves) + self._first_values)
        return np.asarray(values.reshape(n_rows, -1, self._n_outputs).sum(axis=1))

    def _build_tables(self, nodes: list[_Node]) -> Iterator[_Table]:
        """Yield a table for each feature."""
        for feature, group in groupby(sorted(nodes), key=lambda node: node.feature):
            of_feature = list(group)
            thresholds = np.unique([node.threshold for node in of_feature])
            leaves = np.tile(self._all, (len(thresholds) + 1, 1))
            for node in of_feature:
                position = int(np.searchsorted(thresholds, node.threshold)) + 1
                leaves[:position, node.tree] &= ~self._bits(node.right)
                leaves[position:, node.tree] &= ~self._bits(node.left)
            yield _Table([feature], [_round_down(thresholds)], [1], leaves)


def _join_tables(tables: Iterable[_Table]) -> list[_Table]:
    """Return tables for the same features, with several features in one as long as it fits in the cache."""
    joined: list[_Table] = []
    for table in sorted(tables, key=lambda table: len(table.leaves)):
        if joined and joined[-1].leaves.nbytes * len(table.leaves) <= _MOST_JOINED_BYTES:
            joined[-1] = joined[-1].join(table)
        else:
            joined.append(table)
    return joined


def _round_down(thresholds: np.ndarray) -> np.ndarray:
    """Return the largest float32 not above each threshold: they divide numbers in float32 in the same way."""
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
    return np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)


def _count_below(thresholds: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return how many thresholds are below each value, unsigned int or intp of shape (n_values,)."""
    if len(thresholds) >= _MANY_THRESHOLDS:
        return np.searchsorted(thresholds, values)
    is_below = (thresholds[:, None] < values).view(np.uint8)
    return np.asarray(np.add.reduce(is_below, axis=0, dtype=np.min_scalar_type(len(thresholds))))


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
