"""Columns of texts for the tests of their readings."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from components._problem.reading_options import ColumnOptions
from components._readings.column_evidence import ColumnEvidence
from components._readings.decision import decide_reading
from components._readings.facts import ShapeFacts
from components._readings.raw_column import Decision, RawColumn, get_null_marks

TEXT = pa.string()


def gather(cells: Iterable[Any], nulls: Iterable[str] = (), type_: pa.DataType = TEXT) -> ColumnEvidence:
    """Return the evidence of cells."""
    evidence = ColumnEvidence(nulls)
    evidence.add(pa.array(list(cells), type_))
    return evidence


def list_shapes(*cells: str) -> list[ShapeFacts]:
    """Return the shapes of texts that are not plain."""
    return [facts for _, facts in gather(cells).iterate_shapes()]


def make_column(
    cells: Iterable[Any],
    name: str = "a",
    *,
    is_target: bool = False,
    type_: pa.DataType = TEXT,
    **options: Any,
) -> RawColumn:
    """Return a column of cells with options."""
    chosen = ColumnOptions.model_validate(options)
    nulls = get_null_marks(chosen, is_target=is_target)
    return RawColumn(name, gather(cells, nulls, type_), chosen, is_target)


def decide_on(cells: Iterable[Any], name: str = "a", **options: Any) -> Decision:
    """Return the reading of a column of cells."""
    return decide_reading(make_column(cells, name, **options))
