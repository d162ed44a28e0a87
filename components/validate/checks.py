"""The checks of a table against its problem.

A check is a function that looks at the evidence and yields what it finds; a new one is named in ``CHECKS``.
What a check needs to know of the rows is gathered in ``profile``.
"""

from collections.abc import Iterator

from components._table.notice import Notice
from components.errors import InvalidData, listed
from components.validate.evidence import Check, Evidence, column_named, count_rows, varies
from components.validate.proposals import (
    free_text,
    proposed_event_time,
    proposed_group,
    sentinels,
    unnamed_identifiers,
)
from components.validate.target_checks import (
    class_spellings,
    class_words,
    few_rows,
    imbalance,
    rare_classes,
    unknown_targets,
)

MIN_GROUPS = 5
_RARE_POSITIVE = 0.05
_HALF = 0.5


def check(evidence: Evidence) -> tuple[Notice, ...]:
    """Return the findings of every check; of an empty table only what still can be said.

    Parameters
    ----------
    evidence : Evidence
        The problem and what the table holds.
    """
    checks = CHECKS if evidence.profile.n_rows else (no_rows, missing_columns)
    return tuple(finding for each in checks for finding in each(evidence))


def no_rows(evidence: Evidence) -> Iterator[Notice]:
    """Refuse a table of a header only."""
    if evidence.profile.n_rows == 0:
        yield Notice("error", "The table has no rows.", "Check the source: it holds column names only.")


def missing_columns(evidence: Evidence) -> Iterator[Notice]:
    """Refuse a problem that names columns the table does not have."""
    names = evidence.schema.names
    problem = evidence.problem
    more = dict.fromkeys(problem.keep, "kept") | dict.fromkeys(problem.monotonic, "monotonic")
    for name, role in (more | problem.named_columns).items():
        if name not in names:
            error = InvalidData.missing_column(role, name, names)
            yield Notice("error", error.what, error.remedy)


def infinite_numbers(evidence: Evidence) -> Iterator[Notice]:
    """Refuse infinite numbers, which no mean or scale survives."""
    for found in evidence.profile.columns:
        if found.n_infinite:
            rows = listed(found.infinite_rows, len(found.infinite_rows))
            more = " and more" if found.n_infinite > len(found.infinite_rows) else ""
            yield Notice(
                "error",
                f"Column {found.column.name!r} has {count_rows(found.n_infinite)} with an infinite number: "
                f"{rows}{more} (the first row is 1).",
                "Replace them in the source, by nothing if the value is not known.",
            )


def no_features(evidence: Evidence) -> Iterator[Notice]:
    """Refuse a table with nothing to learn from."""
    if not any(varies(column) for column in evidence.features):
        yield Notice(
            "error",
            "No column is left to learn from: all others have a role, no values, or one value only.",
            "Add columns, or name fewer of them as identifiers or sensitive.",
        )


def event_time(evidence: Evidence) -> Iterator[Notice]:
    """Refuse an event time by which rows cannot be ordered."""
    column = column_named(evidence, evidence.problem.event_time)
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
            f"The event time column {column.name!r} is empty in {count_rows(column.n_null)}.",
            "Fill it or drop the rows, or take event_time out.",
        )
    elif column.n_distinct < 2:
        yield Notice(
            "error",
            f"The event time column {column.name!r} has one value only, so no row is later than another.",
            "Name a column that tells earlier rows from later ones, or take event_time out.",
        )


def group(evidence: Evidence) -> Iterator[Notice]:
    """Refuse groups that cannot be split."""
    column = column_named(evidence, evidence.problem.group)
    if column is None:
        return
    if column.n_null:
        yield Notice(
            "error",
            f"The group column {column.name!r} is empty in {count_rows(column.n_null)}.",
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


def monotonic(evidence: Evidence) -> Iterator[Notice]:
    """Refuse columns that predictions cannot rise or fall with, as they hold no numbers."""
    for name in evidence.problem.monotonic:
        column = column_named(evidence, name)
        if column is not None and not column.is_numeric:
            yield Notice(
                "error",
                f"Column {name!r} is in monotonic and of kind {column.kind}, not a number.",
                "Write numbers in every row of the source, or take the column out of monotonic.",
            )


def useless_columns(evidence: Evidence) -> Iterator[Notice]:
    """Tell of columns without values, with one value, or with few values."""
    n_rows = evidence.profile.n_rows
    empty = [column.name for column in evidence.features if column.n_distinct == 0]
    constant = [column.name for column in evidence.features if column.n_distinct and not varies(column)]
    sparse = [
        f"{column.name} ({column.n_null / n_rows:.0%})"
        for column in evidence.features
        if column.n_distinct and column.n_null > _HALF * n_rows
    ]
    if empty:
        yield Notice("warning", f"Columns without any value: {listed(empty)}.", "They are of no use.")
    if constant:
        yield Notice("warning", f"Columns with one value only: {listed(constant)}.", "They are of no use.")
    if sparse:
        yield Notice("warning", f"Columns that are mostly empty: {listed(sparse)}.", "Check their source.")


def duplicate_rows(evidence: Evidence) -> Iterator[Notice]:
    """Tell of rows that repeat others."""
    n_duplicates = evidence.profile.n_duplicates
    if n_duplicates:
        verb = "repeats" if n_duplicates == 1 else "repeat"
        yield Notice(
            "warning",
            f"{count_rows(n_duplicates)} {verb} an earlier row in every column.",
            "If they are copies, drop them; a random split keeps copies on one side while most rows differ.",
        )


def size(evidence: Evidence) -> Iterator[Notice]:
    """Note what was read."""
    n_columns = len(evidence.profile.columns)
    yield Notice("note", f"The table has {count_rows(evidence.profile.n_rows)} and {n_columns:,} columns.")


# In the order in which a person reads them; the report groups them by level.
CHECKS: tuple[Check, ...] = (
    missing_columns,
    few_rows,
    infinite_numbers,
    rare_classes,
    no_features,
    event_time,
    group,
    monotonic,
    unknown_targets,
    class_words,
    class_spellings,
    imbalance,
    proposed_group,
    proposed_event_time,
    sentinels,
    duplicate_rows,
    unnamed_identifiers,
    free_text,
    useless_columns,
    size,
)
