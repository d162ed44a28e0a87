"""The file of expectations, written for people who go on with it."""

import re
from collections.abc import Iterator
from typing import Any

from components._expectations.inference import TableGuess
from components._expectations.spec import ColumnExpectation

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*")
# YAML reads these words as true, false, null or numbers, here or in other tools.
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
# YAML takes a key without a question mark only if it is shorter than 1,024 characters.
_LONGEST_KEY = 1000


def write_yaml(guess: TableGuess, source: str) -> str:
    """Return a guess as a file that ``Expectations.from_settings`` accepts.

    Parameters
    ----------
    guess : TableGuess
        What is expected.
    source : str
        Name of the table, for the first line.
    """
    return "\n".join(_iterate_lines(guess, source)) + "\n"


def _iterate_lines(guess: TableGuess, source: str) -> Iterator[str]:
    name = "".join(letter if letter.isprintable() else "?" for letter in source)
    yield f"# What is expected of tables like {name}, guessed from its {guess.n_rows:,} rows."
    yield "# A line above a column says what was seen in it. Bounds lie farther out, by the width of what was"
    yield "# seen, but not beyond 0. Check each expectation and correct it."
    yield "rows:"
    yield f"  min: {guess.rows.min}  # half of the rows seen"
    yield "# true: rows that break an expectation about their cells are set aside, and do not stop the run."
    yield "quarantine: false"
    yield "columns:"
    for column, (expected, comments) in guess.columns.items():
        yield f"  # {'; '.join(comments)}"
        yield from _iterate_column_lines(column, expected)
    if guess.rules:
        yield "# Seen in every row, and perhaps a rule. Remove the # to enforce it."
        yield "# rules:"
        for rule in guess.rules:
            yield f"#   - name: {quote_yaml(rule.replace('<=', 'is not later than'))}"
            yield f"#     expression: {quote_yaml(rule)}"
    else:
        yield "# Expectations across columns are rules:"
        yield "# rules:"
        yield "#   - name: a discount is not larger than the price"
        yield "#     expression: discount <= price"


def _iterate_column_lines(column: str, expected: ColumnExpectation) -> Iterator[str]:
    key = quote_yaml(column)
    settings = expected.model_dump(mode="json", exclude_defaults=True)
    if len(key) > _LONGEST_KEY:
        yield f"  ? {key}"
        key = ""
    yield f"  {key}:{'' if settings else ' {}'}"
    for name, value in settings.items():
        yield f"    {name}: {_format_value(value)}"


def _format_value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_format_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else _format_float(value)
    return quote_yaml(value) if isinstance(value, str) else str(value)


def _format_float(value: float) -> str:
    # YAML takes 1e+20 for a text, because it has no point.
    mantissa, sign, exponent = repr(value).partition("e")
    if sign and "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}{sign}{exponent}"


def quote_yaml(text: str) -> str:
    """Return a text as YAML, in quotes unless it is plain words."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _RESERVED:
        return text
    letters = (
        f"\\{letter}" if letter in '"\\' else letter if letter.isprintable() else f"\\U{ord(letter):08x}"
        for letter in text
    )
    return f'"{"".join(letters)}"'
