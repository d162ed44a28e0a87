"""The schema of a table: what each column is, learnt from all rows."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["integer", "float", "boolean", "string", "datetime"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"integer", "float", "boolean", "string", "datetime"}
        What its values are.
    n_null : int
        Rows without a value.
    n_distinct : int
        Distinct values, nulls not counted.
    minimum, maximum : float, str or None
        Smallest and largest value of a number, or of a datetime in ISO form; None for other kinds and
        where all values are null.
    categories : tuple of str
        Distinct values of a string column, sorted, where there are at most ``MAX_CATEGORIES``.
    """

    name: str
    kind: Kind
    n_null: int = 0
    n_distinct: int = 0
    minimum: float | str | None = None
    maximum: float | str | None = None
    categories: tuple[str, ...] = ()

    MAX_CATEGORIES = 1000

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers; true and false count as 1 and 0."""
        return self.kind in ("integer", "float", "boolean")


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in their order."""

    columns: tuple[Column, ...]
    n_rows: int

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
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        columns = (Column(**{**item, "categories": tuple(item["categories"])}) for item in stored["columns"])
        return cls(tuple(columns), stored["n_rows"])
