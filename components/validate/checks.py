"""The checks of a table against its problem.

A check is a function that looks at the evidence and yields what it finds; a new one is named in ``CHECKS``.
What a check needs to know of the rows is gathered in ``profile``.
"""

from collections.abc import Iterator

from components._table.notice import Notice
from components.errors import InvalidData, format_list
from components.validate.evidence import Check, TableEvidence, find_column, format_row_count, has_variation
from components.validate.proposals import (
    check_free_text,
    propose_event_time,
    propose_group,
    propose_identifiers,
    propose_nulls,
)
from components.validate.target_checks import (
    check_class_spellings,
    check_class_words,
    check_imbalance,
    check_rare_classes,
    check_row_count,
    check_unknown_targets,
)

MIN_GROUPS = 5
_RARE_POSITIVE = 0.05
_HALF = 0.5


def run_checks(evidence: TableEvidence) -> tuple[Notice, ...]:
    """Return the findings of every check; of an empty table only what still can be said.

    Parameters
    ----------
    evidence : Evidence
        The problem and what the table holds.
    """
    checks = CHECKS if evidence.profile.n_rows else (check_not_empty, check_missing_columns)
    return tuple(finding for each in checks for finding in each(evidence))


def check_not_empty(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a table of a header only."""
    if evidence.profile.n_rows == 0:
        yield Notice("error", "The table has no rows.", "Check the source: it holds column names only.")


def check_missing_columns(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a problem that names columns the table does not have."""
    names = evidence.schema.names
    problem = evidence.problem
    more = dict.fromkeys(problem.keep, "kept") | dict.fromkeys(problem.monotonic, "monotonic")
    for name, role in (more | problem.named_columns).items():
        if name not in names:
            error = InvalidData.from_missing_column(role, name, names)
            yield Notice("error", error.what, error.remedy)


def check_infinite_numbers(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse infinite numbers, which no mean or scale survives."""
    for found in evidence.profile.columns:
        if found.n_infinite:
            rows = format_list(found.infinite_rows, len(found.infinite_rows))
            more = " and more" if found.n_infinite > len(found.infinite_rows) else ""
            yield Notice(
                "error",
                f"Column {found.column.name!r} has {format_row_count(found.n_infinite)} with an "
                f"infinite number: "
                f"{rows}{more} (the first row is 1).",
                "Replace them in the source, by nothing if the value is not known.",
            )


def check_features(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a table with nothing to learn from."""
    if not any(has_variation(column) for column in evidence.features):
        yield Notice(
            "error",
            "No column is left to learn from: all others have a role, no values, or one value only.",
            "Add columns, or name fewer of them as identifiers or sensitive.",
        )


def check_event_time(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse an event time by which rows cannot be ordered."""
    column = find_column(evidence, evidence.problem.event_time)
    if column is None:
        return
    if column.kind not in ("datetime", "integer", "float"):
        yield Notice(
            "error",
            f"The event time column {column.name!r} is of kind {column.kind}, not a date or a number.",
            "Write its dates as 2026-01-31 or 2026-01-31 13:45:00 in every row, or take event_time out.",
        )
    if column.n_null:
        yield Notice(
            "error",
            f"The event time column {column.name!r} is empty in {format_row_count(column.n_null)}.",
            "Fill it or drop the rows, or take event_time out.",
        )
    elif column.n_distinct < 2:
        yield Notice(
            "error",
            f"The event time column {column.name!r} has one value only, so no row is later than another.",
            "Name a column that tells earlier rows from later ones, or take event_time out.",
        )


def check_group(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse groups that cannot be split."""
    column = find_column(evidence, evidence.problem.group)
    if column is None:
        return
    if column.n_null:
        yield Notice(
            "error",
            f"The group column {column.name!r} is empty in {format_row_count(column.n_null)}.",
            "Give every row a group, or take group out.",
        )
    if column.n_distinct < MIN_GROUPS:
        yield Notice(
            "error",
            f"The group column {column.name!r} has {column.n_distinct} groups; "
            f"at least {MIN_GROUPS} are needed to learn from some and to test on others.",
            "Name a column with more groups, or take group out.",
        )
    if evidence.problem.event_time is not None:
        yield Notice(
            "warning",
            "Both event_time and group are named: the test rows are the latest, so that rows of one group "
            "may be on both sides.",
            "Take event_time out if groups must stay together.",
        )


def check_monotonic(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse columns that predictions cannot rise or fall with, as they hold no numbers."""
    for name in evidence.problem.monotonic:
        column = find_column(evidence, name)
        if column is not None and not column.is_numeric:
            yield Notice(
                "error",
                f"Column {name!r} is in monotonic and of kind {column.kind}, not a number.",
                "Write numbers in every row of the source, or take the column out of monotonic.",
            )


def check_useless_columns(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of columns without values, with one value, or with few values."""
    n_rows = evidence.profile.n_rows
    empty = [column.name for column in evidence.features if column.n_distinct == 0]
    constant = [
        column.name for column in evidence.features if column.n_distinct and not has_variation(column)
    ]
    sparse = [
        f"{column.name} ({column.n_null / n_rows:.0%})"
        for column in evidence.features
        if column.n_distinct and column.n_null > _HALF * n_rows
    ]
    if empty:
        yield Notice("warning", f"Columns without any value: {format_list(empty)}.", "They are of no use.")
    if constant:
        yield Notice(
            "warning", f"Columns with one value only: {format_list(constant)}.", "They are of no use."
        )
    if sparse:
        yield Notice(
            "warning", f"Columns that are mostly empty: {format_list(sparse)}.", "Check their source."
        )


def check_duplicate_rows(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of rows that repeat others."""
    n_duplicates = evidence.profile.n_duplicates
    if n_duplicates:
        verb = "repeats" if n_duplicates == 1 else "repeat"
        yield Notice(
            "warning",
            f"{format_row_count(n_duplicates)} {verb} an earlier row in every column.",
            "If they are copies, drop them; a random split keeps copies on one side while most rows differ.",
        )


def report_size(evidence: TableEvidence) -> Iterator[Notice]:
    """Note what was read."""
    n_columns = len(evidence.profile.columns)
    yield Notice(
        "note", f"The table has {format_row_count(evidence.profile.n_rows)} and {n_columns:,} columns."
    )


# In the order in which a person reads them; the report groups them by level.
CHECKS: tuple[Check, ...] = (
    check_missing_columns,
    check_row_count,
    check_infinite_numbers,
    check_rare_classes,
    check_features,
    check_event_time,
    check_group,
    check_monotonic,
    check_unknown_targets,
    check_class_words,
    check_class_spellings,
    check_imbalance,
    propose_group,
    propose_event_time,
    propose_nulls,
    check_duplicate_rows,
    propose_identifiers,
    check_free_text,
    check_useless_columns,
    report_size,
)
