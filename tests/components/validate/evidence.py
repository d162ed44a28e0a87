"""The evidence of a table of forty rows, and what a check finds in it."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from components._problem.spec import Problem
from components._table.notice import Notice
from components.validate.checks import CHECKS
from components.validate.evidence import TableEvidence
from components.validate.resolution import resolve_problem
from tests.components.validate.profiles import profile

N = 40
SOUND: dict[str, list[object]] = {
    "x": [i / 2 for i in range(N)],
    "color": [("red", "blue", None)[i % 3] for i in range(N)],
    "y": [i % 2 for i in range(N)],
}


def make_evidence(settings: dict[str, object] | None = None, **columns: list[object]) -> TableEvidence:
    """Return the evidence of a sound table in which some columns are replaced or added."""
    draft = Problem.from_settings({"target": "y"} | (settings or {}))
    arrays = {name: pa.array(values) for name, values in (SOUND | columns).items()}
    table = {
        name: array.cast(pa.string()) if pa.types.is_null(array.type) else array
        for name, array in arrays.items()
    }
    whole = pa.table(table)
    found = profile(whole, draft.target)
    problem = resolve_problem(draft, found.target).problem if found.target is not None else draft
    return TableEvidence(problem, found)


def find_with(
    check: Callable[[TableEvidence], Iterator[Notice]],
    settings: dict[str, object],
    columns: dict[str, list[object]],
) -> tuple[list[str], set[str]]:
    """Return the texts and the levels of what one of the checks finds."""
    assert check in CHECKS
    found = list(check(make_evidence(settings, **columns)))
    return [str(notice) for notice in found], {notice.level for notice in found}
