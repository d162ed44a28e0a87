"""A table before it is a file: its fields, and its values in rows."""

from datetime import date, datetime
from typing import Any, Literal, NamedTuple

Role = Literal[
    "whole", "amount", "decimal", "percent", "flag", "category", "text", "day", "moment", "clock", "code"
]  # fmt: skip
NUMBERS: tuple[Role, ...] = ("whole", "amount", "decimal", "percent")
TIMES: tuple[Role, ...] = ("day", "moment")
WORDS: tuple[Role, ...] = ("category", "text")
# A clock's value is its minutes since midnight.
Value = int | float | bool | str | date | datetime | None


class Field(NamedTuple):
    """A column, and what its values stand for."""

    name: str
    role: Role


class Sheet(NamedTuple):
    """Rows on their way into a file.

    Attributes
    ----------
    fields : tuple of Field
        The columns.
    values : list of list
        What the cells stand for.
    texts : list of list of str
        How they are written.
    order : tuple of int
        Which row of the clean table each row is.
    """

    fields: tuple[Field, ...]
    values: list[list[Value]]
    texts: list[list[str]]
    order: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]

    def take_rows(self, chosen: list[int]) -> "Sheet":
        """Return some rows, in another order."""
        return self._replace(
            values=[self.values[i] for i in chosen],
            texts=[self.texts[i] for i in chosen],
            order=tuple(self.order[i] for i in chosen),
        )

    def take_columns(self, chosen: list[int]) -> "Sheet":
        """Return some columns, in another order."""
        return Sheet(
            tuple(self.fields[i] for i in chosen),
            [[row[i] for i in chosen] for row in self.values],
            [[row[i] for i in chosen] for row in self.texts],
            self.order,
        )

    def add_column(self, field: Field, values: list[Value], texts: list[str]) -> "Sheet":
        """Return the sheet with a column more, at its end."""
        return Sheet(
            (*self.fields, field),
            [[*row, value] for row, value in zip(self.values, values, strict=True)],
            [[*row, text] for row, text in zip(self.texts, texts, strict=True)],
            self.order,
        )


def format_plain(role: Role, value: Any) -> str:
    """Return a value as a clean CSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if role == "amount":
        return f"{value:.2f}"
    if role == "clock":
        return f"{value // 60:02d}:{value % 60:02d}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)
