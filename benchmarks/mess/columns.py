"""Generators of columns: values that people have in tables, drawn by seed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from benchmarks.mess.sheet import Role

# From a generator, how many, and whether they are new rows, to values.
Draw = Callable[[np.random.Generator, int, bool], list[Any]]
_WORDS = (
    "late parcel, order fast service; broken box price helpful staff again refund slow website good quality, "
    'wrong size friendly cheap never phone nobody answered return easy "as_described" Größe größer déçu'
)


class Plan(NamedTuple):
    """A column to draw.

    Attributes
    ----------
    role : Role
        What its values stand for.
    draw : callable
        Draws them.
    null_share : float
        Share of rows without a value.
    weight : float
        How much the target depends on it.
    """

    role: Role
    draw: Draw
    null_share: float = 0.0
    weight: float = 1.0


def plan_whole(low: int, high: int, **more: Any) -> Plan:
    return Plan("whole", lambda rng, n, is_new: rng.integers(low, high, n).tolist(), **more)


def plan_amount(median: float, spread: float = 0.8, *, is_signed: bool = False, **more: Any) -> Plan:
    def draw(rng: np.random.Generator, n: int, is_new: bool) -> list[Any]:
        values = median * np.exp(rng.normal(0, spread, n))
        signs = np.where(rng.random(n) < 0.3, -1, 1) if is_signed else 1
        return np.round(values * signs, 2).tolist()  # type: ignore[no-any-return]

    return Plan("amount", draw, **more)


def plan_decimal(low: float, high: float, digits: int, **more: Any) -> Plan:
    return Plan(
        "decimal", lambda rng, n, is_new: np.round(rng.uniform(low, high, n), digits).tolist(), **more
    )


def plan_percent(**more: Any) -> Plan:
    return Plan("percent", lambda rng, n, is_new: np.round(rng.beta(2, 4, n) * 100, 1).tolist(), **more)


def plan_flag(share: float, **more: Any) -> Plan:
    return Plan("flag", lambda rng, n, is_new: (rng.random(n) < share).tolist(), **more)


def plan_category(names: Sequence[str], **more: Any) -> Plan:
    def draw(rng: np.random.Generator, n: int, is_new: bool) -> list[Any]:
        weights = 1 / np.arange(1, len(names) + 1)
        return [names[i] for i in rng.choice(len(names), n, p=weights / weights.sum())]

    return Plan("category", draw, **more)


def plan_text(least: int = 3, most: int = 9, **more: Any) -> Plan:
    words = _WORDS.split()

    def draw(rng: np.random.Generator, n: int, is_new: bool) -> list[Any]:
        return [" ".join(rng.choice(words, rng.integers(least, most))) for _ in range(n)]

    return Plan("text", draw, **more)


def plan_code(digits: int, n_codes: int, **more: Any) -> Plan:
    """Return codes that begin with zeros, some of them."""

    def draw(rng: np.random.Generator, n: int, is_new: bool) -> list[Any]:
        return [str(number * 37 % 10**digits).zfill(digits) for number in rng.integers(1, n_codes, n)]

    return Plan("code", draw, **more)


def plan_day(years: int = 5, first: int = 2018, **more: Any) -> Plan:
    def draw(rng: np.random.Generator, n: int, is_new: bool) -> list[Any]:
        return [found.date() for found in _draw_moments(rng, n, years, first, is_new)]

    return Plan("day", draw, **more)


def plan_moment(years: int = 2, **more: Any) -> Plan:
    return Plan("moment", lambda rng, n, is_new: _draw_moments(rng, n, years, 2018, is_new), **more)


def plan_clock(**more: Any) -> Plan:
    return Plan("clock", lambda rng, n, is_new: rng.integers(0, 24 * 60, n).tolist(), **more)


def _draw_moments(rng: np.random.Generator, n: int, years: int, first: int, is_new: bool) -> list[datetime]:
    """Return times; of new rows no day is above 12, so that they do not tell day from month."""
    drawn = rng.integers(0, years * 365 * 86_400, n).tolist()
    found = [datetime(first, 1, 1) + timedelta(seconds=seconds) for seconds in drawn]
    return [moment.replace(day=(moment.day - 1) % 12 + 1) for moment in found] if is_new else found
