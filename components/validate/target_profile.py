"""The column to predict: its classes, and the few texts among its numbers."""

from collections import Counter
from dataclasses import dataclass, field

from components._problem.task import Label
from components._table.schema import Column
from components.validate.counted_column import CountedColumn
from components.validate.mixed_texts import find_texts_among_numbers

MAX_CLASSES = 1000
# Up to so many different whole numbers may be classes.
MAX_NUMBER_CLASSES = 20
# A float tells whole numbers apart up to this one.
_MOST_EXACT = 2.0**53


@dataclass(frozen=True)
class TargetProfile:
    """The column to predict.

    Attributes
    ----------
    column : Column
        Its column in the schema.
    counts : dict
        Rows by class, classes sorted; empty if the values cannot be classes: fractions, dates, or more
        than ``MAX_CLASSES`` values.
    n_known : int
        Rows with a target.
    texts_among_numbers : dict of str to int
        Rows of each of the few texts in a column that otherwise holds many different numbers.
    """

    column: Column
    counts: dict[Label, int]
    n_known: int
    texts_among_numbers: dict[str, int] = field(default_factory=dict)


def profile_target(values: CountedColumn, column: Column) -> TargetProfile:
    """Count the classes of a target, and the texts among its numbers."""
    texts = find_texts_among_numbers(values.iterate_counts()) if column.kind == "string" else {}
    return TargetProfile(column, _count_classes(values, column), values.n_known, texts)


def _count_classes(values: CountedColumn, column: Column) -> dict[Label, int]:
    """Return the rows of each class, classes sorted; empty if the values cannot be classes."""
    if column.kind == "datetime" or column.n_distinct > MAX_CLASSES:
        return {}
    counts: Counter[Label] = Counter()
    for label, n in values.iterate_counts():
        # Whole numbers with nulls are often stored as floats; they are classes too, and 0.0 and -0.0 are one.
        if column.kind == "float" and not (label.is_integer() and abs(label) <= _MOST_EXACT):
            return {}
        counts[int(label) if column.kind == "float" else label] += n
    return dict(sorted(counts.items()))
