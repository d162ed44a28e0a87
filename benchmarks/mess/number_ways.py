"""Transformations of numbers."""

from benchmarks.mess.files import delimited
from benchmarks.mess.numbers import (
    MINUS,
    NARROW_BLANK,
    NO_BREAK_BLANK,
    Write,
    fixed,
    framed,
    indian,
    local,
    negative,
    plus,
    scaled,
    scientific,
    with_nothing_after,
    without_zero,
)
from benchmarks.mess.sheet import NUMBERS, Role
from benchmarks.mess.transformation import Transformation

_SEMICOLON = delimited(";")


def _locale(decimal: str, thousands: str) -> dict[Role, Write]:
    return {role: local(role, decimal, thousands) for role in NUMBERS}


def _way(
    name: str, texts: dict[Role, Write], *, is_european: bool = False, widens: bool = False
) -> Transformation:
    write = _SEMICOLON if is_european else delimited()
    return Transformation(name, "numbers", texts, write=write, widens=widens)


_DOLLARS, _EUROS = local("amount", ".", ","), local("amount", ",", ".")
_PLAIN = local("amount", ".")

NUMBER_WAYS = (
    _way("decimal comma", _locale(",", ""), is_european=True),
    _way("decimal comma, comma delimited and quoted", _locale(",", "")),
    _way("comma thousands", _locale(".", ",")),
    _way("dot thousands, decimal comma", _locale(",", "."), is_european=True),
    _way("blank thousands, decimal comma", _locale(",", " "), is_european=True),
    _way("no-break blank thousands", _locale(",", NO_BREAK_BLANK), is_european=True),
    _way("narrow blank thousands", _locale(",", NARROW_BLANK), is_european=True),
    _way("apostrophe thousands", _locale(".", "'")),
    _way("typographic apostrophe thousands", _locale(".", "\u2019")),
    _way("Indian thousands", {role: indian(role) for role in NUMBERS}),
    _way("dot thousands of whole numbers only", {"whole": local("whole", ",", ".")}),
    _way("comma thousands of whole numbers only", {"whole": local("whole", ".", ",")}),
    _way("dollar sign before", {"amount": framed(_DOLLARS, "$")}),
    _way("euro sign after", {"amount": framed(_EUROS, after=" €")}, is_european=True),
    _way("currency code before", {"amount": framed(_DOLLARS, "CHF ")}),
    _way("currency code after", {"amount": framed(_PLAIN, after=" USD")}),
    _way("currency word after", {"amount": framed(_EUROS, after=" kr")}, is_european=True),
    _way("percent sign", {"percent": framed(local("percent", "."), after="%")}),
    _way("percent sign, decimal comma", {"percent": framed(local("percent", ","), after=" %")}),
    _way("accounting parentheses", {"amount": negative(_DOLLARS, "(", ")")}),
    _way("accounting parentheses, dollar sign", {"amount": negative(framed(_DOLLARS, "$"), "(", ")")}),
    _way("trailing minus", {"amount": negative(_PLAIN, "", "-")}),
    _way("Unicode minus", {role: negative(local(role, "."), MINUS) for role in NUMBERS}),
    _way("leading plus", {role: plus(role) for role in NUMBERS}),
    _way("unit after", {"decimal": framed(local("decimal", "."), after=" kg")}),
    _way("unit after, no blank", {"decimal": framed(local("decimal", "."), after="cm")}),
    _way("k after thousands", {role: scaled(role, "k", 3) for role in NUMBERS}, widens=True),
    _way("M after millions, K after thousands", {"whole": scaled("whole", "K", 3)}, widens=True),
    _way("scientific", {role: scientific(role) for role in NUMBERS}, widens=True),
    _way("whole numbers with .0", {"whole": fixed(1)}, widens=True),
    _way("whole numbers with .00", {"whole": fixed(2)}, widens=True),
    _way("whole numbers with .000", {"whole": fixed(3)}, widens=True),
    _way("no zero before the dot", {role: without_zero(role) for role in NUMBERS}),
    _way("no zeros after the dot", {role: with_nothing_after(role) for role in NUMBERS}),
)
