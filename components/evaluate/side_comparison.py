"""What test rows and training rows differ in, by samples of both."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.storage import count_rows
from components.evaluate.column_differences import ColumnDifference, find_column_differences
from components.evaluate.row_origin import RowOrigin, judge_row_origin

# Of more rows, differences would be found that no model notices.
_MOST_ROWS = 10_000
# Of more rows, the groups are those of as many, so that a table of any size fits.
_MOST_GROUPED_ROWS = 1_000_000


class SideComparison(NamedTuple):
    """What is found in rows of both sides, drawn at random.

    Attributes
    ----------
    n_train, n_test : int
        Rows that were compared.
    group : str or None
        The column of which each value has one of these rows.
    differences : list of ColumnDifference
        Differences of columns that chance does not explain, the largest first.
    origin : RowOrigin or None
        Whether a model can tell the sides apart; None for too few rows.
    """

    n_train: int
    n_test: int
    group: str | None
    differences: list[ColumnDifference]
    origin: RowOrigin | None

    @property
    def has_difference(self) -> bool:
        """Whether there is a difference beyond chance."""
        return bool(self.differences) or (self.origin is not None and self.origin.is_known)


def compare_sides(
    train: str, test: str, columns: list[str], problem: Problem, *, seed: int
) -> SideComparison:
    """Compare at most 10,000 rows of each side, one of each group if the problem has groups.

    Rows of one group are alike, so that they are not independent: two sides of whole groups would differ in
    any case.

    Parameters
    ----------
    train, test : str
        Folders of the tables.
    columns : list of str
        The columns that the model reads.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the rows and of the folds.
    """
    sides = [_choose_rows(table, columns, problem, seed) for table in (train, test)]
    categories = frozenset([problem.target]) if problem.kind != "regression" else frozenset()
    return SideComparison(
        len(sides[0]),
        len(sides[1]),
        problem.group,
        find_column_differences(sides[0], sides[1], [*columns, problem.target], categories),
        judge_row_origin(sides[0][columns], sides[1][columns], seed=seed),
    )


def _choose_rows(table: str, columns: list[str], problem: Problem, seed: int) -> pd.DataFrame:
    n_rows = count_rows(table)
    if problem.group is None:
        numbers = choose_row_numbers(n_rows, _MOST_ROWS, seed)
    else:
        numbers = choose_row_numbers(n_rows, _MOST_GROUPED_ROWS, seed)
        order = np.random.default_rng(seed).permutation(len(numbers))
        groups = read_chosen_rows(table, numbers, [problem.group])[problem.group]
        first = ~groups.iloc[order].duplicated().to_numpy()
        numbers = np.sort(numbers[order[first][:_MOST_ROWS]])
    return read_chosen_rows(table, numbers, [*columns, problem.target])
