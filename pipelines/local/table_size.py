"""How large a table is, as far as its file tells before it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from components._files.table_folder import list_files
from components._problem.reading_options import FileOptions
from components.errors import InvalidSource
from components.ingest.sources.kind import find_kind

if TYPE_CHECKING:
    import pyarrow as pa

# What is read of a text: more takes time, and less tells too little.
_HEAD_BYTES = 1 << 20
# Rows of a Parquet file by which the lengths of texts are known.
_SAMPLE_ROWS = 10_000
_PARQUET, _GZIP, _WORKBOOKS = b"PAR1", b"\x1f\x8b", (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class TableSize(NamedTuple):
    """The size of a table.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    n_columns : int
        Number of columns.
    n_bytes : int
        Size of its files.
    row_bytes : float
        Bytes that a row takes in a data frame, as ``compute_row_bytes`` counts them, by the first rows.
    is_estimate : bool
        Whether the number of rows follows from the first ones.
    """

    n_rows: int
    n_columns: int
    n_bytes: int
    row_bytes: float
    is_estimate: bool


def measure_table(source: str, options: FileOptions, target: str) -> TableSize | None:
    """Return the size of a table; None if only ingest finds it: of an address, a sample, a workbook.

    The rows of Parquet files stand at their ends. Those of a text follow from its size and its first
    megabyte.

    Parameters
    ----------
    source : str
        Path, address or sample.
    options : FileOptions
        How the file is read where a person decides it.
    target : str
        The column to predict; a row that contains its name is the header.
    """
    path = Path(source).expanduser()
    files = [] if find_kind(source) else list_files(path) if path.is_dir() else [path]
    if not files:
        return None
    n_bytes = sum(file.stat().st_size for file in files)
    with files[0].open("rb") as start:
        mark = start.read(4)
    try:
        if mark.startswith((_GZIP, *_WORKBOOKS)):
            return None
        if mark == _PARQUET:
            return _measure_parquet(path, files, n_bytes, options, target)
        return _measure_text(files[0], n_bytes, options, target)
    except InvalidSource:
        # ingest says what is wrong with it.
        return None


def _measure_parquet(
    path: Path, files: list[Path], n_bytes: int, options: FileOptions, target: str
) -> TableSize | None:
    import pyarrow.parquet as pq

    n_rows = sum(pq.read_metadata(file).num_rows for file in files)
    from components._files.formats import open_rows

    batches = open_rows(path, str(path), options, [target]).iterate_batches()
    first = [batch.slice(0, _SAMPLE_ROWS) for batch in islice(batches, 1)]
    return _describe_rows(first, n_rows, n_bytes, is_estimate=False) if first else None


def _measure_text(file: Path, n_bytes: int, options: FileOptions, target: str) -> TableSize | None:
    from components._files.formats import open_rows

    with _cut_head(file) as (head, n_of_head):
        batches = list(open_rows(head, str(file), options, [target]).iterate_batches())
    if not batches:
        return None
    n_of_rows = sum(batch.num_rows for batch in batches)
    n_rows = round(n_of_rows * n_bytes / n_of_head)
    return _describe_rows(batches, n_rows, n_bytes, is_estimate=n_of_head < n_bytes)


@contextmanager
def _cut_head(file: Path) -> Iterator[tuple[Path, int]]:
    """Yield a file with the first whole lines of a text, and their bytes."""
    with file.open("rb") as content:
        head = content.read(_HEAD_BYTES)
        if content.read(1):
            head = head[: head.rfind(b"\n") + 1] or head
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "head"
        copy.write_bytes(head)
        yield copy, max(len(head), 1)


def _describe_rows(
    batches: "list[pa.RecordBatch]", n_rows: int, n_bytes: int, *, is_estimate: bool
) -> TableSize:
    import pyarrow as pa
    import pyarrow.compute as pc

    from components._readings.inference import infer_readings
    from components._table.arrow import ARROW_TYPES
    from components._table.row_bytes import compute_row_bytes

    decisions = infer_readings(batches).decisions
    schema = pa.schema([(name, ARROW_TYPES[found.reading.kind]) for name, found in decisions.items()])
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    n_characters = sum(
        pc.sum(pc.binary_length(batch.column(name).cast(pa.string()))).as_py() or 0
        for batch in batches
        for name in texts
        if name in batch.schema.names
    )
    n_seen = sum(batch.num_rows for batch in batches)
    row_bytes = compute_row_bytes(schema, n_characters / max(n_seen, 1))
    return TableSize(n_rows, len(schema), n_bytes, row_bytes, is_estimate)
