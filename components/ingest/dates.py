"""Dates in text: the forms in which a column may write them."""

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES

_DATETIME = ARROW_TYPES["datetime"]
_TIME = r"(?:[ T](?P<hour>\d{1,2})(?P<minute>:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
_PARTS = {"day": r"(?P<day>\d{1,2})", "month": r"(?P<month>\d{1,2})", "year": r"(?P<year>\d{4})"}

_FIELDS = ("year", "month", "day", "hour", "minute")


@dataclass(frozen=True)
class DateForm:
    """One way of writing dates, with or without a time after a blank or T.

    Attributes
    ----------
    parts : tuple of str
        ``"day"``, ``"month"`` and ``"year"``, in their order.
    separator : str
        The character between them.
    """

    parts: tuple[str, str, str]
    separator: str

    @property
    def name(self) -> str:
        """The form as people write it: ``"day.month.year"``."""
        return self.separator.join(self.parts)

    def parse(self, values: pa.StringArray) -> pa.TimestampArray:
        """Return the datetimes, all of them or none.

        Raises
        ------
        ValueError
            Where a value is not a date of this form.
        """
        pattern = re.escape(self.separator).join(_PARTS[part] for part in self.parts)
        parts = pc.extract_regex(values, f"^{pattern}{_TIME}$")
        if parts.null_count > values.null_count:
            raise ValueError(f"a value is not {self.name}")
        year, month, day, hour, minute = (parts.field(part) for part in _FIELDS)
        date = pc.binary_join_element_wise(year, _two_digits(month), _two_digits(day), "-")
        # Without a time the hour is empty, and padded to midnight.
        time = pc.binary_join_element_wise(_two_digits(hour), minute, "")
        iso = pc.binary_join_element_wise(date, time, " ")
        # The fields of a row without a match are empty text, not null.
        return parse_iso(pc.if_else(values.is_valid(), iso, None))


# Where two forms fit all values of a column, the earlier one is taken. With dots the day comes first by
# convention, so there is no month.day.year.
DATE_FORMS = (
    DateForm(("year", "month", "day"), "/"),
    DateForm(("month", "day", "year"), "/"),
    DateForm(("day", "month", "year"), "/"),
    DateForm(("month", "day", "year"), "-"),
    DateForm(("day", "month", "year"), "-"),
    DateForm(("day", "month", "year"), "."),
)


def parse_iso(values: pa.StringArray) -> pa.TimestampArray:
    """Return the datetimes of text such as ``2024-12-31`` or ``2024-12-31T10:20:30.5``, without a zone.

    Raises
    ------
    ValueError
        Where a value is none.
    """
    return pc.cast(_to_microseconds(values), _DATETIME)


def parse_zoned_iso(values: pa.StringArray) -> pa.TimestampArray:
    """Return the datetimes in UTC of text such as ``2024-12-31T10:20:30+02:00`` or ``...Z``.

    Raises
    ------
    ValueError
        Where a value is none, or has no zone.
    """
    return pc.cast(_to_microseconds(values), pa.timestamp("us", "UTC")).cast(_DATETIME)


def _two_digits(values: pa.StringArray) -> pa.StringArray:
    return pc.utf8_lpad(values, 2, "0")


def _to_microseconds(values: pa.StringArray) -> pa.StringArray:
    # Arrow refuses a text with more digits than its unit has, as nanoseconds would be.
    return pc.replace_substring_regex(values, r"(:\d{2}\.\d{6})\d+", r"\1")
