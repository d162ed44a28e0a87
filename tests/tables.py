"""Tables of tests, written and looked at."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from components._table.arrow import ARROW_TYPES, get_kind
from components._table.schema import Kind
from components._table.storage import TableInfo, read_arrow_schema, write_table


def write_frame(frame: pd.DataFrame, kinds: dict[str, Kind], path: str | Path) -> TableInfo:
    """Write a data frame as ``write_table`` does, its columns as the kinds given for them."""
    schema = pa.schema([(name, ARROW_TYPES[kinds[name]]) for name in frame.columns])
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False, safe=False)
    return write_table(table.to_batches(), schema.remove_metadata(), path)


def read_kinds(path: str | Path) -> dict[str, Kind]:
    """Return the kind of each column of a table, in order."""
    kinds = {}
    for field in read_arrow_schema(path):
        kind = get_kind(field.type)
        if kind is None:
            raise ValueError(f"column {field.name!r} of {path} has a type that no kind has: {field.type}")
        kinds[field.name] = kind
    return kinds
