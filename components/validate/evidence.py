"""What the checks look at, and how they say it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from components._problem.spec import Problem
from components._table.notice import Notice
from components._table.schema import Column, Schema
from components.validate.table_profile import TableProfile


@dataclass(frozen=True)
class TableEvidence:
    """What the checks look at.

    Attributes
    ----------
    problem : Problem
        The problem, resolved where the data allow it.
    profile : Profile
        What the table holds.
    """

    problem: Problem
    profile: TableProfile

    @property
    def schema(self) -> Schema:
        """The table's schema."""
        return self.profile.schema

    @property
    def features(self) -> list[Column]:
        """The columns without a role."""
        named = self.problem.named_columns
        return [column for column in self.schema.columns if column.name not in named]


Check = Callable[[TableEvidence], Iterator[Notice]]


def find_column(evidence: TableEvidence, name: str | None) -> Column | None:
    """Return the column of a name, None without one."""
    schema = evidence.schema
    return schema[name] if name is not None and name in schema else None


def has_variation(column: Column) -> bool:
    """Return whether a column tells rows apart."""
    # A value beside nulls tells rows apart as two values do.
    return column.n_distinct > 1 or (column.n_distinct == 1 and column.n_null > 0)


def format_row_count(n: int) -> str:
    """Return a number of rows in words."""
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
