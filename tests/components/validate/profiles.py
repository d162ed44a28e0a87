"""The profile of a table that is in memory, by way of a folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from components._table.engine import TableEngine
from components._table.storage import write_table
from components._table.table_reading import TableReading
from components.validate.table_profile import TableProfile, profile_table
from tests.readings import make_plain_reading


def profile(table: pa.Table, target: str, cells: TableReading | None = None) -> TableProfile:
    """Return the profile of a table, whose cells were read plainly unless it is said how."""
    with TemporaryDirectory() as folder, TableEngine(256 << 20, folder) as engine:
        path = str(Path(folder) / "table")
        write_table(table.to_batches(), table.schema, path)
        return profile_table(path, target, cells or make_plain_reading(table), engine)
