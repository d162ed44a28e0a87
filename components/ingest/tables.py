"""Rows on their way from a source to a table on disk, which is written whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components._files.formats import open_rows
from components._files.row_stream import RowStream
from components._problem.reading_options import FileOptions
from components._readings.inference import ColumnFaults, build_schema, read_batches
from components._table.reading import CellReader
from components._table.storage import TableInfo, write_table
from components.errors import InvalidSource
from components.ingest.samples import open_sample
from components.ingest.sources import PREFIX, fetch_source


def open_source(
    source: str, scratch: Path, options: FileOptions, expected: list[str], seed: int, fingerprint: str = ""
) -> tuple[RowStream, dict[str, Any]]:
    """Return the rows of a file, an address or a sample, and facts about where they come from.

    Parameters
    ----------
    source : str
        Path, http(s) URL, ``s3://bucket/key`` or ``sample:NAME``.
    scratch : Path
        Folder for downloads, which must exist as long as the rows are read.
    options : FileOptions
        How the file is read.
    expected : list of str
        Columns that the table should have; a row that contains their names is the header.
    seed : int
        Seed of a generated sample.
    fingerprint : str
        As for ``fetch_source``.
    """
    if source.startswith(PREFIX):
        # Its rows are generated again for each pass.
        return RowStream("sample", lambda: iter(open_sample(source, seed).batches)), {}
    content = fetch_source(source, scratch, fingerprint)
    return open_rows(content.path, source, options, expected), dict(content.facts)


@contextmanager
def make_scratch_folder(dataset: str) -> Iterator[Path]:
    """Yield a folder beside a table's, which is removed afterwards."""
    target = Path(dataset)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A sibling of the target, so that the finished table is moved in one step.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ingest-") as folder:
        yield Path(folder)


def move_table(table: Path, dataset: str) -> None:
    """Move a finished table to its place."""
    target = Path(dataset)
    if target.exists():
        shutil.rmtree(target)
    table.rename(target)


def write_rows(
    rows: RowStream, readers: Mapping[str, CellReader], table: Path
) -> tuple[TableInfo, dict[str, ColumnFaults]]:
    """Write the values of the columns with a reader, and return the cells that do not fit, by column."""
    faults: dict[str, ColumnFaults] = {}
    batches = read_batches(rows.iterate_batches(), readers, faults)
    return write_table(batches, build_schema(readers), table), faults


def require_rows(n_rows: int, source: str) -> None:
    """Refuse a table without rows."""
    if not n_rows:
        raise InvalidSource(f"{source} has no rows.", "Give a file that has rows of values below its header.")
