"""Ways of writing dates and times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

Write = Callable[[Any], str]

_ENGLISH = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_LONG = "January February March April May June July August September October November December"
_GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_SPANISH = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_NAMES = {
    "%b": _ENGLISH, "%B": _LONG, "{german}": _GERMAN, "{french}": _FRENCH, "{spanish}": _SPANISH,
}  # fmt: skip


def write_form(pattern: str) -> Write:
    """Return what writes dates in a form of strptime, whatever the machine's language."""

    def write(value: Any) -> str:
        text = pattern.replace("%a", _DAYS[value.weekday()])
        for directive, names in _NAMES.items():
            text = text.replace(directive, names.split()[value.month - 1])
        # Without zeros before days and months, as many people write them.
        text = text.replace("%-d", str(value.day)).replace("%-m", str(value.month))
        text = text.replace("%-I", str((value.hour - 1) % 12 + 1) if "%-I" in text else "")
        return str(value.strftime(text))

    return write


def write_times(pattern: str, time: str = " %H:%M:%S") -> dict[Any, Write]:
    """Return how days and moments are written in a form."""
    return {"day": write_form(pattern), "moment": write_form(pattern + time)}


def write_in_zone(hours: int, suffix: str, separator: str = "T") -> Write:
    """Return what writes a time of UTC as the clocks of a zone show it."""
    return lambda value: (value + timedelta(hours=hours)).strftime(f"%Y-%m-%d{separator}%H:%M:%S") + suffix


def write_rfc_2822(value: datetime) -> str:
    """Return a time as mails have it."""
    return format_datetime(value.replace(tzinfo=UTC))


def write_epoch(scale: int) -> Write:
    """Return what writes a time as a number since 1970."""
    return lambda value: str(int((value - datetime(1970, 1, 1)).total_seconds()) * scale)


def write_clock(pattern: str) -> Write:
    """Return what writes minutes since midnight in a form of strftime."""
    return lambda minutes: f"{datetime(2000, 1, 1) + timedelta(minutes=minutes):{pattern}}".strip()
