"""Rows that are equal in all features but have different targets, and the best score that they leave.

A model gives equal rows the same prediction. So for some of them it is wrong, whatever it is: where the class
is not their most frequent one, or the number not their mean.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._report.formats import format_value
from components.eda.equal_rows import EqualRows
from components.eda.explored_rows import ExploredRows
from components.eda.summaries import ColumnSummary
from components.eda.target import Target

_MOST_EXAMPLES = 5
_MOST_TARGETS = 3
# More columns would not fit on a page.
_MOST_COLUMNS = 8


class ConflictInfo(NamedTuple):
    """Rows that are equal in all features.

    Attributes
    ----------
    n_rows : int
        Rows that were looked at.
    n_repeated : int
        Those that are equal to another one.
    n_conflicting, n_groups : int
        Those that are equal to one with another target, and in how many groups of equal rows.
    best_scores : dict of str to float
        By the title of a metric, the best value that a model can have on the rows: accuracy, for two classes
        also ROC AUC; for numbers R² and RMSE. Empty without conflicts.
    examples : DataFrame of shape (n_examples, n_columns)
        The largest groups of equal rows with different targets: how many rows, their targets in words, and
        some columns.
    """

    n_rows: int
    n_repeated: int
    n_conflicting: int
    n_groups: int
    best_scores: dict[str, float]
    examples: pd.DataFrame


def find_target_conflicts(
    rows: ExploredRows, summaries: Sequence[ColumnSummary], target: Target
) -> ConflictInfo | None:
    """Return what targets equal rows have; None without features.

    Parameters
    ----------
    rows : ExploredRows
        The rows.
    summaries : sequence of ColumnSummary
        The features, the most predictive first.
    target : Target
        The target.
    """
    if not summaries:
        return None
    if any(summary.n_distinct == rows.n_rows for summary in summaries):
        # No value of this column comes twice, and so no row.
        return ConflictInfo(rows.n_rows, 0, 0, 0, {}, pd.DataFrame())
    names = [summary.name for summary in summaries]
    with rows.group_equal_rows(names) as equal:
        ((n_rows,), (n_repeated,), (n_conflicting,), (n_groups,)) = equal.query(
            [
                "coalesce(sum(size), 0)::BIGINT",
                "coalesce(sum(size) FILTER (size > 1), 0)::BIGINT",
                "coalesce(sum(size) FILTER (n_targets > 1), 0)::BIGINT",
                "count(*) FILTER (n_targets > 1)",
            ]
        )
        if not n_groups:
            return ConflictInfo(n_rows, n_repeated, 0, 0, {}, pd.DataFrame())
        scores = (_compute_class_scores if target.labels else _compute_number_scores)(equal, n_rows, target)
        examples = _read_examples(equal, names[:_MOST_COLUMNS], target)
    return ConflictInfo(n_rows, n_repeated, n_conflicting, n_groups, scores, examples)


def compute_best_roc_auc(sizes: np.ndarray, positives: np.ndarray, counts: np.ndarray) -> float:
    """Return the area under the ROC curve if groups of equal rows are ranked by their rates.

    Parameters
    ----------
    sizes, positives : ndarray of int, shape (n_kinds,)
        Rows and positive rows of a kind of group.
    counts : ndarray of int, shape (n_kinds,)
        How many groups are of this kind.
    """
    order = np.argsort(positives / sizes, kind="stable")
    of_class = (positives * counts)[order].astype(float)
    others = ((sizes - positives) * counts)[order].astype(float)
    # Groups of one rate are tied, as rows of a group are.
    rates = (positives / sizes)[order]
    starts = np.flatnonzero(np.append(True, np.diff(rates) > 0))
    of_class, others = np.add.reduceat(of_class, starts), np.add.reduceat(others, starts)
    below = others.cumsum() - others / 2
    return float((of_class * below).sum() / (of_class.sum() * others.sum()))


def _compute_class_scores(equal: EqualRows, n_rows: int, target: Target) -> dict[str, float]:
    ((n_right,),) = equal.query(["sum(most)::BIGINT"])
    scores = {"accuracy": n_right / n_rows}
    if target.is_binary:
        sizes, least, counts = map(
            np.array, equal.query(["size", "least", "count(*)"], "GROUP BY 1, 2 ORDER BY 1, 2")
        )
        # Which of the two classes counts as positive does not matter.
        scores["ROC AUC"] = compute_best_roc_auc(sizes, least, counts)
    return scores


def _compute_number_scores(equal: EqualRows, n_rows: int, target: Target) -> dict[str, float]:
    found = equal.read_targets()
    n, values = found["n"].to_numpy(np.float64), (found["target"].to_numpy(np.float64) - target.centre)
    _, groups = np.unique(found["row_hash"], return_inverse=True)
    means = np.bincount(groups, n * values) / np.bincount(groups, n)
    error = float((n * (values - means[groups]) ** 2).sum()) / n_rows
    variance = target.spread**2 * (target.n_rows - 1) / target.n_rows
    return {"R²": max(1 - error / variance, 0.0), "RMSE": float(np.sqrt(error))}


def _read_examples(equal: EqualRows, names: Sequence[str], target: Target) -> pd.DataFrame:
    order = f"WHERE n_targets > 1 ORDER BY size DESC, row_hash LIMIT {_MOST_EXAMPLES}"
    groups, sizes = equal.query(["row_hash", "size"], order)
    targets = equal.read_targets(groups)
    words = [_describe_targets(targets[targets["row_hash"] == group], target) for group in groups]
    cells = equal.read_cells(groups, names)
    cells.insert(0, "Rows", sizes)
    cells.insert(1, f"{target.name} of these rows", words)
    return cells


def _describe_targets(found: pd.DataFrame, target: Target) -> str:
    """Return the targets of a group in words: the rows of each class, or the range and the mean."""
    if not target.labels:
        low, high = found["target"].min(), found["target"].max()
        mean = np.average(found["target"].to_numpy(np.float64), weights=found["n"])
        return f"{format_value(float(low))} to {format_value(float(high))}, mean {format_value(float(mean))}"
    largest = found.sort_values("n", ascending=False, kind="stable")
    parts = [f"{value} {n:,}" for value, n in zip(largest["target"], largest["n"], strict=True)]
    more = f" and {len(parts) - _MOST_TARGETS} more" if len(parts) > _MOST_TARGETS else ""
    return ", ".join(parts[:_MOST_TARGETS]) + more
