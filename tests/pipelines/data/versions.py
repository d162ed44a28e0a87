"""Versions of tables, made from columns of values."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from components._problem.spec import Problem
from components._table.storage import write_table
from pipelines.data.table_version import TableVersion


def write_version(
    folder: Path, columns: dict[str, Any], n_rows: int | None = None, problem: Problem | None = None
) -> TableVersion:
    """Write a table of the kinds that the values have, or its first rows; it is called like its folder."""
    table = pa.table(columns).slice(0, n_rows)
    write_table(table.to_batches(), table.schema, folder)
    return TableVersion(folder.name, f"the table {folder.name}", str(folder), problem=problem)


def write_csv(file: Path, frame: pd.DataFrame) -> str:
    """Write a CSV file and return its path as a word of the command line."""
    frame.to_csv(file, index=False)
    return str(file)
