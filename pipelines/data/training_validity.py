"""What of a model's training is still valid for another table: its columns, values, rows and score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from components._problem.metrics import describe_metric
from components._problem.spec import Problem
from components._report.page import Level, Message, format_share
from components._table.kinds import Kind
from components._table.reading import UnreadableCell
from components._table.schema import Column, Schema
from components.errors import format_count, format_list
from components.json_file import read_json
from pipelines.data.row_match import RowMatch
from pipelines.data.table_comparison import find_changes, find_common_kinds, match_tables
from pipelines.data.table_diff import TableDiff
from pipelines.data.table_rows import iterate_numbered
from pipelines.data.table_version import TableVersion


class TrainingValidity(NamedTuple):
    """What of a training is still valid: a title and sentences, each with its level."""

    title: str
    messages: tuple[Message, ...]


@dataclass
class _Outside:
    """The values of a column that the training table did not have."""

    n: int = 0
    new: set[str] = field(default_factory=set)
    low: Any = None
    high: Any = None


class _RowsOfSide(NamedTuple):
    """The training rows or the test rows, matched with a table, and how many have another target in it."""

    n_rows: int
    match: RowMatch
    n_targets: int

    @property
    def n_changed(self) -> int:
        return self.n_rows - self.match.n_same


def judge_training(diff: TableDiff) -> TrainingValidity | None:
    """Return what of the training on one of two tables is still valid for the other; None without a model.

    It is the model of the version in the registry, if only one table is that of one; else that of the old
    table, if it has one. Only what follows from the tables is said.
    """
    trained, other = diff.old, diff.new
    if trained.model is None or (other.is_registered and not trained.is_registered and other.model):
        trained, other = other, trained
    if trained.model is None or trained.problem is None:
        return None
    n_new = len(diff.rows.match.added if trained is diff.old else diff.rows.match.removed)
    schema = Schema.load(trained.model / "schema.json")
    columns: dict[str, Kind] = read_json(trained.model / "signature.json")["columns"]
    faults = tuple(_check_columns(columns, schema, other))
    values = tuple(_describe_values(schema, columns, other))
    sides = _match_sides(trained, other, diff.key.columns)
    messages = (
        *(faults or (("good", "The table has every column that the model uses, as in training."),)),
        *values,
        *_describe_sides(sides, trained.problem),
        _judge_retraining(faults, sides, n_new),
    )
    return TrainingValidity(f"The model of {trained.title}, on {other.title}", messages)


def _check_columns(columns: Mapping[str, Kind], schema: Schema, other: TableVersion) -> Iterator[Message]:
    for name, kind in columns.items():
        found = other.kinds.get(name)
        if found is None and schema[name].n_null:
            yield "warning", f"Column {name!r} is missing. The model would predict as if all of it were null."
        elif found is None:
            text = f"Column {name!r} is missing, and was never null: the model cannot predict these rows."
            yield "error", text
        elif found != kind and {kind, found} != {"integer", "float"}:
            text = f"Column {name!r} is of type {found}, and was {kind}"
            yield "error", f"{text}: cells that cannot be read as in training are refused."


def _describe_values(schema: Schema, columns: Mapping[str, Kind], other: TableVersion) -> Iterator[Message]:
    found = _find_outside(schema, columns, other)
    for name, outside in found.items():
        if not outside.n:
            continue
        rows = format_count(outside.n, "row")
        if outside.new:
            shown = format_list(map(repr, sorted(outside.new)))
            text = f"{rows} with a value that the training table did not have: {shown}."
        else:
            column = schema[name]
            trained = f"{_format_end(column.minimum)} to {_format_end(column.maximum)}"
            now = f"{_format_end(outside.low)} to {_format_end(outside.high)}"
            text = f"{rows} outside of the range of training, {trained}; it is {now} now."
        yield "warning", f"Column {name!r}: {text}"


def _find_outside(schema: Schema, columns: Mapping[str, Kind], other: TableVersion) -> dict[str, _Outside]:
    """Return the values outside of training by column, from one pass over the rows."""
    judged = {
        name: schema[name]
        for name, kind in columns.items()
        if other.kinds.get(name) == kind and (schema[name].categories or schema[name].minimum is not None)
    }
    found = {name: _Outside() for name in judged}
    if not judged:
        return found
    for _, batch in iterate_numbered(other.table, [*judged]):
        for name, column in judged.items():
            _add_outside(found[name], batch.column(name), column)
    return found


def _add_outside(outside: _Outside, values: pa.Array, column: Column) -> None:
    if column.categories:
        counts = pc.value_counts(values.drop_null()).to_pylist()
        new = {item["values"]: item["counts"] for item in counts if not _is_known(column, item["values"])}
        outside.new |= new.keys()
        outside.n += sum(new.values())
        return
    ends = [pa.scalar(end).cast(values.type) for end in (column.minimum, column.maximum)]
    is_outside = pc.or_(pc.less(values, ends[0]), pc.greater(values, ends[1]))
    outside.n += pc.sum(is_outside).as_py() or 0
    now = pc.min_max(values).as_py()
    if now["min"] is not None:
        outside.low = now["min"] if outside.low is None else min(outside.low, now["min"])
        outside.high = now["max"] if outside.high is None else max(outside.high, now["max"])


def _is_known(column: Column, text: str) -> bool:
    try:
        # In a column whose case does not matter, another spelling is the same category.
        return column.reader.read(text) in column.categories
    except UnreadableCell:
        return False


def _match_sides(
    trained: TableVersion, other: TableVersion, key: Sequence[str]
) -> dict[str, _RowsOfSide] | None:
    """Match the training rows and the test rows with a table; None if they are not on this machine."""
    paths = {
        side: trained.run.find_output("split", side) if trained.run else None for side in ("train", "test")
    }
    if not all(path is not None and any(path.glob("*.parquet")) for path in paths.values()):
        return None
    return {side: _match_side(trained, other, key, path) for side, path in paths.items() if path is not None}


def _match_side(trained: TableVersion, other: TableVersion, key: Sequence[str], path: Path) -> _RowsOfSide:
    rows = TableVersion(trained.given, trained.title, str(path))
    kinds = find_common_kinds(rows, other)
    match = match_tables(rows, other, kinds, key)
    target = trained.problem.target if trained.problem else ""
    of_target = {name: kind for name, kind in kinds.items() if name == target}
    changes = find_changes(rows, other, match.rewritten, of_target)
    return _RowsOfSide(rows.n_rows, match, changes[target].n if target in changes else 0)


def _describe_sides(sides: Mapping[str, _RowsOfSide] | None, problem: Problem) -> Iterator[Message]:
    if sides is None:
        text = "Its training rows and test rows are not on this machine: it is not known which still exist."
        yield "note", text
        return
    for name, words in (("train", "training"), ("test", "test")):
        rows = sides[name]
        share = format_share(rows.match.n_same / rows.n_rows if rows.n_rows else 1.0)
        facts = [f"{rows.match.n_same:,} ({share}) are unchanged in the table"]
        facts += [
            f"{len(numbers):,} {what}"
            for numbers, what in ((rows.match.rewritten, "rewritten"), (rows.match.removed, "not in it"))
            if len(numbers)
        ]
        level: Level = "warning" if rows.n_changed else "good"
        yield level, f"Of its {rows.n_rows:,} {words} rows, {', '.join(facts)}."
    if n := sides["train"].n_targets:
        rows_of = format_count(n, "training row")
        yield "warning", f"The table has another target for {rows_of}: the model learned the earlier one."
    if sides["test"].n_changed:
        n_targets = sides["test"].n_targets
        targets = f", {n_targets:,} of them with another target" if n_targets else ""
        text = (
            f"Its reported {describe_metric(problem.metric)} is of rows as they were: "
            f"{format_count(sides['test'].n_changed, 'test row')} changed{targets}."
        )
        yield "warning", f"{text} Only a new evaluation tells its score on the rows of the table."


def _judge_retraining(
    faults: Sequence[Message], sides: Mapping[str, _RowsOfSide] | None, n_new: int
) -> Message:
    added = f" The table also has {format_count(n_new, 'row')} that the model has not seen." if n_new else ""
    if any(level == "error" for level, _ in faults):
        return "error", f"A retraining is called for: the model cannot read the table as it is.{added}"
    if sides is None:
        return "note", f"Whether a retraining is called for cannot be told without its training rows.{added}"
    n_changed = sides["train"].n_changed
    if n_changed:
        share = format_share(n_changed / sides["train"].n_rows)
        text = (
            f"{n_changed:,} of its training rows ({share}) no longer exist in the form that it learned from."
        )
        return "warning", f"A retraining is called for if the table is right: {text}{added}"
    text = "All that the model learned from is still in the table, so"
    if n_new:
        text += f" no changed row calls for a retraining. It would add {format_count(n_new, 'new row')};"
        return "good", f"{text} only scores on them tell whether they follow the same pattern."
    return "good", f"{text} nothing here calls for a retraining."


def _format_end(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:,.12g}"
    return str(value).replace("T", " ")
