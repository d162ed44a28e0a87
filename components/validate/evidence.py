"""The evidence that the checks use: the problem and the profile of the table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from components._problem.spec import Problem
from components._table.notice import Notice
from components._table.schema import Column, Schema
from components.validate.table_profile import TableProfile


@dataclass(frozen=True)
class TableEvidence:
    """The problem and the profile of the table.

    Attributes
    ----------
    problem : Problem
        The problem, resolved if the data allow it.
    profile : TableProfile
        The columns and rows of the table.
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
    """Return the column with a name; None if there is none or no name is given."""
    schema = evidence.schema
    return schema[name] if name is not None and name in schema else None


def has_variation(column: Column) -> bool:
    """Return whether a column has two values, or one value and nulls."""
    return column.n_distinct > 1 or (column.n_distinct == 1 and column.n_null > 0)
