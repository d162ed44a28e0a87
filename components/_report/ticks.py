"""Where an axis has its ticks, and what they say."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
# From here on a number is written with a unit: "12.5k". Below, it may be a year, which takes no separator.
_FIRST_WITH_UNIT = 10_000
_DAY = 86_400
_HOUR = 3600
_SECONDS = (1, 5, 15, 30, 60, 300, 900, 1800, *(n * _HOUR for n in (1, 3, 6, 12, 24, 48, 168, 336)))
_MONTHS = (1, 3, 6, 12)
_MONTH = 30.44 * _DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Tick(NamedTuple):
    """A value of an axis with its text."""

    value: float
    text: str


def compute_number_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most ``most`` ticks at round numbers from ``low`` to ``high``."""
    values, step = _list_round_numbers(low, high, most)
    return [Tick(value, text) for value, text in zip(values, _format_alike(values, step), strict=True)]


def compute_share_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return ticks of shares from 0 to 1, in per cent."""
    values, step = _list_round_numbers(100 * low, 100 * high, most)
    digits = _count_digits(step)
    return [Tick(value / 100, f"{value:.{digits}f}%") for value in values]


def compute_log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return powers of ten between two positive numbers, and where they are few also multiples of them."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    step = 1
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**decade for decade in decades for factor in factors]
        values = [value for value in values if low <= value <= high]
        if len(values) <= most:
            break
    else:
        step = math.ceil(len(values) / most)
    return [Tick(value, format_number(value)) for value in values[::step]]


def compute_time_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return ticks at the starts of years, months, days or hours; bounds are in seconds since 1970."""
    span = (high - low) / most
    if span > _MONTHS[-2] * _MONTH:
        return _list_years(low, high, most)
    if span > _SECONDS[-1]:
        step = next(months for months in _MONTHS if months * _MONTH >= span)
        return _list_months(low, high, step)
    seconds = next(step for step in _SECONDS if step >= span)
    form = "%Y-%m-%d" if seconds >= _DAY else "%m-%d %H:%M" if seconds >= 60 else "%H:%M:%S"
    first = math.ceil(low / seconds)
    return [
        Tick(at * seconds, format(_to_date(at * seconds), form))
        for at in range(first, math.floor(high / seconds) + 1)
    ]


def format_number(value: float) -> str:
    """Return a number with three significant digits, and from 10,000 on with a unit, such as 12.5k."""
    scale, unit = _choose_unit(abs(value))
    return f"{float(f'{value / scale:.3g}'):.12g}{unit}"


def shorten_label(text: str, most: int = 28) -> str:
    """Return a name as a label, cut in the middle."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"


def _list_round_numbers(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Return multiples of a step that is 1, 2, 2.5 or 5 times a power of ten, and the step."""
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    steps = (factor * power for factor in (1, 2, 2.5, 5, 10, 20, 25))
    for step in steps:
        # Bounds that rounding moved off a multiple still get their tick.
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    return [at * step for at in range(first, last + 1)], step


def _format_alike(values: list[float], step: float) -> list[str]:
    """Return all numbers in one unit, with as many digits as the step between them needs."""
    scale, unit = _choose_unit(max(map(abs, values), default=0))
    smallest = min((abs(value) for value in values if value), default=1)
    if step < 1e-4 and smallest < 1e-4:
        return [format_number(value) if value else "0" for value in values]
    digits = _count_digits(step / scale)
    return [f"{value / scale:.{digits}f}{unit if value else ''}" for value in values]


def _choose_unit(size: float) -> tuple[float, str]:
    if size < _FIRST_WITH_UNIT:
        return 1, ""
    return next((scale, unit) for scale, unit in _UNITS if size >= scale)


def _count_digits(step: float) -> int:
    """Return how many decimals a multiple of the step needs: 2.5 needs one, 20 none."""
    digits = max(0, -math.floor(math.log10(step)))
    return digits if math.isclose(round(step, digits), step, rel_tol=1e-6) else digits + 1


def _list_years(low: float, high: float, most: int) -> list[Tick]:
    values, _ = _list_round_numbers(_count_years(low), _count_years(high), most)
    years = sorted({round(value) for value in values if 1 <= value <= 9999})
    return _keep_within(
        [Tick((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds(), str(year)) for year in years],
        low,
        high,
    )


def _list_months(low: float, high: float, step: int) -> list[Tick]:
    first, last = (date.year * 12 + date.month - 1 for date in map(_to_date, (low, high)))
    months = range(first - first % step, last + 1, step)
    starts = [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in months]
    ticks = [Tick((start - _EPOCH).total_seconds(), f"{start:%Y-%m}") for start in starts]
    return _keep_within(ticks, low, high)


def _keep_within(ticks: list[Tick], low: float, high: float) -> list[Tick]:
    return [tick for tick in ticks if low <= tick.value <= high]


def _count_years(seconds: float) -> float:
    return 1970 + seconds / (365.2425 * _DAY)


def _to_date(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


TICKS: dict[str, Callable[[float, float, int], list[Tick]]] = {
    "number": compute_number_ticks,
    "share": compute_share_ticks,
    "time": compute_time_ticks,
    "log": compute_log_ticks,
}
