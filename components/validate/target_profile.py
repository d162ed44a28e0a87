"""The column to predict: its classes, and the few texts among its numbers."""

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from components._problem.task import Label
from components._table.schema import Column
from components.validate.column_profile import count_texts
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


def profile_target(values: pa.ChunkedArray, column: Column) -> TargetProfile:
    """Count the classes of a target, and the texts among its numbers."""
    texts: dict[str, int] = {}
    if column.kind == "string":
        names, counts = count_texts(values)
        texts = find_texts_among_numbers(dict(zip(names.to_pylist(), counts.tolist(), strict=True)))
    return TargetProfile(column, _count_classes(values, column), len(values) - column.n_null, texts)


def _count_classes(values: pa.ChunkedArray, column: Column) -> dict[Label, int]:
    """Return the rows of each class, classes sorted; empty if the values cannot be classes."""
    if column.kind == "datetime" or column.n_distinct > MAX_CLASSES:
        return {}
    counts = pc.value_counts(values.drop_null())
    labels = counts.field("values")
    if column.kind == "float":
        # Whole numbers with nulls are often stored as floats; they are classes too.
        if not all(label.is_integer() and abs(label) <= _MOST_EXACT for label in labels.to_pylist()):
            return {}
        labels = labels.cast(pa.int64())
    return dict(sorted(zip(labels.to_pylist(), counts.field("counts").to_pylist(), strict=True)))
