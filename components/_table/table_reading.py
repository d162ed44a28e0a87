"""The reading of a whole table: the reading of each column with a few cells, and the notices."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from components._table.notice import Notice
from components._table.reading import Reading, Value


class Example(NamedTuple):
    """A cell as the source writes it, and its value as text."""

    cell: str
    value: str


@dataclass(frozen=True)
class ColumnReading:
    """The reading of a column.

    Attributes
    ----------
    reading : Reading
        How its cells are read.
    categories : tuple of str
        Its distinct texts, if there are few.
    examples : tuple of Example
        A few cells with their values.
    """

    reading: Reading
    categories: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class TableReading:
    """How a table was read.

    Attributes
    ----------
    columns : dict of str to ColumnReading
        Its columns, in order.
    notices : tuple of Notice
        What a person should know about the table.
    file : dict
        The user's options for the file, see ``FileOptions``.
    """

    columns: Mapping[str, ColumnReading]
    notices: tuple[Notice, ...] = ()
    file: Mapping[str, Any] | None = None

    # Where a Parquet file keeps the reading of its columns, for a table that is made of rows already read.
    PARQUET_KEY: ClassVar[bytes] = b"kfp_tabular.reading"

    def to_json(self) -> str:
        """Return it as JSON."""
        # A copy of each value, as ``asdict`` makes it, takes longer than to write the values.
        columns = {
            name: {**vars(column), "reading": vars(column.reading)} for name, column in self.columns.items()
        }
        stored = {
            "columns": columns,
            "notices": [asdict(notice) for notice in self.notices],
            "file": dict(self.file or {}),
        }
        return json.dumps(stored, indent=2, ensure_ascii=False)

    def save(self, path: str | Path) -> None:
        """Write it as JSON."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "TableReading":
        """Read what ``save`` wrote."""
        return cls.from_json(Path(path).read_text(encoding="utf-8"))

    @classmethod
    def from_json(cls, text: str | bytes) -> "TableReading":
        """Return what ``to_json`` wrote."""
        stored = json.loads(text)
        columns = {
            name: ColumnReading(
                Reading.from_dict(column["reading"]),
                tuple(column["categories"]),
                tuple(Example(*example) for example in column["examples"]),
            )
            for name, column in stored["columns"].items()
        }
        notices = tuple(map(Notice.from_dict, stored["notices"]))
        return cls(columns, notices, stored["file"])


def format_cell_value(value: Value) -> str:
    """Return a value as text; ``null`` for None."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
