"""What a person should know about how a column is read, in words, with the line that changes it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from components._table.date_text import LAST_YEAR
from components._table.notice import Notice
from components.errors import listed
from components.ingest.readings.column import LEAST_SHARE, MOST_MARKS, Column
from components.ingest.readings.date_forms import SEASON, DateForms, find_date_forms
from components.ingest.readings.evidence import Evidence
from components.ingest.readings.facts import ShapeFacts
from components.ingest.readings.number_style import (
    MarksFound,
    NumberTexts,
    find_marks,
    fit_some_marks,
    gather_numbers,
)

_MOSTLY = 0.9
_MOST_DATE_SHAPES = 200
_SHOWN_SPELLINGS = 3
# Groups of digits of a date; those of a time follow.
_DATE_GROUPS = 3
# Years that no day has, at either end of a date.
_NEVER = re.compile(r"^000[01]\b|\b000[01]$|\b000[01][ T]")
# Shapes of dates, which may fit no one form, or have days that no month has.
_DATED = re.compile(r"(9{1,2}([/.-])9{1,2}\2|9{4}([/.-])9{1,2}\3)(?(2)9{4}|9{1,2})([ T].*)?")
# Of two digits: a year from here on is the last century's in most tables, and POSIX takes it for this one's.
_FIRST_DOUBTFUL_YEAR = 36


def about_marks(column: Column, found: MarksFound) -> Iterator[Notice]:
    """Tell how thousands were told from decimals, or ask which they are."""
    if found.style is None or found.other is None:
        return
    value, other = found.values()
    if found.is_by_rule:
        yield column.warn(
            f"writes {value:,} as {found.example}, as numbers below 1,000 have no mark.",
            f"If {found.example} is {other}: {column.line(decimal=found.other.decimal)}",
        )
        return
    ways = " or ".join(
        f"{number:g}, with {column.line(decimal=style.decimal)}"
        for style, number in ((found.style, value), (found.other, other))
    )
    yield Notice(
        "error",
        f"Column {column.name!r} can be read in two ways: {found.example} is {value:g} or {other:g}.",
        f"Say which in problem.yaml: {ways}",
    )


def about_null_marks(column: Column, marks: tuple[str, ...]) -> Iterator[Notice]:
    """Tell which words among numbers or dates are taken for no value."""
    if not marks:
        return
    spellings = column.evidence.spellings or {}
    counts = {mark: sum(spellings.get(mark, Counter()).values()) for mark in marks}
    named = listed(f"{mark!r} ({_rows(n)})" if n else repr(mark) for mark, n in counts.items())
    yield column.warn(
        f"holds {named} among its values, which is read as no value.",
        f"If it means something: {column.line(kind='text')}",
    )


def about_percent(column: Column, numbers: NumberTexts) -> Iterator[Notice]:
    """Warn of percent signs that are in some rows only."""
    if not any("%" in affixes for affixes in numbers.affixes):
        return
    n_with = sum(facts.n for shape, facts in column.evidence.known_shapes() if "%" in shape)
    if n_with < numbers.n:
        yield column.warn(
            f"has a percent sign in {_rows(n_with)} and none in {_rows(numbers.n - n_with)}.",
            "Both are read alike; correct the source if 0.5 and 50 % are meant to be the same.",
        )


def about_epoch(column: Column, form: str) -> Notice:
    """Tell that whole numbers are read as times."""
    words = "days such as 20260131" if form == "%Y%m%d" else f"times, as {form} since 1970"
    return column.warn(f"is read as {words}.", f"If it holds numbers: {column.line(kind='number')}")


def about_mixture(column: Column, n_texts: int) -> Notice:
    """Tell of numbers and texts in one column of a typed source."""
    n_numbers = sum(column.evidence.natives.values())
    return column.warn(
        f"holds numbers in {_rows(n_numbers)} and texts in {n_texts:,}, and is read as text.",
        f"To read the texts as no value: {column.line(kind='number', unreadable=None)}",
    )


def about_dates(column: Column, forms: DateForms, dated: Mapping[str, ShapeFacts]) -> Iterator[Notice]:
    """Tell what is not plain about dates, or ask which of day and month comes first."""
    if forms.others:
        example = next(facts.last for facts in dated.values())
        lines = " or ".join(column.line(format=form) for form in (forms.formats[0], forms.others[0]))
        parts = "day or the year" if forms.others[0].startswith("%y") else "day or the month"
        yield Notice(
            "error",
            f"Column {column.name!r} can be read in two ways: the {parts} comes first in {example}.",
            f"Say which in problem.yaml: {lines}",
        )
    # Plain dates of ISO 8601 have no zone.
    if forms.has_zones and (forms.has_no_zones or column.evidence.plain.n_iso):
        yield column.warn("has times with a zone and times without.", "Those without are taken for UTC.")
    yield from _about_centuries(column, forms, dated)
    never = [
        facts.last for facts in dated.values() if max(facts.largest[:_DATE_GROUPS], default=0) > LAST_YEAR
    ]
    never += [facts.first for facts in dated.values() if _NEVER.search(facts.first)]
    if never or column.evidence.n_far:
        example = never[0] if never else f"one beyond the year {LAST_YEAR:d}"
        yield column.warn(
            f"holds dates that stand for none, such as {example}.",
            "They are read as no value, with an indicator.",
        )


def _about_centuries(column: Column, forms: DateForms, dated: Mapping[str, ShapeFacts]) -> Iterator[Notice]:
    """Warn of years of two digits that may be of this century or of the last."""
    places = [re.findall(r"%([dmyY])", form).index("y") for form in forms.formats if "%y" in form]
    years = [facts.largest[i] for facts in dated.values() for i in places if i < len(facts.largest)]
    if any(_FIRST_DOUBTFUL_YEAR <= year <= 99 for year in years):
        yield column.warn(
            "has years of two digits, which are read as 1969 to 2068: 57 is 2057.",
            "If they are of another time, write them with four digits.",
        )


def about_spellings(column: Column, spellings: Mapping[str, Counter[str]]) -> Iterator[Notice]:
    """Tell which texts are one category although their case differs."""
    merged = [" and ".join(map(repr, sorted(counts))) for counts in spellings.values() if len(counts) > 1]
    if merged:
        yield column.warn(
            "has texts that differ in case only, and are read as one: "
            f"{listed(sorted(merged), _SHOWN_SPELLINGS)}.",
            f"To keep them apart: {column.line(case='keep')}",
        )


def about_lookalikes(column: Column) -> Iterator[Notice]:
    """Warn of text that is mostly numbers, dates, or true and false, and of numbers that are read as text."""
    evidence = column.evidence
    # Of native cells among them ``about_mixture`` tells.
    if column.options.kind == "text" or column.is_target or evidence.shapes is None or evidence.natives:
        return
    numbers, others = gather_numbers(evidence)
    n_truths, words = _find_truths(evidence)
    n_dates, undated = _find_dates(evidence)
    for n, rest, what, kind in (
        (numbers.n, others, "numbers", "number"),
        (n_dates, undated, "dates", "date"),
        (n_truths, words, "true and false", "boolean"),
    ):
        share = n / max(evidence.n_known, 1)
        if share == 1:
            yield from _about_unread(column, numbers, what)
            return
        if share >= _MOSTLY or (share >= LEAST_SHARE and len(rest) <= MOST_MARKS):
            strange = listed(repr(evidence.shapes[shape].first) for shape in sorted(rest))
            yield column.warn(
                f"is read as text, and is mostly {what} ({share:.1%}); other values: {strange}.",
                f"To read those as no value: {column.line(kind=kind, unreadable=None)}",
            )
            return


def _find_dates(evidence: Evidence) -> tuple[int, list[str]]:
    """Return how many cells are dates of any form, and the shapes of the others."""
    shapes = evidence.shapes or {}
    # Few are dates where shapes are many, and it takes time to look at each.
    candidates = evidence.known_shapes() if len(shapes) <= _MOST_DATE_SHAPES else ()
    dated = {
        shape
        for shape, facts in candidates
        if _DATED.fullmatch(shape)
        or ("9" in shape and not SEASON.fullmatch(shape) and find_date_forms([facts]))
    }
    n_dates = evidence.plain.n_iso + sum(shapes[shape].n for shape in dated)
    return n_dates, [shape for shape in shapes if shape not in dated]


def _find_truths(evidence: Evidence) -> tuple[int, list[str]]:
    """Return how many cells are true or false, and the shapes of the others."""
    shapes = evidence.shapes or {}
    others = [shape for shape in shapes if shape.casefold() not in ("true", "false")]
    return sum(facts.n for facts in shapes.values()) - sum(shapes[shape].n for shape in others), others


def _about_unread(column: Column, numbers: NumberTexts, what: str) -> Iterator[Notice]:
    if what == "dates":
        line = column.line(format="%d.%m.%Y")
        yield column.warn("holds dates that no one form fits, and is read as text.", f"Name the form: {line}")
    elif len(numbers.affixes) > 1:
        units = listed(sorted({" ".join(affixes) for affixes in numbers.affixes}))
        yield column.warn(
            f"holds numbers of several units ({units}), and is read as text.", "Write them in one unit."
        )
    elif numbers.is_long:
        yield column.warn("holds whole numbers of more than 18 digits, and is read as text.")
    elif numbers.has_codes or not fit_some_marks(numbers):
        # Postal codes, telephone numbers, versions, addresses of computers.
        return
    elif find_marks(column.evidence, numbers, column.options).style is None:
        yield column.warn(
            "holds numbers with different decimal marks, and is read as text.", "Write them with one."
        )
    else:
        yield column.warn(
            "holds what looks like numbers, and is read as text.",
            f"If they are numbers: {column.line(kind='number')}",
        )


def _rows(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
