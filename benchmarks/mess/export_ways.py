"""Transformations of everything at once, as programs of some countries export tables."""

import csv
from collections.abc import Callable
from typing import Any

from benchmarks.mess.file_ways import add_totals
from benchmarks.mess.files import Write, make_delimited_writer
from benchmarks.mess.numbers import NARROW_BLANK, mark_negative, wrap_numbers, write_local
from benchmarks.mess.sheet import NUMBERS, Role
from benchmarks.mess.times import write_clock, write_form, write_times
from benchmarks.mess.transformation import Transformation

_TITLE = "Auswertung 3. Quartal\n\n"


def _write_words(no: str, yes: str) -> dict[Role, Any]:
    return {"flag": lambda value: yes if value else no}


def _write_unquoted(delimiter: str, edit_text: Callable[[str], str] = str) -> Write:
    """Return what escapes delimiters, and writes no value as a backslash and N, which it does not escape."""
    return make_delimited_writer(
        delimiter, quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None,
        edit_text=lambda text: edit_text(text.replace("\\\\N", "\\N")),
    )  # fmt: skip


_GERMAN: dict[Role, Any] = {
    **{role: write_local(role, ",", ".") for role in NUMBERS},
    "amount": wrap_numbers(write_local("amount", ",", "."), after=" €"),
    "percent": wrap_numbers(write_local("percent", ","), after=" %"),
    **write_times("%d.%m.%Y"),
    **_write_words("nein", "ja"),
}
_FRENCH: dict[Role, Any] = {
    **{role: write_local(role, ",", NARROW_BLANK) for role in NUMBERS},
    "amount": wrap_numbers(write_local("amount", ",", NARROW_BLANK), after=" €"),
    **write_times("%d/%m/%Y"),
    **_write_words("non", "oui"),
}
_AMERICAN: dict[Role, Any] = {
    **{role: write_local(role, ".", ",") for role in NUMBERS},
    "amount": mark_negative(wrap_numbers(write_local("amount", ".", ","), "$"), "(", ")"),
    "percent": wrap_numbers(write_local("percent", "."), after="%"),
    "day": write_form("%-m/%-d/%Y"),
    "moment": write_form("%-m/%-d/%Y %-I:%M:%S %p"),
    "clock": write_clock("%I:%M %p"),
    **_write_words("N", "Y"),
}
_SWISS: dict[Role, Any] = {
    **{role: write_local(role, ".", "'") for role in NUMBERS},
    "amount": wrap_numbers(write_local("amount", ".", "'"), "CHF "),
    **write_times("%d.%m.%Y"),
}
_BRAZILIAN: dict[Role, Any] = {
    **{role: write_local(role, ",", ".") for role in NUMBERS},
    "amount": wrap_numbers(write_local("amount", ",", "."), "R$ "),
    **write_times("%d/%m/%Y"),
    **_write_words("não", "sim"),
}

EXPORT_WAYS = (
    Transformation(
        "a German spreadsheet", "exports", _GERMAN, "-", other_values=_write_words("nein", "ja"),
        write=make_delimited_writer(
            ";", encoding="cp1252", lineterminator="\r\n", edit=add_totals,
            edit_text=lambda text: _TITLE + text,
        ),
    ),
    Transformation(
        "a French spreadsheet", "exports", _FRENCH, "n.d.", other_values=_write_words("non", "oui"),
        write=make_delimited_writer(";", encoding="utf-8-sig", lineterminator="\r\n"),
    ),
    Transformation(
        "an American spreadsheet", "exports", _AMERICAN, "N/A", other_values=_write_words("N", "Y"),
        write=make_delimited_writer(lineterminator="\r\n"),
    ),
    Transformation(
        "a Swiss spreadsheet", "exports", _SWISS, write=make_delimited_writer(";", encoding="latin-1")
    ),
    Transformation(
        "a Brazilian spreadsheet", "exports", _BRAZILIAN, other_values=_write_words("não", "sim"),
        write=make_delimited_writer(";", encoding="cp1252"),
    ),
    Transformation(
        "R's write.table", "exports", _write_words("FALSE", "TRUE"), "NA",
        write=make_delimited_writer(" ", quoting=csv.QUOTE_NONNUMERIC, doublequote=False, escapechar="\\"),
    ),
    Transformation(
        "a dump of MySQL", "exports", {"flag": lambda value: str(int(value))}, "\\N",
        other_values={"flag": int}, write=_write_unquoted("\t"),
    ),
    Transformation("a dump of Hive", "exports", null="\\N", write=_write_unquoted("\x01")),
    Transformation(
        "psql's unaligned output", "exports", _write_words("f", "t"), other_values=_write_words("f", "t"),
        write=_write_unquoted("|", lambda text: text + f"({text.count(chr(10)) - 1} rows)\n"),
    ),
)  # fmt: skip
