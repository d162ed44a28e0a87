"""The schema of a table: what each column is, by all rows."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from components._table.kinds import Kind
from components._table.reading import CellReader, Reading

__all__ = ["Column", "Kind", "Schema"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"integer", "float", "boolean", "string", "datetime"}
        Kind of its values.
    n_null : int
        Rows without a value.
    n_distinct : int
        Distinct values without null.
    minimum, maximum : float, str or None
        Smallest and largest number, or datetime in ISO format; None for other kinds and if all values are
        null.
    categories : tuple of str
        Distinct values of a string column, sorted, if there are at most ``MAX_CATEGORIES``.
    reading : Reading or None
        How its cells are read. None: with the plain reading of its kind.
    """

    name: str
    kind: Kind
    n_null: int = 0
    n_distinct: int = 0
    minimum: float | str | None = None
    maximum: float | str | None = None
    categories: tuple[str, ...] = ()
    reading: Reading | None = None

    MAX_CATEGORIES = 1000

    @property
    def reader(self) -> CellReader:
        """The reader of its cells."""
        return CellReader(self.reading or Reading(self.kind), self.categories)

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers; booleans count as 1 and 0."""
        return self.kind in ("integer", "float", "boolean")


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in their order.

    Attributes
    ----------
    columns : tuple of Column
        The columns.
    n_rows : int
        Number of rows.
    file : dict
        The user's options for reading its file.
    expectations : dict
        What is expected of the table, which a retraining expects again; see ``components._expectations``.
    """

    columns: tuple[Column, ...]
    n_rows: int
    file: Mapping[str, Any] = field(default_factory=dict)
    expectations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    def save(self, path: str | Path) -> None:
        """Write the schema as JSON."""
        Path(path).write_text(json.dumps(asdict(self), indent=2, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Schema":
        """Read a schema that ``save`` wrote."""
        return cls.from_json(json.loads(Path(path).read_text(encoding="utf-8")))

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Schema":
        """Return a schema from the values in its file."""
        columns = tuple(map(_build_column, stored["columns"]))
        return cls(columns, stored["n_rows"], stored.get("file", {}), stored.get("expectations", {}))


def _build_column(stored: dict[str, Any]) -> Column:
    reading = stored.get("reading")
    return Column(
        **{
            **stored,
            "categories": tuple(stored["categories"]),
            "reading": None if reading is None else Reading.from_dict(reading),
        }
    )
