"""A table, as far as its profile asks about it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from components.validate.counted_column import CountedColumn
from components.validate.groups import GroupedRows


class ProfiledTable(ABC):
    """A table whose columns are profiled one after the other, and then its rows.

    Attributes
    ----------
    n_rows : int
        Its rows.
    """

    n_rows: int

    @abstractmethod
    def iterate_columns(self) -> Iterator[tuple[str, CountedColumn]]:
        """Yield each column with its name; its values can be asked about until the next one."""

    @abstractmethod
    def count_duplicates(self) -> int:
        """Return how many rows repeat an earlier one in every column, once all columns were yielded."""

    @abstractmethod
    def count_targets(self, target: str) -> int:
        """Return how many rows have a target, of those that repeat no earlier one."""

    @abstractmethod
    def group_rows(
        self, names: list[str], target: str, *, has_classes: bool
    ) -> Iterator[tuple[str, GroupedRows]]:
        """Yield the rows grouped by each of some columns; perhaps not by those with too few groups.

        Copies of a row agree in every column, so only the first of them is evidence of a group.
        """
