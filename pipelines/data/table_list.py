"""The tables in the folder of a run: whatever its tasks wrote as Parquet."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from components._model.reference_rows import FILE as REFERENCE
from components._table.schema import Schema
from components._table.table_reading import ColumnReading
from pipelines.data.version_search import load_readings
from pipelines.local.run_folder import RunFolder


class StoredTable(NamedTuple):
    """A table of a run: the task and its output, such as ``split/train``, and its folder or file."""

    name: str
    path: Path


def list_tables(run: RunFolder) -> list[StoredTable]:
    """Return the tables of a run by name; the files of a folder that has no others are one table.

    The reference rows of a model are part of the model, and have no key.
    """
    tables = {}
    for file in run.artifacts.rglob("*.parquet"):
        if file.name == REFERENCE:
            continue
        is_part = all(other.suffix == file.suffix for other in file.parent.iterdir())
        path = file.parent if is_part else file
        # The first folder is that of kfp's run.
        name = "/".join(path.relative_to(run.artifacts).parts[1:])
        tables[name] = StoredTable(name, path)
    return [tables[name] for name in sorted(tables)]


def load_table_readings(run: RunFolder) -> Mapping[str, ColumnReading]:
    """Return how the columns of a run's tables were read: by itself, or as the model that it used."""
    readings = load_readings(run)
    schema = run.find_output("register-fetch", "model/schema.json")
    if readings or schema is None:
        return readings
    return {
        column.name: ColumnReading(column.reading, column.categories)
        for column in Schema.load(schema).columns
        if column.reading is not None
    }
