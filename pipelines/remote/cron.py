"""When a schedule runs: the usual five fields of cron, as Kubeflow Pipelines writes them.

It reads six fields, the first for seconds, takes five for the first five of those, knows no Sunday of the
number 7, and has one time zone for all schedules of an installation
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
    """Return five fields of cron as the six that Kubeflow Pipelines reads.

    Parameters
    ----------
    cron : str
        Minute, hour, day of the month, month and day of the week.

    Raises
    ------
    InvalidSetting
        It has other than five fields, or one of them cannot be: which, is said.
    """
    fields = _split_fields(cron)
    # A star must stay one: with it a day of the month and a day of the week must both fit, else either.
    stars = [part for part in fields[4].split(",") if part[0] in "*?"]
    plain = [part for part in fields[4].split(",") if part[0] not in "*?"]
    days = _parse_values(",".join(plain), _FIELDS[4]) if plain else set()
    if _DAYS_A_WEEK in days:
        fields[4] = ",".join([*stars, _format_values({day % _DAYS_A_WEEK for day in days})])
    return " ".join(["0", *fields])


def convert_to_utc(cron: str, zone: str, now: datetime) -> str:
    """Return a cron that means in UTC what it means in a time zone, where that can be said.

    Parameters
    ----------
    cron : str
        Minute, hour, day of the month, month and day of the week, in that zone.
    zone : str
        Name of a time zone, such as ``Asia/Tokyo``.
    now : datetime
        From when on it must hold, with a time zone of its own.

    Raises
    ------
    InvalidSetting
        There is no such zone, its clocks change, or the cron cannot be said in UTC.
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
    # Hours times minutes must be the same moments again, and one that falls on another day moves the day.
    is_exact = len(hours) * len(minutes_of_hour) == len(times)
    is_movable = (
        shifts == {0} or is_every_day or (len(shifts) == 1 and fields[2] in "*?" and fields[3] in "*?")
    )
    if not (is_exact and is_movable):
        raise InvalidSetting(
            f"The cron {cron!r} of {zone} cannot be said in UTC in one line: it falls on other days, or "
            "between hours.",
            "Write it in UTC and leave --timezone out, or split it into several schedules.",
        )
    if not is_every_day:
        shift = shifts.pop()
        days = _parse_values(fields[4], _FIELDS[4])
        fields[4] = _format_values({(day + shift) % _DAYS_A_WEEK for day in days}) if shift else fields[4]
    return " ".join([_format_values(minutes_of_hour), _format_values(hours), *fields[2:]])


def parse_interval(interval: str, setting: str) -> int:
    """Return an interval, such as ``90m`` or ``1d``, in seconds.

    Parameters
    ----------
    interval : str
        A number and a unit: s, m, h or d.
    setting : str
        What it is for, in an error.

    Raises
    ------
    InvalidSetting
        It is no interval of at least a minute.
    """
    found = re.fullmatch(r"(\d+)([smhd])", interval)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if seconds < _UNITS["m"]:
        raise InvalidSetting.from_out_of_range(
            setting, interval, "a number and a unit, such as 30m, 6h or 1d, and at least a minute"
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
        f"It is a number from {field.least} to {field.most}, several with commas, a range with a dash, a "
        "step with a slash, or *.",
    )


def _format_values(values: set[int]) -> str:
    return ",".join(str(value) for value in sorted(values))


def _compute_utc_offset(zone: str, now: datetime) -> int:
    """Return how far a zone is ahead of UTC, in minutes."""
    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidSetting(
            f"There is no time zone {zone!r}.", "Write it as in Europe/Berlin or Asia/Tokyo, or UTC."
        ) from None
    # No zone keeps a different time for less than a week.
    moments = (now + timedelta(weeks=week) for week in range(52 * _YEARS_AHEAD))
    offsets = {moment.astimezone(place).utcoffset() or timedelta() for moment in moments}
    if len(offsets) > 1:
        raise InvalidSetting(
            f"The clocks of {zone} change within the year, and Kubeflow Pipelines' schedules cannot follow.",
            "Write the cron in the time zone of the installation, which is UTC unless its operator set "
            "cronScheduleTimezone, and leave --timezone out; or schedule with the CronJob of the manifests, "
            "which has a time zone of its own.",
        )
    return int(offsets.pop().total_seconds() // 60)
