"""The reading of a column: what its cells mean, decided once and kept with the model.

A cell is a text or, from a typed source such as Parquet or JSON, a native value. ``CellReader`` converts both
to values of the column's kind. Training, scoring and serving all read rows in this way.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Literal

from components._table.clock_text import parse_minutes
from components._table.date_text import EPOCHS, build_date_reader, convert_epoch, drop_placeholder_date
from components._table.kinds import Kind
from components._table.number_text import NumberStyle, build_number_reader

Value = float | str | bool | datetime | None

# Removed from both ends of a text: the blanks of Unicode, and invisible characters.
BLANKS = (
    "".join(
        map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029])
    )
    + "\u202f\u205f\u2060\u3000\ufeff"
)
# Texts that mean no value, in upper or lower case. The empty text always does.
NULL_MARKS = (
    "na", "n/a", "n.a.", "n.a", "#n/a", "#na", "nan", "-nan", "null", "none", "nil", "nat", "<na>", "<null>",
    "(null)", "?", "-", "--", "---", "–", "—", ".", "..", "\\n", "#div/0!", "#null!", "#value!", "#ref!",
    "#num!", "#name?", "k.a.", "n.d.", "n/d", "s/d",
)  # fmt: skip
TRUES, FALSES = ("true", "1", "1.0"), ("false", "0", "0.0")
_KNOWN_READINGS = 1_000
WANTED: dict[Kind, str] = {
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "string": "text",
    "datetime": "a date such as 2026-11-26 or 2026-11-26T08:30:00",
}


class UnreadableCell(ValueError):
    """A cell cannot be read; the message says why, as the end of a sentence."""


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read.

    Attributes
    ----------
    kind : Kind
        Kind of the values.
    nulls : tuple of str
        Texts that mean no value, in lower case; the empty text always does.
    decimal, thousands : str
        Marks of its numbers, see ``NumberStyle``.
    affixes : tuple of str
        Currencies, units or percent signs that are removed from its numbers.
    is_scaled : bool
        Whether suffixes such as k and M multiply a number.
    is_clock : bool
        Whether its cells are times of day or durations, which become minutes.
    trues, falses : tuple of str
        Words for true and false besides ``true``, ``false``, 1 and 0, in lower case.
    formats : tuple of str
        Formats of its dates besides ISO 8601, in the notation of strptime, or one of ``EPOCHS``.
    is_folded : bool
        Whether texts that differ only in case are one category.
    unreadable : {"refuse", "null"}
        Whether a cell that cannot be read is an error or null.
    """

    kind: Kind
    nulls: tuple[str, ...] = NULL_MARKS
    decimal: str = "."
    thousands: str = ""
    affixes: tuple[str, ...] = ()
    is_scaled: bool = False
    is_clock: bool = False
    trues: tuple[str, ...] = ()
    falses: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    is_folded: bool = False
    unreadable: Literal["refuse", "null"] = "refuse"

    @property
    def style(self) -> NumberStyle:
        """The style of its numbers."""
        return NumberStyle(self.decimal, self.thousands, self.affixes, self.is_scaled)

    @property
    def epoch(self) -> str | None:
        """The epoch format of its dates, if they are numbers."""
        return next((form for form in self.formats if form in EPOCHS), None)

    def describe(self) -> str:
        """Return in words what differs from a plain reading; empty if nothing does."""
        parts = []
        if self.thousands or self.decimal != ".":
            marks = [f"decimal {self.decimal!r}"] + [f"thousands {self.thousands!r}"] * bool(self.thousands)
            parts.append(", ".join(marks))
        if self.affixes:
            parts.append(f"{' and '.join(map(repr, self.affixes))} removed")
        if self.is_scaled:
            parts.append("k and M multiply")
        if self.is_clock:
            parts.append("times in minutes")
        if self.trues or self.falses:
            parts.append(f"{' and '.join(map(repr, self.trues))} for true")
        if self.formats:
            parts.append("dates as " + " or ".join(self.formats))
        return "; ".join(parts)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Reading":
        """Return the reading that was stored with ``asdict``, as JSON."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        return cls(**fields)


class CellReader:
    """Reads the cells of a column.

    Parameters
    ----------
    reading : Reading
        How to read them.
    categories : iterable of str
        The texts of the training rows, if there are few. If ``reading.is_folded``, a text that differs from
        one of them only in case is read as that one.

    Attributes
    ----------
    reading : Reading
        How to read them.
    """

    def __init__(self, reading: Reading, categories: Iterable[str] = ()) -> None:
        self.reading = reading
        self._nulls = frozenset(reading.nulls)
        self.spellings = {text.casefold(): text for text in categories} if reading.is_folded else {}
        readers: dict[Kind, Callable[[str], Value]] = {
            "integer": self._build_number_reader(),
            "float": self._build_number_reader(),
            "boolean": self._read_boolean,
            "string": lambda text: self.spellings.get(text.casefold(), text),
            "datetime": self._build_date_reader(),
        }
        self._read_text = readers[reading.kind]

    @cached_property
    def null_values(self) -> frozenset[Value]:
        """Numbers or dates that mean no value, however a cell writes them."""
        return _find_null_values(self.reading)

    def read(self, cell: Any) -> Value:
        """Return the value of a cell; None if it has none.

        Parameters
        ----------
        cell : str, int, float, bool, datetime or None
            The cell.

        Raises
        ------
        UnreadableCell
            It cannot be read, even if the reading then uses null.
        """
        try:
            return self.read_text(cell) if isinstance(cell, str) else self._drop_null(self._read_native(cell))
        except UnreadableCell:
            raise
        except (ValueError, OverflowError) as error:
            raise UnreadableCell(str(error)) from None

    def read_text(self, text: str) -> Value:
        """Return the value of a text, as ``read`` does.

        Raises
        ------
        ValueError
            It cannot be read.
        """
        return self.read_trimmed(trim(text))

    def read_trimmed(self, text: str) -> Value:
        """Return the value of a trimmed text.

        Raises
        ------
        ValueError
            It cannot be read.
        """
        return None if self.is_null(text) else self._drop_null(self._read_text(text))

    def is_null(self, text: str) -> bool:
        """Return whether a trimmed text means no value."""
        return not text or text.casefold() in self._nulls

    def _drop_null(self, value: Value) -> Value:
        return None if value in self.null_values else value

    def iterate_null_values(self) -> Iterator[Value]:
        """Yield the null marks that are numbers or dates, as values."""
        if self.reading.kind not in ("integer", "float", "datetime"):
            return
        for mark in self.reading.nulls:
            try:
                value = self._read_text(mark)
            except ValueError:
                continue
            if value is not None:
                yield value

    def _read_native(self, cell: Any) -> Value:
        kind = self.reading.kind
        if cell is None:
            return None
        if kind in ("integer", "float") and type(cell) in (int, float):
            return self.check_number(cell)
        if kind == "boolean":
            if isinstance(cell, bool):
                return cell
            if cell in (0, 1):
                return bool(cell)
        if kind == "string" and type(cell) in (int, float) and cell == cell // 1 and abs(cell) < 2**63:
            # A source that has only floats writes 8001 as 8001.0.
            return self.read_text(str(int(cell)))
        if kind == "datetime":
            if isinstance(cell, datetime):
                return drop_placeholder_date(cell)
            if self.reading.epoch and type(cell) in (int, float):
                return convert_epoch(cell, self.reading.epoch)
            if self.reading.formats and type(cell) is int:
                return self.read_text(str(cell))
        raise UnreadableCell(f"is not {WANTED[kind]}")

    def check_number(self, number: float) -> float:
        """Return a number as the reading's kind.

        Raises
        ------
        UnreadableCell
            It is not finite, or in a column of whole numbers it is not whole or needs more than 64 bits.
        """
        try:
            is_finite = math.isfinite(number)
        except OverflowError:
            is_finite = False
        if not is_finite:
            raise UnreadableCell("is too large a number")
        if self.reading.kind == "float":
            return float(number)
        if number != int(number):
            raise UnreadableCell("is not a whole number, but all training rows have whole numbers")
        if not -(2**63) <= number < 2**63:
            raise UnreadableCell("is too large a number")
        return int(number)

    def _read_boolean(self, text: str) -> bool:
        folded = text.casefold()
        if folded in (*TRUES, *self.reading.trues):
            return True
        if folded in (*FALSES, *self.reading.falses):
            return False
        raise ValueError("is not true or false")

    def _build_number_reader(self) -> Callable[[str], Value]:
        if self.reading.is_clock:
            return lambda text: self.check_number(_parse_minutes(text))
        read = build_number_reader(self.reading.style)
        return lambda text: self.check_number(read(text))

    def _build_date_reader(self) -> Callable[[str], Value]:
        epoch = self.reading.epoch
        read = build_date_reader(self.reading.formats)
        if epoch is None:
            return read
        read_number = build_number_reader(self.reading.style)

        def read_either(text: str) -> Value:
            try:
                number = read_number(text)
            except ValueError:
                return read(text)
            return convert_epoch(number, epoch)

        return read_either


def trim(text: str) -> str:
    """Return a text without blanks at its ends, and in Unicode's composed form NFC."""
    text = text.strip(BLANKS)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


# Most columns of a table have one of a few readings, and each has dozens of null marks.
@lru_cache(_KNOWN_READINGS)
def _find_null_values(reading: Reading) -> frozenset[Value]:
    return frozenset(CellReader(reading).iterate_null_values())


def _parse_minutes(text: str) -> float:
    # A plain number is already in minutes, as in a table that a stage wrote.
    try:
        return float(build_number_reader(NumberStyle())(text))
    except ValueError:
        return parse_minutes(text)
