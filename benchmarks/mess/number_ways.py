"""Transformations of numbers."""

from benchmarks.mess.files import make_delimited_writer
from benchmarks.mess.numbers import (
    MINUS,
    NARROW_BLANK,
    NO_BREAK_BLANK,
    Write,
    drop_what_follows,
    drop_zero,
    mark_negative,
    wrap_numbers,
    write_fixed,
    write_indian,
    write_local,
    write_plus,
    write_scaled,
    write_scientific,
)
from benchmarks.mess.sheet import NUMBERS, Role
from benchmarks.mess.transformation import Transformation

_SEMICOLON = make_delimited_writer(";")


def _write_locale(decimal: str, thousands: str) -> dict[Role, Write]:
    return {role: write_local(role, decimal, thousands) for role in NUMBERS}


def _make_way(
    name: str, texts: dict[Role, Write], *, is_european: bool = False, widens: bool = False
) -> Transformation:
    write = _SEMICOLON if is_european else make_delimited_writer()
    return Transformation(name, "numbers", texts, write=write, widens=widens)


_DOLLARS, _EUROS = write_local("amount", ".", ","), write_local("amount", ",", ".")
_PLAIN = write_local("amount", ".")

NUMBER_WAYS = (
    _make_way("decimal comma", _write_locale(",", ""), is_european=True),
    _make_way("decimal comma, comma delimited and quoted", _write_locale(",", "")),
    _make_way("comma thousands", _write_locale(".", ",")),
    _make_way("dot thousands, decimal comma", _write_locale(",", "."), is_european=True),
    _make_way("blank thousands, decimal comma", _write_locale(",", " "), is_european=True),
    _make_way("no-break blank thousands", _write_locale(",", NO_BREAK_BLANK), is_european=True),
    _make_way("narrow blank thousands", _write_locale(",", NARROW_BLANK), is_european=True),
    _make_way("apostrophe thousands", _write_locale(".", "'")),
    _make_way("typographic apostrophe thousands", _write_locale(".", "\u2019")),
    _make_way("Indian thousands", {role: write_indian(role) for role in NUMBERS}),
    _make_way("dot thousands of whole numbers only", {"whole": write_local("whole", ",", ".")}),
    _make_way("comma thousands of whole numbers only", {"whole": write_local("whole", ".", ",")}),
    _make_way("dollar sign before", {"amount": wrap_numbers(_DOLLARS, "$")}),
    _make_way("euro sign after", {"amount": wrap_numbers(_EUROS, after=" €")}, is_european=True),
    _make_way("currency code before", {"amount": wrap_numbers(_DOLLARS, "CHF ")}),
    _make_way("currency code after", {"amount": wrap_numbers(_PLAIN, after=" USD")}),
    _make_way("currency word after", {"amount": wrap_numbers(_EUROS, after=" kr")}, is_european=True),
    _make_way("percent sign", {"percent": wrap_numbers(write_local("percent", "."), after="%")}),
    _make_way(
        "percent sign, decimal comma", {"percent": wrap_numbers(write_local("percent", ","), after=" %")}
    ),
    _make_way("accounting parentheses", {"amount": mark_negative(_DOLLARS, "(", ")")}),
    _make_way(
        "accounting parentheses, dollar sign",
        {"amount": mark_negative(wrap_numbers(_DOLLARS, "$"), "(", ")")},
    ),
    _make_way("trailing minus", {"amount": mark_negative(_PLAIN, "", "-")}),
    _make_way("Unicode minus", {role: mark_negative(write_local(role, "."), MINUS) for role in NUMBERS}),
    _make_way("leading plus", {role: write_plus(role) for role in NUMBERS}),
    _make_way("unit after", {"decimal": wrap_numbers(write_local("decimal", "."), after=" kg")}),
    _make_way("unit after, no blank", {"decimal": wrap_numbers(write_local("decimal", "."), after="cm")}),
    _make_way("k after thousands", {role: write_scaled(role, "k", 3) for role in NUMBERS}, widens=True),
    _make_way("M after millions, K after thousands", {"whole": write_scaled("whole", "K", 3)}, widens=True),
    _make_way("scientific", {role: write_scientific(role) for role in NUMBERS}, widens=True),
    _make_way("whole numbers with .0", {"whole": write_fixed(1)}, widens=True),
    _make_way("whole numbers with .00", {"whole": write_fixed(2)}, widens=True),
    _make_way("whole numbers with .000", {"whole": write_fixed(3)}, widens=True),
    _make_way("no zero before the dot", {role: drop_zero(role) for role in NUMBERS}),
    _make_way("no zeros after the dot", {role: drop_what_follows(role) for role in NUMBERS}),
)
