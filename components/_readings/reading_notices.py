"""Reading notices: how a column is read, and the line for problem.yaml that changes it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from components._readings.column_evidence import ColumnEvidence
from components._readings.date_forms import SEASON, DateForms, find_date_forms
from components._readings.facts import ShapeFacts
from components._readings.number_style import (
    NumberMarks,
    NumberTexts,
    can_fit_marks,
    collect_numbers,
    find_marks,
)
from components._readings.raw_column import LEAST_SHARE, MOST_MARKS, RawColumn
from components._table.date_text import LAST_YEAR
from components._table.notice import Notice
from components.errors import format_list

_MOSTLY = 0.9
_MOST_DATE_SHAPES = 200
_SHOWN_SPELLINGS = 3
# Groups of digits of a date; those of a time follow.
_DATE_GROUPS = 3
# Years of placeholder dates, at either end of a date.
_PLACEHOLDER = re.compile(r"^000[01]\b|\b000[01]$|\b000[01][ T]")
# Shapes of dates, even if no form fits all of them or a day is not in the calendar.
_DATE_SHAPE = re.compile(r"(9{1,2}([/.-])9{1,2}\2|9{4}([/.-])9{1,2}\3)(?(2)9{4}|9{1,2})([ T].*)?")
# Most tables mean 19xx by years of two digits from here on, but POSIX reads those up to 68 as 20xx.
_FIRST_DOUBTFUL_YEAR = 36


def collect_mark_notices(column: RawColumn, found: NumberMarks) -> Iterator[Notice]:
    """Say how thousands were distinguished from decimals, or ask for it."""
    if found.style is None or found.other is None:
        return
    value, other = found.read_example()
    if found.is_by_rule:
        yield column.build_warning(
            f"has {found.example}, which is read as {value:,}: numbers below 1,000 have no such mark.",
            f"If {found.example} is {other}, write in problem.yaml: "
            f"{column.format_line(decimal=found.other.decimal)}",
        )
        return
    choices = " or ".join(
        f"{column.format_line(decimal=style.decimal)} for {number:g}"
        for style, number in ((found.style, value), (found.other, other))
    )
    yield Notice(
        "error",
        f"Column {column.name!r} can be read in two ways: {found.example} is {value:g} or {other:g}.",
        f"Write the right one in problem.yaml: {choices}",
    )


def collect_null_mark_notices(column: RawColumn, marks: tuple[str, ...]) -> Iterator[Notice]:
    """Warn of words among numbers or dates that are read as null marks."""
    if not marks:
        return
    spellings = column.evidence.spellings or {}
    counts = {mark: sum(spellings.get(mark, Counter()).values()) for mark in marks}
    words = format_list(
        f"{mark!r} ({_format_row_count(n)})" if n else repr(mark) for mark, n in counts.items()
    )
    yield column.build_warning(
        f"has {words} among its values, which is read as missing.",
        f"If it is a value, write in problem.yaml: {column.format_line(kind='text')}",
    )


def collect_percent_notices(column: RawColumn, numbers: NumberTexts) -> Iterator[Notice]:
    """Warn of percent signs that only some rows have."""
    if not any("%" in affixes for affixes in numbers.affixes):
        return
    n_with = sum(facts.n for shape, facts in column.evidence.iterate_shapes() if "%" in shape)
    if n_with < numbers.n:
        yield column.build_warning(
            f"has a percent sign in {_format_row_count(n_with)} and none in "
            f"{_format_row_count(numbers.n - n_with)}.",
            "The sign is ignored: 50 % is read as 50. If 50 % and 0.5 mean the same, correct the source.",
        )


def build_epoch_notice(column: RawColumn, form: str) -> Notice:
    """Warn that whole numbers are read as times."""
    words = "days such as 20260131" if form == "%Y%m%d" else f"times, as {form} since 1970"
    return column.build_warning(
        f"is read as {words}.",
        f"If it has plain numbers, write in problem.yaml: {column.format_line(kind='number')}",
    )


def build_mixture_notice(column: RawColumn, n_texts: int) -> Notice:
    """Warn of numbers and texts in one column of a typed source."""
    n_numbers = sum(column.evidence.natives.values())
    return column.build_warning(
        f"has numbers in {_format_row_count(n_numbers)} and texts in {_format_row_count(n_texts)}, and is "
        "read as text.",
        "To read the texts as missing, write in problem.yaml: "
        f"{column.format_line(kind='number', unreadable=None)}",
    )


def collect_date_notices(
    column: RawColumn, forms: DateForms, date_shapes: Mapping[str, ShapeFacts]
) -> Iterator[Notice]:
    """Warn of unusual dates, or ask whether the day or the month comes first."""
    if forms.others:
        example = next(facts.last for facts in date_shapes.values())
        lines = " or ".join(column.format_line(format=form) for form in (forms.formats[0], forms.others[0]))
        parts = "day or the year" if forms.others[0].startswith("%y") else "day or the month"
        yield Notice(
            "error",
            f"Column {column.name!r} can be read in two ways: the {parts} comes first in {example}.",
            f"Write the right one in problem.yaml: {lines}",
        )
    # Plain ISO 8601 dates have no time zone.
    if forms.has_zones and (forms.has_no_zones or column.evidence.plain.n_iso):
        yield column.build_warning(
            "has times with a time zone and times without.", "Times without a time zone are read as UTC."
        )
    yield from _collect_century_notices(column, forms, date_shapes)
    placeholders = [
        facts.last
        for facts in date_shapes.values()
        if max(facts.largest[:_DATE_GROUPS], default=0) > LAST_YEAR
    ]
    placeholders += [facts.first for facts in date_shapes.values() if _PLACEHOLDER.search(facts.first)]
    if placeholders or column.evidence.n_far:
        example = placeholders[0] if placeholders else f"dates after the year {LAST_YEAR:d}"
        yield column.build_warning(
            f"has placeholder dates, such as {example}.",
            "They are read as missing, with an indicator.",
        )


def _collect_century_notices(
    column: RawColumn, forms: DateForms, date_shapes: Mapping[str, ShapeFacts]
) -> Iterator[Notice]:
    """Warn of years of two digits whose century is in doubt."""
    positions = [re.findall(r"%([dmyY])", form).index("y") for form in forms.formats if "%y" in form]
    years = [facts.largest[i] for facts in date_shapes.values() for i in positions if i < len(facts.largest)]
    if any(_FIRST_DOUBTFUL_YEAR <= year <= 99 for year in years):
        yield column.build_warning(
            "has years of two digits, which are read as 1969 to 2068: 57 is 2057.",
            "If they are other years, write them with four digits.",
        )


def collect_spelling_notices(column: RawColumn, spellings: Mapping[str, Counter[str]]) -> Iterator[Notice]:
    """Warn of texts that are read as one category although their case differs."""
    variants = [" and ".join(map(repr, sorted(counts))) for counts in spellings.values() if len(counts) > 1]
    if variants:
        yield column.build_warning(
            "has texts that differ only in case and are read as one category: "
            f"{format_list(sorted(variants), _SHOWN_SPELLINGS)}.",
            f"To keep them apart, write in problem.yaml: {column.format_line(case='keep')}",
        )


def collect_lookalike_notices(column: RawColumn) -> Iterator[Notice]:
    """Warn of text that is mostly numbers, dates or booleans, and of numbers or dates read as text."""
    evidence = column.evidence
    # ``build_mixture_notice`` covers columns with native cells.
    if column.options.kind == "text" or column.is_target or evidence.shapes is None or evidence.natives:
        return
    numbers, others = collect_numbers(evidence)
    n_booleans, words = _count_booleans(evidence)
    n_dates, other_texts = _count_dates(evidence)
    for n, rest, what, kind in (
        (numbers.n, others, "numbers", "number"),
        (n_dates, other_texts, "dates", "date"),
        (n_booleans, words, "true or false", "boolean"),
    ):
        share = n / max(evidence.n_known, 1)
        if share == 1:
            yield from _collect_unread_notices(column, numbers, what)
            return
        if share >= _MOSTLY or (share >= LEAST_SHARE and len(rest) <= MOST_MARKS):
            examples = format_list(repr(evidence.shapes[shape].first) for shape in sorted(rest))
            yield column.build_warning(
                f"is read as text, but {share:.1%} of its values are {what}. Other values: {examples}.",
                "To read the others as missing, write in problem.yaml: "
                f"{column.format_line(kind=kind, unreadable=None)}",
            )
            return


def _count_dates(evidence: ColumnEvidence) -> tuple[int, list[str]]:
    """Return how many cells are dates of any form, and the shapes of the others."""
    shapes = evidence.shapes or {}
    # If there are many shapes, few are dates, and checking each takes time.
    candidates = evidence.iterate_shapes() if len(shapes) <= _MOST_DATE_SHAPES else ()
    date_shapes = {
        shape
        for shape, facts in candidates
        if _DATE_SHAPE.fullmatch(shape)
        or ("9" in shape and not SEASON.fullmatch(shape) and find_date_forms([facts]))
    }
    n_dates = evidence.plain.n_iso + sum(shapes[shape].n for shape in date_shapes)
    return n_dates, [shape for shape in shapes if shape not in date_shapes]


def _count_booleans(evidence: ColumnEvidence) -> tuple[int, list[str]]:
    """Return how many cells are true or false, and the shapes of the others."""
    shapes = evidence.shapes or {}
    others = [shape for shape in shapes if shape.casefold() not in ("true", "false")]
    return sum(facts.n for facts in shapes.values()) - sum(shapes[shape].n for shape in others), others


def _collect_unread_notices(column: RawColumn, numbers: NumberTexts, what: str) -> Iterator[Notice]:
    if what == "dates":
        line = column.format_line(format="%d.%m.%Y")
        yield column.build_warning(
            "has dates that no single form fits, and is read as text.",
            f"Write the form in problem.yaml, for example: {line}",
        )
    elif len(numbers.affixes) > 1:
        units = format_list(sorted({" ".join(affixes) for affixes in numbers.affixes}))
        yield column.build_warning(
            f"has numbers with different units ({units}), and is read as text.",
            "Convert them to one unit.",
        )
    elif numbers.is_long:
        yield column.build_warning("has whole numbers of more than 18 digits, and is read as text.")
    elif numbers.has_codes or not can_fit_marks(numbers):
        # Postal codes, telephone numbers, versions, IP addresses.
        return
    elif find_marks(column.evidence, numbers, column.options).style is None:
        yield column.build_warning(
            "has numbers with different decimal marks, and is read as text.",
            "Write all of them with one mark.",
        )
    else:
        yield column.build_warning(
            "has values that look like numbers, and is read as text.",
            f"If they are numbers, write in problem.yaml: {column.format_line(kind='number')}",
        )


def _format_row_count(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
