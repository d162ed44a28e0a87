"""Ways of writing numbers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks.mess.sheet import Role, format_plain

Write = Callable[[Any], str]
NO_BREAK_BLANK, NARROW_BLANK, MINUS = "\u00a0", "\u202f", "\u2212"


def write_local(role: Role, decimal: str, thousands: str = "") -> Write:
    """Return what writes the numbers of a role with marks."""

    def write(value: Any) -> str:
        whole, dot, fraction = format_plain(role, abs(value)).partition(".")
        text = f"{int(whole):,}".replace(",", thousands) + (decimal + fraction if dot else "")
        return "-" + text if value < 0 else text

    return write


def write_indian(role: Role) -> Write:
    """Return what writes numbers with India's groups: 12,34,567.00."""

    def write(value: Any) -> str:
        whole, dot, fraction = format_plain(role, abs(value)).partition(".")
        head, tail = whole[:-3], whole[-3:]
        groups: list[str] = []
        while head:
            groups.insert(0, head[-2:])
            head = head[:-2]
        return ("-" if value < 0 else "") + ",".join([*groups, tail]) + dot + fraction

    return write


def wrap_numbers(write: Write, before: str = "", after: str = "") -> Write:
    """Return what puts a currency or a unit beside numbers, and a minus before both."""

    def wrap_text(value: Any) -> str:
        text = write(value)
        sign = "-" if text.startswith("-") else ""
        return f"{sign}{before}{text.removeprefix('-')}{after}"

    return wrap_text


def mark_negative(write: Write, before: str, after: str = "") -> Write:
    """Return what marks negative numbers in another way than by a hyphen before them."""

    def sign_text(value: Any) -> str:
        text = write(value)
        return f"{before}{text[1:]}{after}" if text.startswith("-") else text

    return sign_text


def write_plus(role: Role) -> Write:
    """Return what writes a plus before positive numbers."""
    return lambda value: ("+" if value > 0 else "") + format_plain(role, value)


def write_scaled(role: Role, suffix: str, power: int) -> Write:
    """Return what writes thousands or millions with a suffix, and smaller numbers without."""

    def write(value: Any) -> str:
        text = format_plain(role, value)
        if abs(value) < 10**power:
            return text
        return f"{Decimal(text).scaleb(-power).normalize():f}{suffix}"

    return write


def write_scientific(role: Role) -> Write:
    """Return what writes numbers as 1.25E+3."""
    return lambda value: f"{Decimal(format_plain(role, value)).normalize():E}"


def write_fixed(digits: int) -> Write:
    """Return what writes whole numbers with digits after the dot, as some exports do."""
    return lambda value: f"{value}.{'0' * digits}"


def drop_zero(role: Role) -> Write:
    """Return what leaves out the zero before the dot."""

    def write(value: Any) -> str:
        text = format_plain(role, value)
        return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text

    return write


def drop_what_follows(role: Role) -> Write:
    """Return what leaves out zeros after the dot: 12.50 is 12.5, and 12.00 is 12."""
    return lambda value: f"{Decimal(format_plain(role, value)).normalize():f}"
