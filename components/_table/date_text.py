"""Dates in text, in the formats of strptime, with or without a time and a zone."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from components._table.clock_text import convert_hour
from components._table.months import find_month

ISO = "%Y-%m-%d"
# Formats that strptime does not have: numbers of seconds and milliseconds since 1970.
EPOCHS = {"unix seconds": 1, "unix milliseconds": 1000}
# A date before or after these years means "never" or "always", not a day.
FIRST_YEAR, LAST_YEAR = 2, 2899
_DIRECTIVES = {
    "Y": r"(?P<year>\d{4})",
    "y": r"(?P<short_year>\d{2})",
    "m": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?",
    "b": r"(?P<word>[^\W\d_]{3,}\.?)",
    "B": r"(?P<word>[^\W\d_]{3,}\.?)",
    "a": r"[^\W\d_]+\.?",
    "A": r"[^\W\d_]+\.?",
    "H": r"(?P<hour>\d{1,2})",
    "I": r"(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{2})",
    "S": r"(?P<second>\d{2})",
    "f": r"(?P<fraction>\d{1,9})",
    "p": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "z": r"(?P<zone>\S+)",
    "Z": r"(?P<zone>\S+)",
    "G": r"(?P<year>\d{4})",
    "V": r"(?P<week>\d{1,2})",
    "u": r"(?P<weekday>[1-7])",
    "j": r"(?P<yearday>\d{1,3})",
    "%": "%",
}
_TIME = (
    r"(?:(?:[T ,]|\s+at)\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?[Mm]\b\.?)?"
    r"(?:\s*(?P<zone>[Zz]|[+-]\d{2}:?\d{2}|[A-Za-z]{3,4}|[A-Za-z]+/[\w/+-]+))?)?"
)
# Hours from UTC of the unambiguous abbreviations, with those of RFC 2822.
ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


def build_date_reader(formats: Iterable[str]) -> Callable[[str], datetime | None]:
    """Return a function that reads dates of some formats, and of ISO 8601.

    Parameters
    ----------
    formats : iterable of str
        Formats in the notation of strptime. A format without an hour also allows a time after the date.

    Returns
    -------
    callable
        Takes a trimmed text and returns a datetime without zone, in UTC if the text has a zone; None for a
        date that means no value, such as 9999-12-31 or 0000-00-00. It raises ValueError for other texts.

    Raises
    ------
    ValueError
        A format has an unknown directive.
    """
    patterns = [_compile_form(form) for form in dict.fromkeys((*formats, ISO)) if form not in EPOCHS]

    def read(text: str) -> datetime | None:
        for pattern in patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                return _build_moment(match.groupdict())
        raise ValueError("is not a date in this column's format")

    return read


def convert_epoch(number: float, form: str) -> datetime | None:
    """Return the time that a number in an epoch format means; None for a date that means no value.

    Raises
    ------
    ValueError
        The number is too large.
    """
    try:
        return drop_placeholder_date(datetime(1970, 1, 1) + timedelta(seconds=number / EPOCHS[form]))
    except OverflowError:
        raise ValueError("is too large for a time") from None


def drop_placeholder_date(moment: datetime) -> datetime | None:
    """Return a time; None if its year shows that it means no value."""
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def has_zone(text: str) -> bool:
    """Return whether the text of a date ends with a time and a zone."""
    match = re.search(_TIME + "$", text)
    return match is not None and match["zone"] is not None


def _compile_form(form: str) -> re.Pattern[str]:
    pieces = []
    has_time = False
    for directive, literal in re.findall(r"%(.)|([^%]+)", form):
        if literal:
            pieces.append(re.sub(r"(?:\\ |\s)+", r"\\s+", re.escape(literal)))
        elif directive in _DIRECTIVES:
            pieces.append(_DIRECTIVES[directive])
            has_time |= directive in "HI"
        else:
            raise ValueError(f"the format {form!r} has the unknown directive %{directive}")
    return re.compile("".join(pieces) + ("" if has_time else _TIME), re.IGNORECASE)


def _build_moment(found: dict[str, str | None]) -> datetime | None:
    def get_number(name: str, default: int) -> int:
        return int(found.get(name) or default)

    year = _resolve_year(found)
    if year == 0:
        return None
    word = found.get("word")
    month = get_number("month", 1) if word is None else find_month(word)
    if month is None:
        raise ValueError("has an unknown name of a month")
    hour = convert_hour(get_number("hour", 0), found.get("half"))
    microsecond = int((found.get("fraction") or "0").ljust(6, "0")[:6])
    moment = datetime(
        year, month, get_number("day", 1), hour, get_number("minute", 0), get_number("second", 0), microsecond
    )
    if found.get("week"):
        day = datetime.fromisocalendar(year, get_number("week", 1), get_number("weekday", 1))
        moment = datetime.combine(day.date(), moment.time())
    if found.get("yearday"):
        moment += timedelta(days=get_number("yearday", 1) - 1)
    moment = _convert_to_utc(moment, found.get("zone"))
    return drop_placeholder_date(moment)


def _resolve_year(found: dict[str, str | None]) -> int:
    short = found.get("short_year")
    if short is None:
        return int(found.get("year") or 1900)
    # As in POSIX and strptime: 69 is 1969, 68 is 2068.
    return int(short) + (1900 if int(short) >= 69 else 2000)


def _convert_to_utc(moment: datetime, zone: str | None) -> datetime:
    if zone is None:
        return moment
    try:
        return moment.replace(tzinfo=_parse_zone(zone)).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return moment


def _parse_zone(name: str) -> timezone | ZoneInfo:
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    if name.upper() in ZONES:
        return timezone(timedelta(hours=ZONES[name.upper()]))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # The database has folders, such as Asia, which Python opens as files (seen in 3.11).
        raise ValueError(f"has the unknown time zone {name}") from None
