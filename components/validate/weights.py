"""The check of the weights of rows."""

from collections.abc import Iterator

import numpy as np

from components._problem.spec import Problem
from components._table.notice import Notice
from components._table.storage import iterate_batches, read_arrow_schema
from components.errors import SHOWN, format_count


def check_weights(path: str, problem: Problem, where: str = "") -> tuple[Notice, ...]:
    """Return an error for weights that are not positive numbers, with the rows.

    Parameters
    ----------
    path : str
        Folder of the table.
    problem : Problem
        The problem.
    where : str
        Which table it is, behind the name of the column: " of the test table".
    """
    return tuple(_iterate_findings(path, problem.weight, where))


def _iterate_findings(path: str, name: str | None, where: str) -> Iterator[Notice]:
    schema = read_arrow_schema(path)
    if name is None or name not in schema.names:
        return
    how = "Write a number above 0 in every row, or remove weight. Leave out rows that should not count."
    title = f"The weight column {name!r}{where}"
    type_ = schema.field(name).type
    if str(type_) not in ("int64", "double"):
        yield Notice("error", f"{title} holds no numbers, but {type_} values.", how)
        return
    first: list[str] = []
    n_wrong, start = 0, 0
    for batch in iterate_batches(path, [name]):
        values = batch.to_pandas()[name].to_numpy(np.float64)
        wrong = np.flatnonzero(~((values > 0) & np.isfinite(values)))
        n_wrong += len(wrong)
        first += [
            f"row {start + row + 1:,} ({_format_weight(values[row])})" for row in wrong[: SHOWN - len(first)]
        ]
        start += batch.num_rows
    if n_wrong:
        more = f" and {n_wrong - SHOWN} more" if n_wrong > SHOWN else ""
        yield Notice(
            "error",
            f"{title} is not a number above 0 in {format_count(n_wrong, 'row')}: {', '.join(first)}{more} "
            "(the first row is 1).",
            how,
        )


def _format_weight(value: float) -> str:
    return "empty" if np.isnan(value) else f"{value:g}"
