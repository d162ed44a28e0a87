"""Converts the usual five fields of cron to the form of Kubeflow Pipelines.

Kubeflow Pipelines reads six fields, the first for seconds, and misreads five fields as the first five of
these. It does not know 7 for Sunday. All schedules of an installation have one time zone
(https://pkg.go.dev/github.com/robfig/cron@v1.2.0, CRON_SCHEDULE_TIMEZONE).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from components.errors import InvalidSetting

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HOURS_A_DAY, _MINUTES_AN_HOUR, _DAYS_A_WEEK = 24, 60, 7
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_YEARS_AHEAD = 2


@dataclass(frozen=True)
class _CronField:
    name: str
    least: int
    most: int
    names: dict[str, int]


_FIELDS = (
    _CronField("minute", 0, 59, {}),
    _CronField("hour", 0, 23, {}),
    _CronField("day of the month", 1, 31, {}),
    _CronField("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _CronField("day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
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
    fields = _split_fields(cron)
    # A star must stay: with a star, both the day of the month and the day of the week must match; without
    # one, either is enough.
    stars = [part for part in fields[4].split(",") if part[0] in "*?"]
    numbers = [part for part in fields[4].split(",") if part[0] not in "*?"]
    days = _parse_values(",".join(numbers), _FIELDS[4]) if numbers else set()
    if _DAYS_A_WEEK in days:
        fields[4] = ",".join([*stars, _format_values({day % _DAYS_A_WEEK for day in days})])
    return " ".join(["0", *fields])


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
    minutes = _compute_utc_offset(zone, now)
    fields = _split_fields(cron)
    if not minutes:
        return cron
    minute, hour, *_ = (_parse_values(text, field) for text, field in zip(fields, _FIELDS, strict=True))
    times = {(60 * h + m - minutes) for h in hour for m in minute}
    shifts = {time // (_HOURS_A_DAY * _MINUTES_AN_HOUR) for time in times}
    hours = {time // _MINUTES_AN_HOUR % _HOURS_A_DAY for time in times}
    minutes_of_hour = {time % _MINUTES_AN_HOUR for time in times}
    is_every_day = fields[2] in "*?" and fields[3] in "*?" and fields[4] in "*?"
    # Every combination of the hours and minutes must be one of the times. If the times fall on another day,
    # the day of the week moves with them.
    is_exact = len(hours) * len(minutes_of_hour) == len(times)
    is_movable = (
        shifts == {0} or is_every_day or (len(shifts) == 1 and fields[2] in "*?" and fields[3] in "*?")
    )
    if not (is_exact and is_movable):
        raise InvalidSetting(
            f"The cron {cron!r} in {zone} cannot be written as one cron in UTC: its times fall on other days "
            "or hours there.",
            "Write it in UTC and leave --timezone out, or split it into several schedules.",
        )
    if not is_every_day:
        shift = shifts.pop()
        days = _parse_values(fields[4], _FIELDS[4])
        fields[4] = _format_values({(day + shift) % _DAYS_A_WEEK for day in days}) if shift else fields[4]
    return " ".join([_format_values(minutes_of_hour), _format_values(hours), *fields[2:]])


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


def _split_fields(cron: str) -> list[str]:
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        raise InvalidSetting(
            f"The cron {cron!r} has {len(fields)} fields, not {len(_FIELDS)}.",
            'Write minute, hour, day of the month, month and day of the week: "0 6 * * 1" is Monday at 6.',
        )
    for text, field in zip(fields, _FIELDS, strict=True):
        _parse_values(text, field)
    return fields


def _parse_values(text: str, field: _CronField) -> set[int]:
    values: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?", part)
        first = _parse_number(found[1], field) if found else None
        if found is None or first is None or (found[1] in "*?" and found[2]):
            raise _make_field_error(text, field)
        step = int(found[3]) if found[3] else 1
        is_open = found[1] in "*?" or found[3]
        last = _parse_number(found[2], field) if found[2] else field.most if is_open else first
        if last is None or last < first or step == 0:
            raise _make_field_error(text, field)
        values.update(range(first, last + 1, step))
    return values


def _parse_number(text: str, field: _CronField) -> int | None:
    if text in "*?":
        return field.least
    number = int(text) if text.isascii() and text.isdigit() else field.names.get(text.lower())
    return number if number is not None and field.least <= number <= field.most else None


def _make_field_error(text: str, field: _CronField) -> InvalidSetting:
    return InvalidSetting(
        f"The {field.name} of the cron cannot be {text!r}.",
        f"Write a number from {field.least} to {field.most}, several with commas, a range with a dash, "
        "a step with a slash, or *.",
    )


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
