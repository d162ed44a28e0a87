"""Transformations of nulls, flags and words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.mess.arrangements import change_cells, change_words, decompose, mix_marks
from benchmarks.mess.sheet import NUMBERS, TIMES, Role
from benchmarks.mess.transformation import Transformation

_MARKS = (
    "NA", "n/a", "N/A", "NaN", "None", "NULL", "nil", "-", "--", ".", "?", "\\N", "#DIV/0!", "#N/A", "<NA>",
    "(null)", " ",
)  # fmt: skip


def _mark_nulls(mark: str, *roles: Role) -> Transformation:
    where = " for numbers and dates" if roles else ""
    null = dict.fromkeys(roles, mark) if roles else mark
    return Transformation(f"{mark!r} for nulls{where}", "nulls", null=null)


NULL_WAYS = (
    *map(_mark_nulls, _MARKS),
    *(_mark_nulls(mark, *NUMBERS, *TIMES, "flag", "clock") for mark in ("unbekannt", "not given", "TBD")),
    *(replace(_mark_nulls(mark, *NUMBERS), nulls_are_values=True) for mark in ("-999", "9999", "-1")),
    Transformation("several marks for nulls", "nulls", arrange=mix_marks("NA", "-", "n/a", "")),
)


def _write_flags(no: str, yes: str) -> Transformation:
    def write_word(value: Any) -> str:
        return yes if value else no

    become: Callable[[Any], Any] = write_word
    if (no, yes) == ("0", "1"):
        become = int
    return Transformation(
        f"{yes!r} and {no!r} for flags", "words", {"flag": write_word}, other_values={"flag": become}
    )


WORD_WAYS = (
    _write_flags("False", "True"),
    _write_flags("FALSE", "TRUE"),
    _write_flags("0", "1"),
    _write_flags("no", "yes"),
    _write_flags("N", "Y"),
    _write_flags("nein", "ja"),
    _write_flags("off", "on"),
    Transformation("some words in capitals", "words", arrange=change_words(str.upper, roles=("category",))),
    Transformation(
        "some words in small letters", "words", arrange=change_words(str.lower, roles=("category",))
    ),
    Transformation("accents apart from their letters", "words", arrange=change_words(decompose, 0.5)),
    Transformation("blanks around all cells", "words", arrange=change_cells(lambda text: f" {text}  ")),
    Transformation("blanks around some cells", "words", arrange=change_cells(lambda text: f"{text} ", 0.1)),
    Transformation(
        "no-break blanks around some cells", "words", arrange=change_cells(lambda text: f"\u00a0{text}", 0.1)
    ),
)
