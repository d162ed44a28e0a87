"""The checks that propose a line for problem.yaml: what columns may mean, and only a person knows."""

from collections.abc import Iterator
from datetime import datetime

from components._problem.yaml_lines import format_list_line, format_nulls_line, format_role_line
from components._table.notice import Notice
from components._table.schema import Column
from components.errors import format_list
from components.validate.column_profile import ColumnProfile
from components.validate.evidence import TableEvidence, format_row_count

# A date in nearly every row, and many of them.
_DATED_SHARE = 0.95
_LEAST_DATES = 20
_BIRTHS = (
    "birth born dob geburt geboren naiss nacim nascim nascit рожд народж syntym doğum dogum urodz narozen "
    "születés född fødsel født γέννη 出生 生日 生年 誕生 생년 출생 lahir sinh ولادة ميلاد לידה"
)


def propose_group(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of a column whose repeated values settle the target, as those of a customer do."""
    problem = evidence.problem
    if problem.group is not None or problem.event_time is not None:
        return
    judged = _select_undecided(evidence, ("identifier",))
    found = {each.column.name: each.grouping for each in judged if each.grouping is not None}
    if not found:
        return
    name, grouping = max(found.items(), key=lambda item: (item[1].n_pure / item[1].n_groups, item[1].n_rows))
    others = [each for each in found if each != name]
    also = f" So does the target within: {format_list(others)}." if others else ""
    is_always = grouping.n_pure == grouping.n_groups
    yield Notice(
        "warning",
        f"Column {name!r} repeats, and within one value the target "
        f"{'never' if is_always else 'hardly ever'} changes "
        f"({grouping.n_groups:,} values in {format_row_count(grouping.n_rows)}).{also}",
        f"If new rows have new values of it, write in problem.yaml: `{format_role_line('group', name)}`. "
        "Else the test rows share their values with the training rows, and the figures are too good.",
    )


def propose_event_time(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of dates by which earlier rows could be told from later ones."""
    problem = evidence.problem
    if problem.group is not None or problem.event_time is not None:
        return
    n_rows = evidence.profile.n_rows
    dated = [
        each.column
        for each in _select_undecided(evidence)
        if each.column.kind == "datetime"
        and n_rows - each.column.n_null >= _DATED_SHARE * n_rows
        and each.column.n_distinct >= _LEAST_DATES
        and not _is_birth(each.column)
    ]
    if not dated:
        return
    best = min(dated, key=lambda column: column.n_null)
    many = f"Columns {format_list([column.name for column in dated])} have" if len(dated) > 1 else ""
    yield Notice(
        "warning",
        f"{many or f'Column {best.name!r} has'} a date in nearly every row; earlier and later rows are mixed "
        "in training and test.",
        "If a model of earlier rows shall predict later ones, write in problem.yaml: "
        f"`{format_role_line('event_time', best.name)}`.",
    )


def propose_nulls(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of numbers and dates that may stand for no value."""
    problem = evidence.problem
    judged = _select_undecided(evidence, ("target", "event time", "sensitive"))
    found = {
        each.column.name: each.sentinels
        for each in judged
        if each.sentinels
        and not each.key
        and not (each.column.name == problem.target and problem.classes)
        and not _has_given_nulls(evidence, each.column.name)
    }
    if not found:
        return
    listing = [
        f"{name!r} {sentinel.text} ({format_row_count(sentinel.n_rows)})"
        for name, marks in found.items()
        for sentinel in marks
    ]
    line = format_nulls_line(
        {
            name: [_format_cell(mark.text, evidence.schema[name]) for mark in marks]
            for name, marks in found.items()
        }
    )
    yield Notice(
        "warning",
        f"Values far from all others, and repeated: {format_list(listing, len(listing))}.",
        f"If they mean that the value is not known, write in problem.yaml: `{line}`.",
    )


def propose_identifiers(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of columns that seem to name their row."""
    found = [each for each in _select_undecided(evidence) if each.key]
    if found:
        names = [each.column.name for each in found]
        reasons = [f"{each.column.name} ({each.key})" for each in found]
        yield Notice(
            "warning",
            f"Columns that look like identifiers: {format_list(reasons)}. Text is left out, and numbers that "
            "do not predict the target.",
            f"If they name rows, write in problem.yaml: `{format_list_line('identifiers', names)}`; "
            f"to learn from them, `{format_list_line('keep', names)}`.",
        )


def check_free_text(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of sentences, from which nothing is learnt."""
    names = [each.column.name for each in _select_undecided(evidence) if each.is_free_text]
    if names:
        yield Notice(
            "warning",
            f"Free text is not used: {format_list(names)}.",
            "Add columns with what it says, such as its length or a category, or leave it out: "
            f"`{format_list_line('identifiers', names)}` in problem.yaml.",
        )


def _select_undecided(evidence: TableEvidence, roles: tuple[str, ...] = ()) -> list[ColumnProfile]:
    """Return the columns without a role, or with one of these, that are not to be kept whatever they are."""
    problem = evidence.problem
    named = problem.named_columns
    return [
        each
        for each in evidence.profile.columns
        if named.get(each.column.name, "") in ("", *roles) and each.column.name not in problem.keep
    ]


def _has_given_nulls(evidence: TableEvidence, name: str) -> bool:
    options = evidence.problem.columns.get(name)
    return options is not None and options.nulls is not None


def _format_cell(text: str, column: Column) -> str:
    """Return a sentinel as it stands in the source: a date in the first of the column's forms."""
    forms = column.reading.formats if column.reading and not column.reading.epoch else ()
    if column.kind != "datetime" or not forms:
        return text
    return datetime.fromisoformat(text).strftime(forms[0])


def _is_birth(column: Column) -> bool:
    name = column.name.casefold()
    return any(word in name for word in _BIRTHS.split())
