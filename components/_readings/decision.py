"""Decision: the reading of a column, from the evidence of all rows."""

from components._readings.column_evidence import DIGITS, ColumnEvidence
from components._readings.date_forms import SEASON, DateForms, find_date_forms
from components._readings.epochs import find_epoch
from components._readings.facts import ShapeFacts
from components._readings.number_style import NumberTexts, are_identifiers, collect_numbers, find_marks
from components._readings.raw_column import Decision, RawColumn
from components._readings.reading_notices import (
    build_epoch_notice,
    build_mixture_notice,
    collect_date_notices,
    collect_lookalike_notices,
    collect_mark_notices,
    collect_null_mark_notices,
    collect_percent_notices,
    collect_spelling_notices,
)
from components._table.clock_text import parse_minutes
from components._table.kinds import Kind
from components._table.number_text import NumberStyle
from components._table.yes_no import find_flags

_NUMBER_KINDS: dict[str | None, Kind] = {"number": "float", "integer": "integer"}


def decide_reading(column: RawColumn) -> Decision:
    """Return the reading of a column: the narrowest that fits all of its cells, or that of its options."""
    kind = column.options.kind
    if kind == "text":
        return _decide_text(column)
    if kind == "boolean":
        trues, falses = find_flags(list(column.evidence.spellings or ()))
        return Decision(column.build_reading("boolean", trues=trues, falses=falses))
    if column.evidence.natives:
        return _decide_native(column)
    for attempt in _ATTEMPTS[kind]:
        decision = attempt(column)
        if decision is not None:
            return decision
    return _decide_text(column) if kind is None else _decide_requested_kind(column)


def _decide_requested_kind(column: RawColumn) -> Decision:
    """Return the plain reading of the kind that the options name, although no cell fits it."""
    options = column.options
    if options.kind == "date":
        return Decision(column.build_reading("datetime"))
    if options.kind in ("time", "duration"):
        return Decision(column.build_reading("float", is_clock=True))
    style = NumberStyle(options.decimal or ".", options.thousands or "")
    return Decision(column.build_reading(_NUMBER_KINDS[options.kind], **style._asdict()))


def _decide_native(column: RawColumn) -> Decision:
    """Decide on cells with native types, maybe mixed with texts."""
    evidence, options = column.evidence, column.options
    kinds = set(evidence.natives)
    n_texts = evidence.n_known - sum(evidence.natives.values())
    if options.kind == "date" and kinds != {"datetime"}:
        form = options.format or find_epoch(column.name, evidence, is_declared=True)
        return Decision(column.build_reading("datetime", formats=tuple(filter(None, [form]))))
    if kinds <= {"integer", "float"}:
        kind = _NUMBER_KINDS.get(options.kind, "integer" if kinds == {"integer"} else "float")
        if not n_texts:
            return _decide_native_epoch(column) or Decision(column.build_reading(kind))
        texts = _decide_number(column)
        if texts is not None:
            style = texts.reading.style._asdict()
            kind = "float" if texts.reading.kind == "float" else kind
            return Decision(column.build_reading(kind, **style), (), texts.notices)
        decision = _decide_text(column)
        return decision._replace(notices=(build_mixture_notice(column, n_texts), *decision.notices))
    if len(kinds) == 1 and not n_texts:
        return Decision(
            column.build_reading(next(iter(kinds))), (), tuple(collect_date_notices(column, DateForms(), {}))
        )
    return _decide_text(column)


def _decide_native_epoch(column: RawColumn) -> Decision | None:
    """Decide on native whole numbers that are times, in the same way as on texts."""
    if column.options.kind is not None or column.is_target or set(column.evidence.natives) != {"integer"}:
        return None
    form = find_epoch(column.name, column.evidence)
    if form is None:
        return None
    return Decision(
        column.build_reading("datetime", formats=(form,)), (), (build_epoch_notice(column, form),)
    )


def _decide_boolean(column: RawColumn) -> Decision | None:
    evidence = column.evidence
    texts = set(evidence.spellings or ())
    if not texts or evidence.plain.n_numbers or evidence.plain.n_iso or not texts <= {"true", "false"}:
        return None
    return Decision(column.build_reading("boolean"))


def _decide_number(column: RawColumn) -> Decision | None:
    evidence, options = column.evidence, column.options
    numbers, others = collect_numbers(evidence)
    n_different = len(evidence.plain.distinct) + len(numbers.cores)
    marks = column.find_null_marks(others, numbers.n, n_different)
    if not numbers.n or marks is None or evidence.plain.n_iso or evidence.shapes is None:
        return None
    is_free = options.kind is None
    if numbers.has_time_units or (is_free and (are_identifiers(numbers) or len(numbers.affixes) > 1)):
        return None
    found = find_marks(evidence, numbers, options)
    if found.style is None:
        return None
    has_fraction = _has_fraction(evidence, numbers, found.style)
    if is_free and not has_fraction and not column.is_target:
        form = find_epoch(column.name, evidence)
        if form is not None:
            return Decision(
                column.build_reading("datetime", marks, formats=(form,)),
                (),
                (build_epoch_notice(column, form),),
            )
    kind = _NUMBER_KINDS.get(options.kind, "float" if has_fraction else "integer")
    reading = column.build_reading(kind, marks, **found.style._asdict())
    notices = (
        *collect_mark_notices(column, found),
        *collect_null_mark_notices(column, marks),
        *collect_percent_notices(column, numbers),
    )
    return Decision(reading, (), notices)


def _has_fraction(evidence: ColumnEvidence, numbers: NumberTexts, style: NumberStyle) -> bool:
    plain = evidence.plain
    return bool(
        plain.n_decimal
        or (plain.n_three_decimals and style.thousands != ".")
        or any(style.decimal in core.text for core in numbers.cores)
        or style.is_scaled
    )


def _decide_date(column: RawColumn) -> Decision | None:
    evidence, options = column.evidence, column.options
    plain = evidence.plain
    if options.format is not None:
        return Decision(column.build_reading("datetime", formats=(options.format,)))
    if plain.n_numbers and not evidence.shapes and options.kind is not None:
        form = find_epoch(column.name, evidence, is_declared=True)
        return None if form is None else Decision(column.build_reading("datetime", formats=(form,)))
    if evidence.shapes is None or (plain.n_numbers and options.kind is None):
        return None
    date_shapes: dict[str, ShapeFacts] = {}
    others = []
    for shape, facts in evidence.iterate_shapes():
        if "9" in shape and find_date_forms([facts]) and not _are_seasons(column, shape):
            date_shapes[shape] = facts
        elif "9" in shape and not column.is_lenient:
            return None
        else:
            others.append(shape)
    n_dates = plain.n_iso + sum(facts.n for facts in date_shapes.values())
    marks = column.find_null_marks(others, n_dates, n_dates)
    forms = find_date_forms(list(date_shapes.values())) if date_shapes else DateForms()
    if not n_dates or marks is None or forms is None:
        return None
    reading = column.build_reading("datetime", marks, formats=forms.formats)
    return Decision(
        reading,
        (),
        (*collect_date_notices(column, forms, date_shapes), *collect_null_mark_notices(column, marks)),
    )


def _are_seasons(column: RawColumn, shape: str) -> bool:
    """Return whether texts such as 2009-10 end with the next year instead of a month."""
    if column.is_lenient or not SEASON.fullmatch(shape):
        return False
    texts = [text for text in column.evidence.spellings or () if SEASON.fullmatch(text.translate(DIGITS))]
    return len(texts) > 1 and all((int(text[:4]) + 1) % 100 == int(text[5:]) for text in texts)


def _decide_clock(column: RawColumn) -> Decision | None:
    evidence, options = column.evidence, column.options
    plain = evidence.plain
    if evidence.shapes is None or plain.n_iso or (plain.n_numbers and options.kind is None):
        return None
    times = {shape: facts.n for shape, facts in evidence.iterate_shapes() if _is_clock(facts)}
    others = [shape for shape, _ in evidence.iterate_shapes() if shape not in times]
    n_times = sum(times.values())
    marks = column.find_null_marks(others, n_times, n_times)
    if not n_times or marks is None:
        return None
    return Decision(
        column.build_reading("float", marks, is_clock=True),
        (),
        tuple(collect_null_mark_notices(column, marks)),
    )


def _is_clock(facts: ShapeFacts) -> bool:
    try:
        parse_minutes(facts.last)
    except ValueError:
        return False
    return True


def _decide_text(column: RawColumn) -> Decision:
    spellings = column.evidence.spellings if column.options.case != "keep" else None
    # The most frequent spelling; among equally frequent ones the first in alphabetical order.
    categories = [
        min(counts, key=lambda text: (-counts[text], text)) for counts in (spellings or {}).values()
    ]
    notices = (*collect_lookalike_notices(column), *collect_spelling_notices(column, spellings or {}))
    return Decision(
        column.build_reading("string", is_folded=spellings is not None), tuple(sorted(categories)), notices
    )


_ATTEMPTS = {
    None: (_decide_boolean, _decide_number, _decide_date, _decide_clock),
    "number": (_decide_number,),
    "integer": (_decide_number,),
    "date": (_decide_date,),
    "time": (_decide_clock,),
    "duration": (_decide_clock,),
}
