"""The difference between two versions of a table, as a person should know it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components._table.kinds import Kind
from components._table.reading import Reading
from components.errors import InvalidSetting, format_count, format_list
from pipelines.data.key_choice import KeyChoice, choose_key
from pipelines.data.table_comparison import RowComparison, compare_rows, find_common_kinds
from pipelines.data.table_version import TableVersion
from pipelines.data.value_summary import ColumnValues, Shift, ValueSummary, compute_shifts


@dataclass(frozen=True)
class ColumnDiff:
    """A column that both tables have.

    Attributes
    ----------
    name : str
        Its name.
    kinds : tuple of str
        Its kind in the old table and in the new one.
    values : tuple of ColumnValues
        Its values in the old table and in the new one.
    n_changed : int
        Number of rewritten cells.
    shift : Shift or None
        How far its distributions are apart; None for a key, or if a table has no rows.
    reading : str
        How its cells are read otherwise; empty if they are read alike.
    """

    name: str
    kinds: tuple[Kind, Kind]
    values: tuple[ColumnValues, ColumnValues]
    n_changed: int
    shift: Shift | None
    reading: str


@dataclass(frozen=True)
class TableDiff:
    """What differs between two tables.

    Attributes
    ----------
    old, new : TableVersion
        The tables.
    key : KeyChoice
        By what rows are matched.
    removed_columns, added_columns : tuple of str
        Columns of one table only.
    columns : tuple of ColumnDiff
        Those of both.
    rows : RowComparison
        The rows, over the columns of both.
    n_sampled : int
        Rows of the larger table whose distributions were compared.
    """

    old: TableVersion
    new: TableVersion
    key: KeyChoice
    removed_columns: tuple[str, ...]
    added_columns: tuple[str, ...]
    columns: tuple[ColumnDiff, ...]
    rows: RowComparison
    n_sampled: int

    @property
    def is_same(self) -> bool:
        """Whether both have the same columns and rows, in any order."""
        match = self.rows.match
        return not (
            self.removed_columns
            or self.added_columns
            or any(column.kinds[0] != column.kinds[1] for column in self.columns)
            or len(match.removed)
            or len(match.added)
            or len(match.rewritten)
        )

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        if self.is_same:
            return f"The content is the same: {format_count(self.new.n_rows, 'row')} with the same values."
        return f"The content differs: {'; '.join(self._describe_differences())}."

    def _describe_differences(self) -> Iterator[str]:
        match = self.rows.match
        for names, what in ((self.removed_columns, "removed"), (self.added_columns, "added")):
            if names:
                yield f"{format_count(len(names), 'column')} {what} ({format_list(names)})"
        changed = [column.name for column in self.columns if column.kinds[0] != column.kinds[1]]
        if changed:
            yield f"{format_count(len(changed), 'column')} of another type ({format_list(changed)})"
        for rows, what in (
            (match.removed, "removed"),
            (match.added, "added"),
            (match.rewritten, "rewritten"),
        ):
            if len(rows):
                yield f"{format_count(len(rows), 'row')} {what}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about how the tables were compared."""
        return tuple(self._collect_notes())

    def _collect_notes(self) -> Iterator[str]:
        yield self.key.reason
        match = self.rows.match
        for side, n in zip((self.old, self.new), match.n_repeated, strict=True):
            if n and self.key.columns:
                yield (
                    f"Of {side.title}, {format_count(n, 'row')} have a key that another row has, too. Rows "
                    "with one key are compared together: equal ones cancel out."
                )
        if match.n_ambiguous and self.key.columns:
            yield (
                f"{format_count(match.n_ambiguous, 'row')} with a repeated key changed, and it is not known "
                "which became which, so they count as removed and added."
            )
        for column in self.columns:
            if column.kinds[0] != column.kinds[1]:
                numbers = {*column.kinds} == {"integer", "float"}
                yield (
                    f"{column.name!r} is of type {column.kinds[0]} in {self.old.title} and {column.kinds[1]} "
                    f"in {self.new.title}; its cells are compared as {'numbers' if numbers else 'text'}."
                )
        if self.removed_columns or self.added_columns:
            yield "Rows are compared over the columns that both tables have."
        if max(self.old.n_rows, self.new.n_rows) > self.n_sampled:
            yield (
                f"Distributions are those of a sample of {format_count(self.n_sampled, 'row')}; everything "
                "else is of all rows."
            )
        yield from dict.fromkeys((*self.old.notes, *self.new.notes))


def compare_tables(old: TableVersion, new: TableVersion, key: Sequence[str] = ()) -> TableDiff:
    """Compare two stored tables.

    Parameters
    ----------
    old, new : TableVersion
        The tables.
    key : sequence of str
        The columns to match rows by; empty to choose.

    Raises
    ------
    InvalidSetting
        A column of the key is not in both tables, or the tables have no column in common.
    """
    kinds = find_common_kinds(old, new)
    if not kinds:
        raise InvalidSetting(
            f"There is no column that both {old.title} and {new.title} have.",
            f"The first has {format_list(old.kinds)}; the second {format_list(new.kinds)}.",
        )
    chosen = choose_key(old, new, kinds, key)
    largest = max(old.n_rows, new.n_rows)
    summaries = ValueSummary(kinds, largest), ValueSummary(kinds, largest)
    rows = compare_rows(old, new, kinds, chosen.columns, summaries)
    compared = {name: kind for name, kind in kinds.items() if name not in chosen.columns}
    shifts = compute_shifts(*summaries, compared)
    columns = tuple(
        ColumnDiff(
            name,
            (old.kinds[name], new.kinds[name]),
            (summaries[0].get_values(name), summaries[1].get_values(name)),
            rows.changed.get(name, 0),
            shifts.get(name),
            _describe_reading(name, old, new),
        )
        for name in kinds
    )
    return TableDiff(
        old,
        new,
        chosen,
        tuple(name for name in old.kinds if name not in kinds),
        tuple(name for name in new.kinds if name not in kinds),
        columns,
        rows,
        max(summary.n_sampled for summary in summaries),
    )


def _describe_reading(name: str, old: TableVersion, new: TableVersion) -> str:
    """Return how the reading of a column differs; a generated sample has none."""
    if name not in old.readings or name not in new.readings:
        return ""
    before, after = (_describe(side.readings[name].reading) for side in (old, new))
    return "" if before == after else f"{before} → {after}"


def _describe(reading: Reading) -> str:
    return reading.describe() or "plain"
