"""The shards' parts as one table, with a check that each row was predicted once."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components._table.storage import TableInfo, write_table
from components.errors import SuiteError, format_list
from components.score.parts import PredictionPart


class WrongRows(SuiteError):
    """Rows have no prediction, or more than one."""


def join_parts(parts: list[PredictionPart], n_rows: int, schema: pa.Schema, folder: Path) -> TableInfo:
    """Write the parts in the order of their rows.

    Parameters
    ----------
    parts : list of PredictionPart
        The parts, in any order.
    n_rows : int
        Rows of the scored table.
    schema : Schema
        The predictions' columns; the first is the row's number.
    folder : Path
        The table to write.

    Raises
    ------
    WrongRows
        A row has no prediction, or more than one.
    """
    parts = sorted(parts, key=lambda part: part.rows.start)
    _check_coverage(parts, n_rows)
    return write_table(_iterate_batches(parts, schema), schema, folder)


def _check_coverage(parts: list[PredictionPart], n_rows: int) -> None:
    missing, double, end = [], [], 0
    for part in [*(part.rows for part in parts), range(n_rows, n_rows)]:
        if part.start > end:
            missing.append(f"{end:,} to {part.start - 1:,}")
        elif part.start < end:
            double.append(f"{part.start:,} to {min(end, part.stop) - 1:,}")
        end = max(end, part.stop)
    faults = [f"Rows have no prediction: {format_list(missing)}."] if missing else []
    faults += [f"Rows have more than one prediction: {format_list(double)}."] if double else []
    if faults:
        raise WrongRows(" ".join(faults), "Run the shards again; existing batches are kept.")


def _iterate_batches(parts: list[PredictionPart], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for part in parts:
        table = pq.read_table(part.file).replace_schema_metadata(None)
        # So far only the part's footer was read; check its rows, too.
        if not np.array_equal(table["row"].to_numpy(), np.arange(part.rows.start, part.rows.stop)):
            raise WrongRows(
                f"{part.file} does not hold rows {part.rows.start:,} to {part.rows.stop - 1:,}.",
                "Remove this file, and run its shard again.",
            )
        yield from table.cast(schema).to_batches()
