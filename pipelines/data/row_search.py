"""The search for rows by their key in a stored table, read as the table reads its cells."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from components._table.arrow import ARROW_TYPES, get_kind
from components._table.kinds import Kind
from components._table.reading import CellReader, Reading, UnreadableCell
from components._table.storage import open_table
from components._table.table_reading import ColumnReading
from components.errors import InvalidSetting

Key = Mapping[str, str]


def parse_key(words: list[str]) -> dict[str, str]:
    """Return columns with their values as texts, from words such as ``customer_id=C007``.

    Raises
    ------
    InvalidSetting
        A word has no column or no value, or a column is given twice.
    """
    key: dict[str, str] = {}
    for word in words:
        name, mark, value = word.partition("=")
        if not (name and mark and value):
            raise InvalidSetting(f"{word!r} is not a key.", "Write it as COLUMN=VALUE: customer_id=C007.")
        if name in key:
            raise InvalidSetting(f"The column {name!r} is given twice.", "All values together name one row.")
        key[name] = value
    return key


def list_columns(path: Path) -> list[str]:
    """Return the columns of a Parquet file, or of a folder of them."""
    return list(open_table(path).schema.names)


class NoValue(InvalidSetting):
    """The table reads the value that was given as no value, so no row can be found by it."""


def count_rows_with(path: Path, key: Key, readings: Mapping[str, ColumnReading]) -> int | None:
    """Return how many rows of a table have a key; None if the table does not have its columns.

    Parameters
    ----------
    path : Path
        A Parquet file, or a folder of them.
    key : mapping of str to str
        Columns and values as texts; a row must have all of them.
    readings : mapping of str to ColumnReading
        How the columns were read. A column without one is read plainly.

    Raises
    ------
    NoValue
        A value is read as missing.
    OSError, pyarrow.ArrowException
        The table cannot be read.
    """
    table = open_table(path)
    kinds = {field.name: get_kind(field.type) for field in table.schema}
    condition = None
    for name, text in key.items():
        kind = kinds.get(name)
        if kind is None:
            return None
        try:
            value = _build_reader(name, kind, readings).read(text)
        except UnreadableCell:
            # A table of numbers has no row with a text.
            return 0
        if value is None:
            raise NoValue(f"The value of {name!r} is read as missing.", "Name the row by another column.")
        is_equal = ds.field(name) == pa.scalar(value, ARROW_TYPES[kind])
        condition = is_equal if condition is None else condition & is_equal
    return int(table.count_rows(filter=condition))


def _build_reader(name: str, kind: Kind, readings: Mapping[str, ColumnReading]) -> CellReader:
    found = readings.get(name)
    if found is None or found.reading.kind != kind:
        return CellReader(Reading(kind))
    return CellReader(found.reading, found.categories)
