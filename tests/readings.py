"""Readings of tables that were never read from text."""

import pyarrow as pa
import pyarrow.dataset as ds

from components._table.arrow import get_kind
from components._table.reading import Reading
from components._table.table_reading import ColumnReading, TableReading


def make_plain_reading(table: pa.Table | ds.Dataset) -> TableReading:
    """Return the reading of a table whose cells are plain ones of their kinds."""
    columns = {}
    for field in table.schema:
        kind = get_kind(field.type)
        assert kind is not None
        columns[field.name] = ColumnReading(Reading(kind))
    return TableReading(columns)
