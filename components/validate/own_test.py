"""The checks of a test table of the user's own."""

from collections.abc import Iterator

from components._problem.spec import Problem
from components._problem.task import Label
from components._table.engine import TableEngine
from components._table.notice import Notice
from components._table.storage import count_rows
from components.errors import SHOWN, format_count, format_list

MIN_ROWS = 10


def check_own_test(path: str, problem: Problem, engine: TableEngine) -> tuple[Notice, ...]:
    """Return what speaks against testing a model on a table, by the values of its target.

    Parameters
    ----------
    path : str
        Folder of the test rows, with the columns of the training rows; without rows there is no test table.
    problem : Problem
        The resolved problem.
    engine : TableEngine
        The engine that counts the labels.
    """
    return tuple(_iterate_findings(path, problem, engine)) if count_rows(path) else ()


def _iterate_findings(path: str, problem: Problem, engine: TableEngine) -> Iterator[Notice]:
    n_null, n_known = _count_labels(path, problem.target, engine)
    if n_null and n_known:
        n_empty = format_count(n_null, "row")
        yield Notice(
            "warning", f"The target is empty in {n_empty} of the test table.", "These rows are left out."
        )
    if n_known < MIN_ROWS:
        yield Notice(
            "error",
            f"The test table has only {format_count(n_known, 'row')} with a target; "
            f"testing needs at least {MIN_ROWS}.",
            "Give a table whose rows have the target, or none.",
        )
        return
    if not problem.classes:
        return
    unknown: list[str] = []
    known: set[Label] = set()
    n_unknown = 0
    for label, n in _iterate_labels(engine):
        if label in problem.classes:
            known.add(label)
        else:
            n_unknown += 1
            if len(unknown) < SHOWN:
                unknown.append(f"{label!r} ({format_count(n, 'row')})")
    if unknown:
        more = f" and {n_unknown - SHOWN} more" if n_unknown > SHOWN else ""
        yield Notice(
            "error",
            f"The target of the test table has classes that no training row has: {', '.join(unknown)}{more}.",
            f"Correct them, or add such rows to the training table. Its classes are: "
            f"{format_list(map(repr, problem.classes))}.",
        )
    missing = [repr(label) for label in problem.classes if label not in known]
    if missing:
        yield Notice(
            # With one class, no metric tells a good model from a bad one.
            "error" if len(problem.classes) - len(missing) < 2 else "warning",
            f"The test table has no row of class {format_list(missing)}.",
            "Add rows of each class to it.",
        )


def _count_labels(path: str, target: str, engine: TableEngine) -> tuple[int, int]:
    """Count the rows of each label, and return the rows without and with one."""
    columns, row = engine.add_numbered_table("own_test", path)
    # All names are quoted.
    engine.store_query(
        "labels",
        f"SELECT {columns[target]} AS label, count(*) AS n, min({row}) AS first FROM own_test GROUP BY 1",  # noqa: S608
    )
    rows = engine.query_table("SELECT label IS NULL AS is_null, sum(n)::BIGINT AS n FROM labels GROUP BY 1")
    counts = {found["is_null"]: found["n"] for found in rows.to_pylist()}
    return counts.get(True, 0), counts.get(False, 0)


def _iterate_labels(engine: TableEngine) -> Iterator[tuple[Label, int]]:
    """Yield each label with its rows, in the order of their first rows."""
    for batch in engine.query("SELECT label, n FROM labels WHERE label IS NOT NULL ORDER BY first"):
        yield from zip(batch.column("label").to_pylist(), batch.column("n").to_pylist(), strict=True)
