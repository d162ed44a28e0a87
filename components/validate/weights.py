"""The check of the weights of rows."""

from collections.abc import Iterator

import numpy as np
import pyarrow.dataset as ds

from components._problem.spec import Problem
from components._table.notice import Notice
from components.errors import format_count, format_list


def check_weights(table: ds.Dataset, problem: Problem, where: str = "") -> tuple[Notice, ...]:
    """Return an error for weights that are not positive numbers, with the rows.

    Parameters
    ----------
    table : Dataset
        The rows.
    problem : Problem
        The problem.
    where : str
        Which table it is, behind the name of the column: " of the test table".
    """
    return tuple(_iterate_findings(table, problem.weight, where))


def _iterate_findings(table: ds.Dataset, name: str | None, where: str) -> Iterator[Notice]:
    if name is None or name not in table.schema.names:
        return
    how = "Write a number above 0 in every row, or remove weight. Leave out rows that should not count."
    title = f"The weight column {name!r}{where}"
    column = table.to_table(columns=[name]).column(0)
    if str(column.type) not in ("int64", "double"):
        yield Notice("error", f"{title} holds no numbers, but {column.type} values.", how)
        return
    values = column.to_pandas().to_numpy(np.float64)
    wrong = np.flatnonzero(~((values > 0) & np.isfinite(values)))
    if len(wrong):
        rows = format_list(f"row {row + 1:,} ({_format_weight(values[row])})" for row in wrong)
        yield Notice(
            "error",
            f"{title} is not a number above 0 in {format_count(len(wrong), 'row')}: {rows} (the first row "
            "is 1).",
            how,
        )


def _format_weight(value: float) -> str:
    return "empty" if np.isnan(value) else f"{value:g}"
