"""Where two tables, or two lists of predictions, differ."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.mess.sheet import Role, Sheet
from benchmarks.mess.stages import Read


class Difference(NamedTuple):
    """One difference, and the first row that has it.

    Attributes
    ----------
    where : str
        The column, or empty where it is of the whole table.
    what : str
        The difference, with both values.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where or 'the table'}: {self.what}"


def compare_tables(
    clean: Read, found: Read, sheet: Sheet, other_values: Mapping[Role, Callable[[Any], Any]], *, widens: bool
) -> list[Difference]:
    """Return where a rendered table is read otherwise than the clean one, at most one a column."""
    differences = _compare_problems(clean, found, sheet, other_values)
    if found.table.num_rows != len(sheet.order):
        return [Difference("", f"{len(sheet.order)} rows are {found.table.num_rows}")]
    expected = clean.table.take(pa.array(sheet.order))
    roles = {field.name: field.role for field in sheet.fields}
    for name in clean.schema.names:
        if name not in found.table.column_names:
            differences.append(Difference("", f"the column {name!r} is missing"))
            continue
        wanted, got = expected[name].to_pylist(), found.table[name].to_pylist()
        kinds = (clean.schema[name].kind, found.schema[name].kind)
        other = other_values.get(roles[name])
        if other and kinds[0] != kinds[1]:
            wanted = [None if value is None else other(value) for value in wanted]
            kinds = (kinds[1], kinds[1])
        difference = _compare_values(wanted, got)
        if difference is None and kinds[0] != kinds[1] and not (widens and kinds == ("integer", "float")):
            difference = f"kind {kinds[0]} is {kinds[1]}"
        if difference is not None:
            differences.append(Difference(name, difference))
    return differences


def _compare_problems(
    clean: Read, found: Read, sheet: Sheet, other_values: Mapping[Role, Callable[[Any], Any]]
) -> list[Difference]:
    """Return where the problem is decided otherwise: the task, the classes, and which of them is positive."""
    wanted, got = clean.problem, found.problem
    target = wanted.target
    role = next(field.role for field in sheet.fields if field.name == target)
    is_same_kind = clean.schema[target].kind == found.schema[target].kind
    become = (None if is_same_kind else other_values.get(role)) or (lambda value: value)
    ways = [
        f"{name} {one!r} is {other!r}"
        for name, one, other in (
            ("task", wanted.task, got.task),
            ("metric", wanted.metric, got.metric),
            ("classes", set(map(become, wanted.classes)), set(got.classes)),
            ("positive class", become(wanted.positive_label), got.positive_label),
        )
        if one != other
    ]
    return [Difference(target, ", ".join(ways))] if ways else []


def _compare_values(wanted: list[Any], got: list[Any]) -> str | None:
    for row, (one, other) in enumerate(zip(wanted, got, strict=True)):
        is_number = all(type(value) in (int, float) for value in (one, other))
        if one != other or (type(one) is not type(other) and not is_number):
            n = sum(a != b for a, b in zip(wanted, got, strict=True))
            return f"row {row}: {one!r} is {other!r} ({n} rows differ)"
    return None


def compare_predictions(wanted: Sequence[Any], got: Sequence[Any]) -> list[Difference]:
    """Return where predictions differ in any bit."""
    if len(wanted) != len(got):
        return [Difference("", f"{len(wanted)} predictions are {len(got)}")]
    for row, (one, other) in enumerate(zip(wanted, got, strict=True)):
        if one != other:
            n = sum(a != b for a, b in zip(wanted, got, strict=True))
            return [Difference("", f"row {row}: {one!r} is predicted as {other!r} ({n} rows differ)")]
    return []
