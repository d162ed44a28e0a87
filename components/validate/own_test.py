"""The checks of a test table of the user's own."""

from collections.abc import Iterator

import pyarrow.dataset as ds

from components._problem.spec import Problem
from components._table.notice import Notice
from components.errors import format_count, format_list

MIN_ROWS = 10


def check_own_test(table: ds.Dataset, problem: Problem) -> tuple[Notice, ...]:
    """Return what speaks against testing a model on a table, by the values of its target.

    Parameters
    ----------
    table : Dataset
        The test rows, with the columns of the training rows; without rows there is no test table.
    problem : Problem
        The resolved problem.
    """
    return tuple(_iterate_findings(table, problem)) if table.count_rows() else ()


def _iterate_findings(table: ds.Dataset, problem: Problem) -> Iterator[Notice]:
    target = table.to_table(columns=[problem.target]).column(0)
    known = target.drop_null()
    if target.null_count and len(known):
        n_empty = format_count(target.null_count, "row")
        yield Notice(
            "warning", f"The target is empty in {n_empty} of the test table.", "These rows are left out."
        )
    if len(known) < MIN_ROWS:
        yield Notice(
            "error",
            f"The test table has only {format_count(len(known), 'row')} with a target; "
            f"testing needs at least {MIN_ROWS}.",
            "Give a table whose rows have the target, or none.",
        )
        return
    if not problem.classes:
        return
    counts = {item["values"]: item["counts"] for item in known.value_counts().to_pylist()}
    unknown = {label: n for label, n in counts.items() if label not in problem.classes}
    if unknown:
        listing = [f"{label!r} ({format_count(n, 'row')})" for label, n in unknown.items()]
        yield Notice(
            "error",
            f"The target of the test table has classes that no training row has: {format_list(listing)}.",
            f"Correct them, or add such rows to the training table. Its classes are: "
            f"{format_list(map(repr, problem.classes))}.",
        )
    missing = [repr(label) for label in problem.classes if label not in counts]
    if missing:
        yield Notice(
            # With one class, no metric tells a good model from a bad one.
            "error" if len(problem.classes) - len(missing) < 2 else "warning",
            f"The test table has no row of class {format_list(missing)}.",
            "Add rows of each class to it.",
        )
