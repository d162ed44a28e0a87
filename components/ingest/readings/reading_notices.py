"""What a person should know about how a column is read, in words, with the line that changes it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from components._table.date_text import LAST_YEAR
from components._table.notice import Notice
from components.errors import format_list
from components.ingest.readings.column_evidence import ColumnEvidence
from components.ingest.readings.date_forms import SEASON, DateForms, find_date_forms
from components.ingest.readings.facts import ShapeFacts
from components.ingest.readings.number_style import (
    NumberMarks,
    NumberTexts,
    can_fit_marks,
    collect_numbers,
    find_marks,
)
from components.ingest.readings.raw_column import LEAST_SHARE, MOST_MARKS, RawColumn

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


def collect_mark_notices(column: RawColumn, found: NumberMarks) -> Iterator[Notice]:
    """Tell how thousands were told from decimals, or ask which they are."""
    if found.style is None or found.other is None:
        return
    value, other = found.read_example()
    if found.is_by_rule:
        yield column.build_warning(
            f"writes {value:,} as {found.example}, as numbers below 1,000 have no mark.",
            f"If {found.example} is {other}: {column.format_line(decimal=found.other.decimal)}",
        )
        return
    ways = " or ".join(
        f"{number:g}, with {column.format_line(decimal=style.decimal)}"
        for style, number in ((found.style, value), (found.other, other))
    )
    yield Notice(
        "error",
        f"Column {column.name!r} can be read in two ways: {found.example} is {value:g} or {other:g}.",
        f"Say which in problem.yaml: {ways}",
    )


def collect_null_mark_notices(column: RawColumn, marks: tuple[str, ...]) -> Iterator[Notice]:
    """Tell which words among numbers or dates are taken for no value."""
    if not marks:
        return
    spellings = column.evidence.spellings or {}
    counts = {mark: sum(spellings.get(mark, Counter()).values()) for mark in marks}
    named = format_list(
        f"{mark!r} ({_format_row_count(n)})" if n else repr(mark) for mark, n in counts.items()
    )
    yield column.build_warning(
        f"holds {named} among its values, which is read as no value.",
        f"If it means something: {column.format_line(kind='text')}",
    )


def collect_percent_notices(column: RawColumn, numbers: NumberTexts) -> Iterator[Notice]:
    """Warn of percent signs that are in some rows only."""
    if not any("%" in affixes for affixes in numbers.affixes):
        return
    n_with = sum(facts.n for shape, facts in column.evidence.iterate_shapes() if "%" in shape)
    if n_with < numbers.n:
        yield column.build_warning(
            f"has a percent sign in {_format_row_count(n_with)} and none in "
            f"{_format_row_count(numbers.n - n_with)}.",
            "Both are read alike; correct the source if 0.5 and 50 % are meant to be the same.",
        )


def build_epoch_notice(column: RawColumn, form: str) -> Notice:
    """Tell that whole numbers are read as times."""
    words = "days such as 20260131" if form == "%Y%m%d" else f"times, as {form} since 1970"
    return column.build_warning(
        f"is read as {words}.", f"If it holds numbers: {column.format_line(kind='number')}"
    )


def build_mixture_notice(column: RawColumn, n_texts: int) -> Notice:
    """Tell of numbers and texts in one column of a typed source."""
    n_numbers = sum(column.evidence.natives.values())
    return column.build_warning(
        f"holds numbers in {_format_row_count(n_numbers)} and texts in {n_texts:,}, and is read as text.",
        f"To read the texts as no value: {column.format_line(kind='number', unreadable=None)}",
    )


def collect_date_notices(
    column: RawColumn, forms: DateForms, dated: Mapping[str, ShapeFacts]
) -> Iterator[Notice]:
    """Tell what is not plain about dates, or ask which of day and month comes first."""
    if forms.others:
        example = next(facts.last for facts in dated.values())
        lines = " or ".join(column.format_line(format=form) for form in (forms.formats[0], forms.others[0]))
        parts = "day or the year" if forms.others[0].startswith("%y") else "day or the month"
        yield Notice(
            "error",
            f"Column {column.name!r} can be read in two ways: the {parts} comes first in {example}.",
            f"Say which in problem.yaml: {lines}",
        )
    # Plain dates of ISO 8601 have no zone.
    if forms.has_zones and (forms.has_no_zones or column.evidence.plain.n_iso):
        yield column.build_warning(
            "has times with a zone and times without.", "Those without are taken for UTC."
        )
    yield from _collect_century_notices(column, forms, dated)
    never = [
        facts.last for facts in dated.values() if max(facts.largest[:_DATE_GROUPS], default=0) > LAST_YEAR
    ]
    never += [facts.first for facts in dated.values() if _NEVER.search(facts.first)]
    if never or column.evidence.n_far:
        example = never[0] if never else f"one beyond the year {LAST_YEAR:d}"
        yield column.build_warning(
            f"holds dates that stand for none, such as {example}.",
            "They are read as no value, with an indicator.",
        )


def _collect_century_notices(
    column: RawColumn, forms: DateForms, dated: Mapping[str, ShapeFacts]
) -> Iterator[Notice]:
    """Warn of years of two digits that may be of this century or of the last."""
    places = [re.findall(r"%([dmyY])", form).index("y") for form in forms.formats if "%y" in form]
    years = [facts.largest[i] for facts in dated.values() for i in places if i < len(facts.largest)]
    if any(_FIRST_DOUBTFUL_YEAR <= year <= 99 for year in years):
        yield column.build_warning(
            "has years of two digits, which are read as 1969 to 2068: 57 is 2057.",
            "If they are of another time, write them with four digits.",
        )


def collect_spelling_notices(column: RawColumn, spellings: Mapping[str, Counter[str]]) -> Iterator[Notice]:
    """Tell which texts are one category although their case differs."""
    merged = [" and ".join(map(repr, sorted(counts))) for counts in spellings.values() if len(counts) > 1]
    if merged:
        yield column.build_warning(
            "has texts that differ in case only, and are read as one: "
            f"{format_list(sorted(merged), _SHOWN_SPELLINGS)}.",
            f"To keep them apart: {column.format_line(case='keep')}",
        )


def collect_lookalike_notices(column: RawColumn) -> Iterator[Notice]:
    """Warn of text that is mostly numbers, dates, or true and false, and of numbers that are read as text."""
    evidence = column.evidence
    # Of native cells among them ``build_mixture_notice`` tells.
    if column.options.kind == "text" or column.is_target or evidence.shapes is None or evidence.natives:
        return
    numbers, others = collect_numbers(evidence)
    n_truths, words = _count_booleans(evidence)
    n_dates, undated = _count_dates(evidence)
    for n, rest, what, kind in (
        (numbers.n, others, "numbers", "number"),
        (n_dates, undated, "dates", "date"),
        (n_truths, words, "true and false", "boolean"),
    ):
        share = n / max(evidence.n_known, 1)
        if share == 1:
            yield from _collect_unread_notices(column, numbers, what)
            return
        if share >= _MOSTLY or (share >= LEAST_SHARE and len(rest) <= MOST_MARKS):
            strange = format_list(repr(evidence.shapes[shape].first) for shape in sorted(rest))
            yield column.build_warning(
                f"is read as text, and is mostly {what} ({share:.1%}); other values: {strange}.",
                f"To read those as no value: {column.format_line(kind=kind, unreadable=None)}",
            )
            return


def _count_dates(evidence: ColumnEvidence) -> tuple[int, list[str]]:
    """Return how many cells are dates of any form, and the shapes of the others."""
    shapes = evidence.shapes or {}
    # Few are dates where shapes are many, and it takes time to look at each.
    candidates = evidence.iterate_shapes() if len(shapes) <= _MOST_DATE_SHAPES else ()
    dated = {
        shape
        for shape, facts in candidates
        if _DATED.fullmatch(shape)
        or ("9" in shape and not SEASON.fullmatch(shape) and find_date_forms([facts]))
    }
    n_dates = evidence.plain.n_iso + sum(shapes[shape].n for shape in dated)
    return n_dates, [shape for shape in shapes if shape not in dated]


def _count_booleans(evidence: ColumnEvidence) -> tuple[int, list[str]]:
    """Return how many cells are true or false, and the shapes of the others."""
    shapes = evidence.shapes or {}
    others = [shape for shape in shapes if shape.casefold() not in ("true", "false")]
    return sum(facts.n for facts in shapes.values()) - sum(shapes[shape].n for shape in others), others


def _collect_unread_notices(column: RawColumn, numbers: NumberTexts, what: str) -> Iterator[Notice]:
    if what == "dates":
        line = column.format_line(format="%d.%m.%Y")
        yield column.build_warning(
            "holds dates that no one form fits, and is read as text.", f"Name the form: {line}"
        )
    elif len(numbers.affixes) > 1:
        units = format_list(sorted({" ".join(affixes) for affixes in numbers.affixes}))
        yield column.build_warning(
            f"holds numbers of several units ({units}), and is read as text.", "Write them in one unit."
        )
    elif numbers.is_long:
        yield column.build_warning("holds whole numbers of more than 18 digits, and is read as text.")
    elif numbers.has_codes or not can_fit_marks(numbers):
        # Postal codes, telephone numbers, versions, addresses of computers.
        return
    elif find_marks(column.evidence, numbers, column.options).style is None:
        yield column.build_warning(
            "holds numbers with different decimal marks, and is read as text.", "Write them with one."
        )
    else:
        yield column.build_warning(
            "holds what looks like numbers, and is read as text.",
            f"If they are numbers: {column.format_line(kind='number')}",
        )


def _format_row_count(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
