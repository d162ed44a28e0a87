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
    differences = []
    if clean.problem.model_dump(include=_DECIDED) != found.problem.model_dump(include=_DECIDED):
        decided = [
            f"{key} {getattr(clean.problem, key)!r} is {getattr(found.problem, key)!r}"
            for key in sorted(_DECIDED)
            if getattr(clean.problem, key) != getattr(found.problem, key)
        ]
        differences.append(Difference(clean.problem.target, ", ".join(decided)))
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
        if other and name != clean.problem.target and kinds[0] != kinds[1]:
            wanted = [None if value is None else other(value) for value in wanted]
            kinds = (kinds[1], kinds[1])
        difference = _compare_values(wanted, got)
        if difference is None and kinds[0] != kinds[1] and not (widens and kinds == ("integer", "float")):
            difference = f"kind {kinds[0]} is {kinds[1]}"
        if difference is not None:
            differences.append(Difference(name, difference))
    return differences


_DECIDED = {"task", "metric", "classes", "positive_label"}


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
