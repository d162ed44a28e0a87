"""The checks that propose a line for problem.yaml, where only a person knows what a column means."""

from collections.abc import Iterator
from datetime import datetime

from components._problem.proposal import Proposal
from components._problem.yaml_lines import format_list_line, format_nulls_line, format_role_line
from components._table.notice import Notice
from components._table.schema import Column
from components.errors import format_count, format_list
from components.validate.column_profile import ColumnProfile
from components.validate.evidence import TableEvidence

# An event time has a date in nearly every row, and many different ones.
_DATED_SHARE = 0.95
_LEAST_DATES = 20
_BIRTHS = (
    "birth born dob geburt geboren naiss nacim nascim nascit рожд народж syntym doğum dogum urodz narozen "
    "születés född fødsel født γέννη 出生 生日 生年 誕生 생년 출생 lahir sinh ولادة ميلاد לידה"
)


def propose_group(evidence: TableEvidence) -> Iterator[Notice]:
    """Propose as group a column whose repeated values determine the target, as a customer's may."""
    problem = evidence.problem
    if problem.group is not None or problem.event_time is not None:
        return
    profiles = _select_undecided(evidence, ("identifier",))
    groupings = {profile.column.name: profile.grouping for profile in profiles if profile.grouping}
    if not groupings:
        return
    name, grouping = max(
        groupings.items(), key=lambda item: (item[1].n_pure / item[1].n_groups, item[1].n_rows)
    )
    others = [other for other in groupings if other != name]
    also = f" The same is true of: {format_list(others)}." if others else ""
    is_always = grouping.n_pure == grouping.n_groups
    text = (
        f"The values of column {name!r} repeat, and within one value the target "
        f"{'never' if is_always else 'hardly ever'} changes "
        f"({grouping.n_groups:,} values in {format_count(grouping.n_rows, 'row')})."
    )
    line = format_role_line("group", name)
    yield Notice(
        "warning",
        f"{text}{also}",
        f"If new rows will have new values, write in problem.yaml: `{line}`. "
        "Otherwise test rows share values with training rows, and the scores are too good.",
        (Proposal("group", (name,), text, line),),
    )


def propose_event_time(evidence: TableEvidence) -> Iterator[Notice]:
    """Propose as event time a column of dates that could order the rows."""
    problem = evidence.problem
    if problem.group is not None or problem.event_time is not None:
        return
    n_rows = evidence.profile.n_rows
    columns = [
        profile.column
        for profile in _select_undecided(evidence)
        if profile.column.kind == "datetime"
        and n_rows - profile.column.n_null >= _DATED_SHARE * n_rows
        and profile.column.n_distinct >= _LEAST_DATES
        and not _is_birth(profile.column)
    ]
    if not columns:
        return
    best = min(columns, key=lambda column: column.n_null)
    many = f"Columns {format_list([column.name for column in columns])} have" if len(columns) > 1 else ""
    text = "a date in nearly every row, but training and test rows are mixed in time."
    line = format_role_line("event_time", best.name)
    yield Notice(
        "warning",
        f"{many or f'Column {best.name!r} has'} {text}",
        f"If the model must predict later rows than those it learns from, write in problem.yaml: `{line}`.",
        (Proposal("event_time", (best.name,), f"Column {best.name!r} has {text}", line),),
    )


def propose_nulls(evidence: TableEvidence) -> Iterator[Notice]:
    """Propose as null marks the numbers and dates that may mean a missing value."""
    problem = evidence.problem
    found = {
        profile.column.name: profile.sentinels
        for profile in _select_undecided(evidence, ("target", "event time", "sensitive"))
        if profile.sentinels
        and not profile.key
        and not (profile.column.name == problem.target and problem.classes)
        and problem.get_column_options(profile.column.name).nulls is None
    }
    if not found:
        return
    listings = {
        name: ", ".join(f"{name!r} {mark.text} ({format_count(mark.n_rows, 'row')})" for mark in marks)
        for name, marks in found.items()
    }
    cells = {
        name: [_format_cell(mark.text, evidence.schema[name]) for mark in marks]
        for name, marks in found.items()
    }
    start = "Repeated values far from all others"
    yield Notice(
        "warning",
        f"{start}: {', '.join(listings.values())}.",
        f"If they are missing values, write in problem.yaml: `{format_nulls_line(cells)}`.",
        tuple(
            Proposal(
                "nulls",
                (name,),
                f"{start}: {listings[name]}.",
                format_nulls_line({name: cells[name]}),
                tuple(mark.text for mark in marks),
            )
            for name, marks in found.items()
        ),
    )


def propose_identifiers(evidence: TableEvidence) -> Iterator[Notice]:
    """Propose as identifiers the columns that seem to name their row."""
    keys = {profile.column.name: profile.key for profile in _select_undecided(evidence) if profile.key}
    if keys:
        reasons = [f"{name} ({reason})" for name, reason in keys.items()]
        yield Notice(
            "warning",
            f"Columns that look like identifiers: {format_list(reasons)}. Those of text are left out, and "
            "those of numbers too unless they predict the target.",
            f"If they name rows, write in problem.yaml: `{format_list_line('identifiers', keys)}`. "
            f"To learn from them, write: `{format_list_line('keep', keys)}`.",
        )


def check_free_text(evidence: TableEvidence) -> Iterator[Notice]:
    """Say what becomes of free text, which is not a feature as it is."""
    names = [profile.column.name for profile in _select_undecided(evidence) if profile.is_free_text]
    if names:
        yield Notice(
            "note",
            f"Free text is not a feature as it is: {format_list(names)}. Engineer tries its length and its "
            "words, and keeps what improves a quick model: see its page.",
            f"To leave it out, write in problem.yaml: `{format_list_line('identifiers', names)}`.",
        )


def _select_undecided(evidence: TableEvidence, roles: tuple[str, ...] = ()) -> list[ColumnProfile]:
    """Return the columns without a role, or with one of these, that are not in keep."""
    problem = evidence.problem
    named = problem.named_columns
    return [
        profile
        for profile in evidence.profile.columns
        if named.get(profile.column.name, "") in ("", *roles) and profile.column.name not in problem.keep
    ]


def _format_cell(text: str, column: Column) -> str:
    """Return a sentinel as the source writes it: a date in the first of the column's forms."""
    forms = column.reading.formats if column.reading and not column.reading.epoch else ()
    if column.kind != "datetime" or not forms:
        return text
    return datetime.fromisoformat(text).strftime(forms[0])


def _is_birth(column: Column) -> bool:
    name = column.name.casefold()
    return any(word in name for word in _BIRTHS.split())
