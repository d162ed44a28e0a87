"""The checks of a table against its problem.

A check is a function that takes the evidence and yields notices; ``CHECKS`` lists all checks. What they need
to know about the rows comes from ``profile_table``.
"""

from collections.abc import Iterator

from components._problem.gap import parse_gap
from components._problem.parts import find_part
from components._problem.proposal import Proposal
from components._table.notice import Notice
from components.errors import InvalidData, format_count, format_list
from components.validate.evidence import Check, TableEvidence, find_column, has_variation
from components.validate.proposals import (
    check_free_text,
    propose_event_time,
    propose_group,
    propose_identifiers,
    propose_nulls,
)
from components.validate.target_checks import (
    check_imbalance,
    check_rare_classes,
    check_row_count,
    check_target_range,
    check_unknown_targets,
)
from components.validate.target_marks import check_class_spellings, check_class_words

MIN_GROUPS = 5
_HALF = 0.5


def run_checks(evidence: TableEvidence) -> tuple[Notice, ...]:
    """Return the findings of every check; an empty table gets only the checks that need no rows."""
    checks = CHECKS if evidence.profile.n_rows else (check_not_empty, check_missing_columns)
    return tuple(finding for check in checks for finding in check(evidence))


def check_not_empty(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a table without rows."""
    if evidence.profile.n_rows == 0:
        yield Notice("error", "The table has no rows.", "Check the source: it holds column names only.")


def check_missing_columns(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a problem that names columns that the table does not have."""
    names = evidence.schema.names
    problem = evidence.problem
    listed = {
        **dict.fromkeys(problem.keep, "kept"),
        **dict.fromkeys(problem.monotonic, "monotonic"),
        **dict.fromkeys(problem.actionable or (), "actionable"),
    }
    for name, role in (listed | problem.named_columns).items():
        if name not in names:
            yield Notice.from_error(InvalidData.from_missing_column(role, name, names))


def check_infinite_numbers(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse infinite numbers, with which means and scales cannot be computed."""
    for profile in evidence.profile.columns:
        if profile.n_infinite:
            rows = ", ".join(map(str, profile.infinite_rows))
            more = " and more" if profile.n_infinite > len(profile.infinite_rows) else ""
            yield Notice(
                "error",
                f"Column {profile.column.name!r} has {format_count(profile.n_infinite, 'row')} with an "
                f"infinite number: {rows}{more} (the first row is 1).",
                "Replace them in the source, or leave the cell empty if the value is not known.",
            )


def check_features(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a table without a feature that varies."""
    if not any(has_variation(column) for column in evidence.features):
        yield Notice(
            "error",
            "No column is left to learn from: every column has a role, no values, or only one value.",
            "Add columns, or list fewer of them under identifiers or sensitive.",
        )


def check_event_time(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse an event time that cannot order the rows."""
    column = find_column(evidence, evidence.problem.event_time)
    if column is None:
        return
    if column.kind not in ("datetime", "integer", "float"):
        yield Notice(
            "error",
            f"The event time column {column.name!r} has the kind {column.kind}; it must hold dates or "
            "numbers.",
            "Write its dates as 2026-01-31 or 2026-01-31 13:45:00 in every row, or remove event_time.",
        )
    if column.n_null:
        yield Notice(
            "error",
            f"The event time column {column.name!r} is empty in {format_count(column.n_null, 'row')}.",
            "Fill the cells, drop the rows, or remove event_time.",
        )
    elif column.n_distinct < 2:
        yield Notice(
            "error",
            f"The event time column {column.name!r} has only one value, so no row is later than another.",
            "Name a column in which later rows have later times, or remove event_time.",
        )
    gap = evidence.problem.gap
    if gap is not None and parse_gap(gap)[1] != (column.kind == "datetime"):
        yield Notice(
            "error",
            f"The gap of {gap} does not fit the event time column {column.name!r}, which has the kind "
            f"{column.kind}.",
            "Write a gap such as 7 days for dates, and a number for numbers.",
        )


def check_group(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse groups that cannot be split."""
    column = find_column(evidence, evidence.problem.group)
    if column is None:
        return
    if column.n_null:
        yield Notice(
            "error",
            f"The group column {column.name!r} is empty in {format_count(column.n_null, 'row')}.",
            "Give every row a group, or remove group.",
        )
    if column.n_distinct < MIN_GROUPS:
        yield Notice(
            "error",
            f"The group column {column.name!r} has {column.n_distinct} groups; "
            f"at least {MIN_GROUPS} are needed to train on some of them and test on others.",
            "Name a column with more groups, or remove group.",
        )


def check_split_column(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a split column that does not name training and test rows."""
    column = find_column(evidence, evidence.problem.split_column)
    if column is None:
        return
    values = column.categories
    known = {value: find_part(value) for value in values}
    unclear = [repr(value) for value, part in known.items() if part is None]
    of = f"The split column {column.name!r}"
    how = "Write train or test in every row, or remove split_column."
    if column.kind != "string" or not values:
        yield Notice(
            "error",
            f"{of} has the kind {column.kind} and {column.n_distinct:,} different "
            "values; it must hold words such as train and test.",
            how,
        )
    elif unclear:
        yield Notice(
            "error",
            f"{of} has values that name no part: {format_list(unclear)}. "
            "Words that are known: train, training, test, holdout, valid, validation.",
            how,
        )
    elif "training" not in known.values() or len(set(known.values())) == 1:
        missing = "training" if "training" not in known.values() else "test"
        yield Notice(
            "error",
            f"{of} names no {missing} rows: all rows are {format_list(map(repr, values))}.",
            how,
        )
    if column.n_null:
        yield Notice(
            "error",
            f"The split column {column.name!r} is empty in {format_count(column.n_null, 'row')}.",
            how,
        )


def check_monotonic(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse monotonic columns that do not hold numbers."""
    for name in evidence.problem.monotonic:
        column = find_column(evidence, name)
        if column is not None and not column.is_numeric:
            yield Notice(
                "error",
                f"Column {name!r} is in monotonic, but has the kind {column.kind}; it must hold numbers.",
                "Write numbers in every row of the source, or remove the column from monotonic.",
            )


def check_useless_columns(evidence: TableEvidence) -> Iterator[Notice]:
    """Warn about columns without values, with one value, or with few values."""
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
    for columns, fault, remedy in (
        (empty, "without any value", "They carry no information."),
        (constant, "with only one value", "They carry no information."),
        (sparse, "that are mostly empty", "Check their source."),
    ):
        if columns:
            yield Notice("warning", f"Columns {fault}: {format_list(columns)}.", remedy)


def check_duplicate_rows(evidence: TableEvidence) -> Iterator[Notice]:
    """Warn about rows that repeat others."""
    n_duplicates = evidence.profile.n_duplicates
    if n_duplicates:
        verb = "repeats" if n_duplicates == 1 else "repeat"
        text = f"{format_count(n_duplicates, 'row')} {verb} an earlier row in every column."
        yield Notice(
            "warning",
            text,
            "If they are copies, drop them. While most rows differ, a random split keeps copies together.",
            (Proposal("duplicates", (), text),),
        )


def report_size(evidence: TableEvidence) -> Iterator[Notice]:
    """Say how many rows and columns were read."""
    rows, columns = evidence.profile.n_rows, len(evidence.profile.columns)
    yield Notice("note", f"The table has {format_count(rows, 'row')} and {format_count(columns, 'column')}.")


# In the order of the report, which groups the findings by level.
CHECKS: tuple[Check, ...] = (
    check_missing_columns,
    check_row_count,
    check_infinite_numbers,
    check_rare_classes,
    check_target_range,
    check_features,
    check_event_time,
    check_group,
    check_split_column,
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
