"""Rows on their way from a source to a table on disk, which is written whole or not at all."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from components._files.formats import open_rows
from components._files.row_stream import RowStream
from components._problem.reading_options import FileOptions
from components._readings.inference import ColumnFaults, build_schema, read_batches
from components._table.batch_size import LARGEST_TEXT
from components._table.cells import MIXED
from components._table.reading import CellReader
from components._table.storage import TableInfo, write_table
from components.errors import InvalidSource
from components.events import PassMeter
from components.ingest.samples import open_sample
from components.ingest.sources.catalogue import PREFIX, fetch_source


class OpenedSource(NamedTuple):
    """The rows of a source, which can be read as often as needed.

    Attributes
    ----------
    rows : RowStream
        Its rows.
    facts : dict of str to str
        Which version of the source it is, as in ``LocalSource``.
    check_content : callable
        As in ``LocalSource``.
    """

    rows: RowStream
    facts: Mapping[str, str] = MappingProxyType({})
    check_content: Callable[[str], None] = lambda _: None


def open_source(
    source: str, scratch: Path, options: FileOptions, expected: list[str], seed: int, fingerprint: str = ""
) -> OpenedSource:
    """Open a file, an address or a sample.

    Parameters
    ----------
    source : str
        Address of ``find_source``, or ``sample:NAME``.
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
        return OpenedSource(RowStream("sample", lambda: iter(open_sample(source, seed).batches)))
    content = fetch_source(source, scratch, fingerprint)
    rows = open_rows(content.path, source, options, expected)
    rows = replace(rows, initial_notices=(*content.notices, *rows.initial_notices))
    rows = show_progress(refuse_largest_texts(rows, source))
    return OpenedSource(rows, content.facts, content.check_content)


def show_progress(rows: RowStream) -> RowStream:
    """Return the same rows, of which each pass tells how far it is."""

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        meter = PassMeter("ingest", rows.n_bytes, "bytes")
        for batch in rows.iterate_batches():
            yield batch
            meter.update(rows.count_read())

    return replace(rows, iterate_batches=iterate_batches)


def refuse_largest_texts(rows: RowStream, source: str) -> RowStream:
    """Return the same rows, whose reading ends at a text that is too large for every later stage.

    Parameters
    ----------
    rows : RowStream
        The rows.
    source : str
        What to call their file in the error, an `InvalidSource`.
    """

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        n_before = 0
        for batch in rows.iterate_batches():
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                _check_texts(name, column, n_before, source)
            yield batch
            n_before += batch.num_rows

    return replace(rows, iterate_batches=iterate_batches)


def _check_texts(name: str, column: pa.Array, n_before: int, source: str) -> None:
    texts = column.field("text") if column.type == MIXED else column
    if not pa.types.is_string(texts.type) or texts.nbytes <= LARGEST_TEXT:
        return
    lengths = pc.binary_length(texts)
    largest = pc.max(lengths).as_py() or 0
    if largest > LARGEST_TEXT:
        row = n_before + pc.index(lengths, largest).as_py() + 1
        raise InvalidSource(
            f"Column {name!r} of {source} has a text of {largest:,} bytes in row {row:,}. A text may have "
            f"{LARGEST_TEXT:,} bytes, a 64th of the least memory of a stage.",
            "Shorten it, or leave the column out: a file or a picture as text is nothing to learn from.",
        )


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
