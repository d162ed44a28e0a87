"""Converts the usual five fields of cron to the form of Kubeflow Pipelines.

Kubeflow Pipelines reads six fields, the first for seconds, and misreads five fields as the first five of
these. It does not know 7 for Sunday. All schedules of an installation have one time zone
(https://pkg.go.dev/github.com/robfig/cron@v1.2.0, CRON_SCHEDULE_TIMEZONE).
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from components.errors import InvalidSetting

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MINUTES_A_DAY = 24 * 60
_YEARS_AHEAD = 2
_PART = re.compile(r"(?:[*?]|(\w+)(?:-(\w+))?)(?:/0*([1-9]\d*))?", re.ASCII)


class _CronField(NamedTuple):
    name: str
    values: range
    words: tuple[str, ...] = ()


_FIELDS = (
    _CronField("minute", range(60)),
    _CronField("hour", range(24)),
    _CronField("day of the month", range(1, 32)),
    _CronField(
        "month",
        range(1, 13),
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
    # 7 is one more word for Sunday.
    _CronField("day of the week", range(7), ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "7")),
)


def to_six_fields(cron: str) -> str:
    """Return the six fields that Kubeflow Pipelines reads.

    Parameters
    ----------
    cron : str
        Minute, hour, day of the month, month and day of the week.

    Raises
    ------
    InvalidSetting
        It does not have five fields, or a field is invalid; the message says which.
    """
    fields, _ = _parse_cron(cron)
    # Parts without 7 stay as they are: a star makes both the day of the month and that of the week count.
    parts = [
        _format_values({day % 7 for day in days}) if 7 in (days := _parse_part(part, _FIELDS[4])) else part
        for part in fields[4].split(",")
    ]
    return " ".join(["0", *fields[:4], ",".join(dict.fromkeys(parts))])


def convert_to_utc(cron: str, zone: str, now: datetime) -> str:
    """Return the cron in UTC that means the same as a cron in a time zone.

    Parameters
    ----------
    cron : str
        Minute, hour, day of the month, month and day of the week, in the time zone.
    zone : str
        Name of a time zone, such as ``Asia/Tokyo``.
    now : datetime
        The time from which the result must be valid, with a time zone.

    Raises
    ------
    InvalidSetting
        There is no such zone, its clocks change, or no single cron in UTC means the same.
    """
    offset = _compute_utc_offset(zone, now)
    fields, (minutes, hours, *_, weekdays) = _parse_cron(cron)
    if not offset:
        return cron
    times = {60 * hour + minute - offset for hour in hours for minute in minutes}
    shifts = {time // _MINUTES_A_DAY for time in times}
    new_hours = {time // 60 % 24 for time in times}
    new_minutes = {time % 60 for time in times}
    is_any_date, is_any_weekday = fields[2] in "*?" and fields[3] in "*?", fields[4] in "*?"
    # Every combination of the hours and minutes must be one of the times. If the times fall on another day,
    # the day of the week moves with them.
    is_exact = len(new_hours) * len(new_minutes) == len(times)
    is_movable = shifts == {0} or (is_any_date and (is_any_weekday or len(shifts) == 1))
    if not (is_exact and is_movable):
        raise InvalidSetting(
            f"The cron {cron!r} in {zone} cannot be written as one cron in UTC: its times fall on other days "
            "or hours there.",
            "Write it in UTC and leave --timezone out, or split it into several schedules.",
        )
    if shifts != {0} and not is_any_weekday:
        fields[4] = _format_values({(day + min(shifts)) % 7 for day in weekdays})
    return " ".join([_format_values(new_minutes), _format_values(new_hours), *fields[2:]])


def parse_interval(interval: str, setting: str) -> int:
    """Return the seconds of an interval such as ``90m`` or ``1d``.

    Parameters
    ----------
    interval : str
        A number and a unit: s, m, h or d.
    setting : str
        Name of the setting, for the error.

    Raises
    ------
    InvalidSetting
        It is not an interval, or shorter than a minute.
    """
    found = re.fullmatch(r"(\d+)([smhd])", interval)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if seconds < _UNITS["m"]:
        raise InvalidSetting.from_out_of_range(
            setting, interval, "a number and a unit, such as 30m, 6h or 1d, of at least one minute"
        )
    return seconds


def _parse_cron(cron: str) -> tuple[list[str], list[set[int]]]:
    """Return the text and the values of each field."""
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        raise InvalidSetting(
            f"The cron {cron!r} has {len(fields)} fields, not {len(_FIELDS)}.",
            'Write minute, hour, day of the month, month and day of the week: "0 6 * * 1" is Monday at 6.',
        )
    return fields, [_parse_field(text, field) for text, field in zip(fields, _FIELDS, strict=True)]


def _parse_field(text: str, field: _CronField) -> set[int]:
    parts = [_parse_part(part, field) for part in text.split(",")]
    if not all(parts):
        raise InvalidSetting(
            f"The {field.name} of the cron cannot be {text!r}.",
            f"Write a number from {field.values[0]} to {field.values[-1]}, several with commas, a range with "
            "a dash, a step with a slash, or *.",
        )
    return set().union(*parts)


def _parse_part(part: str, field: _CronField) -> range:
    """Return the values of a part such as ``3``, ``mon-fri``, ``*/15`` or ``5/10``; none if it is invalid."""
    found = _PART.fullmatch(part)
    first, last, step = found.groups() if found else ("invalid", None, None)
    start = _parse_value(first, field) if first else field.values[0]
    # A step without an end goes to the field's last value.
    end = _parse_value(last, field) if last else field.values[-1] if step or not first else start
    return range(0) if start is None or end is None else range(start, end + 1, int(step or 1))


def _parse_value(text: str, field: _CronField) -> int | None:
    if text.lower() in field.words:
        return field.values[0] + field.words.index(text.lower())
    return int(text) if text.isdigit() and int(text) in field.values else None


def _format_values(values: set[int]) -> str:
    return ",".join(str(value) for value in sorted(values))


def _compute_utc_offset(zone: str, now: datetime) -> int:
    """Return the minutes by which a time zone is ahead of UTC."""
    try:
        time_zone = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidSetting(
            f"There is no time zone {zone!r}.", "Write it like Europe/Berlin, Asia/Tokyo or UTC."
        ) from None
    # No zone has a different time for less than a week.
    moments = (now + timedelta(weeks=week) for week in range(52 * _YEARS_AHEAD))
    offsets = {moment.astimezone(time_zone).utcoffset() or timedelta() for moment in moments}
    if len(offsets) > 1:
        raise InvalidSetting(
            f"The clocks of {zone} change within a year, and schedules of Kubeflow Pipelines cannot follow.",
            "Write the cron in the time zone of the installation, which is UTC unless its operator set "
            "cronScheduleTimezone, and leave --timezone out. Or use the CronJob in the manifests, which has "
            "its own time zone.",
        )
    return int(offsets.pop().total_seconds() // 60)
