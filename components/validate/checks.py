"""The checks of a table against its problem.

A check is a function that looks at the evidence and yields what it finds; a new one is written below and
named in ``CHECKS``. What a check needs to know of the rows is gathered in ``profile``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from components._problem.spec import Problem
from components._table.notice import Notice
from components._table.schema import Column, Schema
from components.errors import InvalidData, listed
from components.validate.profile import Profile

MIN_ROWS = 30
# A class must reach every fold of the sweep and the test rows.
MIN_CLASS_ROWS = 5
MIN_GROUPS = 5
_RARE_POSITIVE = 0.05
_LOOKALIKE = 0.9
_HALF = 0.5
_FEW_MARKS = 3


@dataclass(frozen=True)
class Evidence:
    """What the checks look at.

    Attributes
    ----------
    problem : Problem
        The problem, resolved where the data allow it.
    profile : Profile
        What the table holds.
    """

    problem: Problem
    profile: Profile

    @property
    def schema(self) -> Schema:
        """The table's schema."""
        return self.profile.schema

    @property
    def features(self) -> list[Column]:
        """The columns without a role."""
        named = self.problem.named_columns
        return [column for column in self.schema.columns if column.name not in named]


Check = Callable[[Evidence], Iterator[Notice]]


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


def few_rows(evidence: Evidence) -> Iterator[Notice]:
    """Refuse a table with too few rows whose target is known."""
    target = evidence.profile.target
    if target is not None and 0 < target.n_known < MIN_ROWS:
        yield Notice(
            "error",
            f"Only {target.n_known} rows have a target; at least {MIN_ROWS} are needed to learn and to test.",
            "Add rows.",
        )


def infinite_numbers(evidence: Evidence) -> Iterator[Notice]:
    """Refuse infinite numbers, which no mean or scale survives."""
    for found in evidence.profile.columns:
        if found.n_infinite:
            rows = listed(found.infinite_rows, len(found.infinite_rows))
            more = " and more" if found.n_infinite > len(found.infinite_rows) else ""
            yield Notice(
                "error",
                f"Column {found.column.name!r} has {_rows(found.n_infinite)} with an infinite number: "
                f"{rows}{more} (the first row is 1).",
                "Replace them in the source, by nothing if the value is not known.",
            )


def rare_classes(evidence: Evidence) -> Iterator[Notice]:
    """Refuse classes too rare to be in every fold and among the test rows."""
    target = evidence.profile.target
    if target is None:
        return
    counts = {label: target.counts[label] for label in evidence.problem.classes}
    rare = [f"{label!r} ({_rows(n)})" for label, n in counts.items() if n < MIN_CLASS_ROWS]
    if rare:
        yield Notice(
            "error",
            f"Too few rows have a target of: {listed(rare)}; each class needs at least {MIN_CLASS_ROWS}.",
            "Merge the classes with others in the source, or drop their rows.",
        )


def no_features(evidence: Evidence) -> Iterator[Notice]:
    """Refuse a table with nothing to learn from."""
    if not any(_varies(column) for column in evidence.features):
        yield Notice(
            "error",
            "No column is left to learn from: all others have a role, no values, or one value only.",
            "Add columns, or name fewer of them as identifiers or sensitive.",
        )


def event_time(evidence: Evidence) -> Iterator[Notice]:
    """Refuse an event time by which rows cannot be ordered."""
    column = _column(evidence, evidence.problem.event_time)
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
            f"The event time column {column.name!r} is empty in {_rows(column.n_null)}.",
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
    column = _column(evidence, evidence.problem.group)
    if column is None:
        return
    if column.n_null:
        yield Notice(
            "error",
            f"The group column {column.name!r} is empty in {_rows(column.n_null)}.",
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
        column = _column(evidence, name)
        if column is not None and not column.is_numeric:
            yield Notice(
                "error",
                f"Column {name!r} is in monotonic and of kind {column.kind}, not a number.",
                "Write numbers in every row of the source, or take the column out of monotonic.",
            )


def unknown_targets(evidence: Evidence) -> Iterator[Notice]:
    """Tell of rows without a target."""
    target = evidence.profile.target
    if target is not None and target.column.n_null and target.n_known:
        share = target.column.n_null / evidence.profile.n_rows
        yield Notice(
            "warning",
            f"The target is empty in {_rows(target.column.n_null)} ({share:.1%}).",
            "Rows without a target are left out.",
        )


def useless_columns(evidence: Evidence) -> Iterator[Notice]:
    """Tell of columns without values, with one value, or with few values."""
    n_rows = evidence.profile.n_rows
    empty = [column.name for column in evidence.features if column.n_distinct == 0]
    constant = [column.name for column in evidence.features if column.n_distinct and not _varies(column)]
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
            f"{_rows(n_duplicates)} {verb} an earlier row in every column.",
            "If they are copies, drop them; a random split keeps copies on one side while most rows differ.",
        )


def unnamed_identifiers(evidence: Evidence) -> Iterator[Notice]:
    """Tell of columns that seem to name their row."""
    n_different = evidence.profile.n_rows - evidence.profile.n_duplicates
    unique = [
        column.name
        for column in evidence.features
        if column.kind in ("string", "integer") and not column.n_null and column.n_distinct >= n_different > 1
    ]
    if unique:
        yield Notice(
            "warning",
            f"Columns with a different value in every row: {listed(unique)}.",
            "List them under identifiers if they name rows.",
        )


def imbalance(evidence: Evidence) -> Iterator[Notice]:
    """Tell of a positive or negative class that is rare."""
    target = evidence.profile.target
    if target is None or evidence.problem.task != "binary" or not evidence.problem.classes:
        return
    label, n = min(target.counts.items(), key=lambda item: item[1])
    if n < _RARE_POSITIVE * target.n_known:
        yield Notice(
            "warning",
            f"Only {n / target.n_known:.2%} of the rows ({n:,}) are of class {label!r}.",
            "Judge by average_precision or value rather than by accuracy.",
        )


def disguised_columns(evidence: Evidence) -> Iterator[Notice]:
    """Tell of text that is mostly numbers or dates."""
    for reads_as, count, advice in (
        ("numbers", attrgetter("n_numbers"), "Leave unknown numbers empty in the source"),
        ("dates", attrgetter("n_dates"), "Write dates as 2026-01-31 in every row of the source"),
    ):
        columns, others = [], []
        for found in evidence.profile.columns:
            n_known = evidence.profile.n_rows - found.column.n_null
            share = count(found.lookalike) / max(n_known, 1)
            neither = found.lookalike.neither
            # A few marks for "not known" may stand in many rows. Codes of digits alone are text on purpose.
            likely = share >= _LOOKALIKE or (share >= _HALF and len(neither) <= _FEW_MARKS)
            if likely and (neither or reads_as == "dates") and found.column in evidence.features:
                columns.append(f"{found.column.name} ({share:.1%})")
                others += [repr(value) for value in neither]
        if columns:
            other_values = f"; other values: {listed(dict.fromkeys(others))}" if others else ""
            yield Notice(
                "warning",
                f"Text columns that are mostly {reads_as}: {listed(columns)}{other_values}.",
                f"{advice}, so that they are read as {reads_as}.",
            )


def size(evidence: Evidence) -> Iterator[Notice]:
    """Note what was read."""
    n_columns = len(evidence.profile.columns)
    yield Notice("note", f"The table has {_rows(evidence.profile.n_rows)} and {n_columns:,} columns.")


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
    imbalance,
    duplicate_rows,
    unnamed_identifiers,
    useless_columns,
    disguised_columns,
    size,
)


def _column(evidence: Evidence, name: str | None) -> Column | None:
    schema = evidence.schema
    return schema[name] if name is not None and name in schema else None


def _varies(column: Column) -> bool:
    # A value beside nulls tells rows apart as two values do.
    return column.n_distinct > 1 or (column.n_distinct == 1 and column.n_null > 0)


def _rows(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
