"""Transformations of everything at once, as programs of some countries export tables."""

import csv
from collections.abc import Callable
from typing import Any

from benchmarks.mess.file_ways import add_totals
from benchmarks.mess.files import Write, delimited
from benchmarks.mess.numbers import NARROW_BLANK, framed, local, negative
from benchmarks.mess.sheet import NUMBERS, Role
from benchmarks.mess.times import clock, form, timed
from benchmarks.mess.transformation import Transformation

_TITLE = "Auswertung 3. Quartal\n\n"


def _words(no: str, yes: str) -> dict[Role, Any]:
    return {"flag": lambda value: yes if value else no}


def _unquoted(delimiter: str, edit_text: Callable[[str], str] = str) -> Write:
    """Return what escapes delimiters, and writes no value as a backslash and N, which it does not escape."""
    return delimited(
        delimiter, quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None,
        edit_text=lambda text: edit_text(text.replace("\\\\N", "\\N")),
    )  # fmt: skip


_GERMAN: dict[Role, Any] = {
    **{role: local(role, ",", ".") for role in NUMBERS},
    "amount": framed(local("amount", ",", "."), after=" €"),
    "percent": framed(local("percent", ","), after=" %"),
    **timed("%d.%m.%Y"),
    **_words("nein", "ja"),
}
_FRENCH: dict[Role, Any] = {
    **{role: local(role, ",", NARROW_BLANK) for role in NUMBERS},
    "amount": framed(local("amount", ",", NARROW_BLANK), after=" €"),
    **timed("%d/%m/%Y"),
    **_words("non", "oui"),
}
_AMERICAN: dict[Role, Any] = {
    **{role: local(role, ".", ",") for role in NUMBERS},
    "amount": negative(framed(local("amount", ".", ","), "$"), "(", ")"),
    "percent": framed(local("percent", "."), after="%"),
    "day": form("%-m/%-d/%Y"),
    "moment": form("%-m/%-d/%Y %-I:%M:%S %p"),
    "clock": clock("%I:%M %p"),
    **_words("N", "Y"),
}
_SWISS: dict[Role, Any] = {
    **{role: local(role, ".", "'") for role in NUMBERS},
    "amount": framed(local("amount", ".", "'"), "CHF "),
    **timed("%d.%m.%Y"),
}
_BRAZILIAN: dict[Role, Any] = {
    **{role: local(role, ",", ".") for role in NUMBERS},
    "amount": framed(local("amount", ",", "."), "R$ "),
    **timed("%d/%m/%Y"),
    **_words("não", "sim"),
}

EXPORT_WAYS = (
    Transformation(
        "a German spreadsheet", "exports", _GERMAN, "-", other_values=_words("nein", "ja"),
        write=delimited(
            ";", encoding="cp1252", lineterminator="\r\n", edit=add_totals,
            edit_text=lambda text: _TITLE + text,
        ),
    ),
    Transformation(
        "a French spreadsheet", "exports", _FRENCH, "n.d.", other_values=_words("non", "oui"),
        write=delimited(";", encoding="utf-8-sig", lineterminator="\r\n"),
    ),
    Transformation(
        "an American spreadsheet", "exports", _AMERICAN, "N/A", other_values=_words("N", "Y"),
        write=delimited(lineterminator="\r\n"),
    ),
    Transformation("a Swiss spreadsheet", "exports", _SWISS, write=delimited(";", encoding="latin-1")),
    Transformation(
        "a Brazilian spreadsheet", "exports", _BRAZILIAN, other_values=_words("não", "sim"),
        write=delimited(";", encoding="cp1252"),
    ),
    Transformation(
        "R's write.table", "exports", _words("FALSE", "TRUE"), "NA",
        write=delimited(" ", quoting=csv.QUOTE_NONNUMERIC, doublequote=False, escapechar="\\"),
    ),
    Transformation(
        "a dump of MySQL", "exports", {"flag": lambda value: str(int(value))}, "\\N",
        other_values={"flag": int}, write=_unquoted("\t"),
    ),
    Transformation("a dump of Hive", "exports", null="\\N", write=_unquoted("\x01")),
    Transformation(
        "psql's unaligned output", "exports", _words("f", "t"), other_values=_words("f", "t"),
        write=_unquoted("|", lambda text: text + f"({text.count(chr(10)) - 1} rows)\n"),
    ),
)  # fmt: skip
