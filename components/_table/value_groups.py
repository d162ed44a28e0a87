"""Groups of a column's values that a person can compare: few values, quarters, frequent strings."""

from dataclasses import dataclass

import pandas as pd

NULL_GROUP = "(null)"
OTHER_GROUP = "(other)"
# With more values than these, numbers and dates are cut into quarters, and rare strings are merged.
_MOST_VALUES = 10


@dataclass(frozen=True)
class ValueGroups:
    """The groups of a column's values.

    Attributes
    ----------
    names : dict of value to str
        The name of each value that is a group of its own; empty for quarters.
    quarters : IntervalIndex or None
        The quarters of numbers or dates.
    """

    names: dict[object, str]
    quarters: pd.IntervalIndex | None = None

    @classmethod
    def learn(cls, column: pd.Series) -> "ValueGroups":
        """Return the groups of a column."""
        known = column.dropna()
        if known.nunique() <= _MOST_VALUES:
            values = sorted(known.unique())
            return cls({v: f"{v:g}" if isinstance(v, float) else str(v) for v in values})
        if column.dtype != object and not isinstance(column.dtype, pd.CategoricalDtype):
            quarters = pd.qcut(known, 4, duplicates="drop", precision=2)
            return cls({}, pd.IntervalIndex(list(quarters.cat.categories)))
        frequent = known.value_counts().index[: _MOST_VALUES - 1]
        return cls({value: str(value) for value in frequent})

    def name(self, column: pd.Series) -> pd.Series:
        """Return the name of each row's group, categorical in the order of the groups; null comes last."""
        if self.quarters is None:
            names, values = list(self.names.values()), column.astype(object)
            words = values.map(self.names)
        else:
            names = [f"{part.left} to {part.right}" for part in self.quarters]
            # qcut returns nanoseconds, also of dates in another unit.
            values = pd.Index(column).astype(self.quarters.left.dtype)
            numbers = self.quarters.get_indexer(values).tolist()
            words = pd.Series(numbers, column.index).map(dict(enumerate(names)))
        words = words.where(words.notna(), OTHER_GROUP).where(column.notna(), NULL_GROUP)
        return words.astype(pd.CategoricalDtype(list(dict.fromkeys([*names, OTHER_GROUP, NULL_GROUP]))))
