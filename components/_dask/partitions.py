"""Partitions: the row groups of a table's files, which workers read on their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

# A column of numbers takes 4 MB; a billion rows are 2,000 partitions, of which a scheduler handles a thousand
# in a second.
PARTITION_ROWS = 524_288


class Partition(NamedTuple):
    """Row groups of one file that follow each other.

    Attributes
    ----------
    address : str
        The Parquet file, as workers reach it.
    first_group, n_groups : int
        Its row groups; none of an empty file.
    n_rows, n_bytes : int
        Rows, and their bytes before they are compressed.
    """

    address: str
    first_group: int
    n_groups: int
    n_rows: int
    n_bytes: int

    def __str__(self) -> str:
        return f"{self.address}, row groups {self.first_group} to {self.first_group + self.n_groups - 1}"


def list_partitions(path: str | Path, most_rows: int = PARTITION_ROWS) -> list[Partition]:
    """Return the partitions of a table in the order of its rows, at least one.

    Files of any size are divided alike: a partition has at most ``most_rows`` rows, or one row group.

    Parameters
    ----------
    path : str or Path
        Folder of the table.
    most_rows : int
        Most rows of a partition.
    """
    files = sorted(Path(path).absolute().glob("*.parquet"))
    partitions = [part for file in files for part in _divide_file(file, most_rows)]
    return partitions or [Partition(str(files[0]), 0, 0, 0, 0)]


def open_partition(partition: Partition) -> pq.ParquetFile:
    """Open the file of a partition: one that this machine lacks, in the object storage."""
    stored = None if Path(partition.address).exists() else find_artifact(partition.address)
    if stored is None:
        return pq.ParquetFile(partition.address, pre_buffer=False)
    # Only workers in pods need the storage's client.
    from components._store.object_file import open_object

    # An answer takes milliseconds, so the columns of a row group are requested together.
    return pq.ParquetFile(open_object(stored), pre_buffer=True)


def iterate_partition(partition: Partition, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a partition, or some of their columns, with one row group in memory.

    Parameters
    ----------
    partition : Partition
        The partition.
    columns : list of str or None
        Names of columns, in the order of the file; None for all.
    """
    with open_partition(partition) as file:
        yield from iterate_groups(file, partition, columns)


def iterate_groups(
    file: pq.ParquetFile, partition: Partition, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a partition from its open file, see ``iterate_partition``."""
    for group in range(partition.first_group, partition.first_group + partition.n_groups):
        # A worker has one processor.
        table = file.read_row_group(group, columns=columns, use_threads=False)
        yield from table.to_batches()


def find_artifact(path: str) -> str | None:
    """Return the address in the object storage of what Kubeflow copied to a path; None for another path.

    Source: ``Artifact.path`` in kfp.dsl.types.artifact_types.
    """
    for folder in ("/minio/", "/s3/"):
        if path.startswith(folder):
            return f"s3://{path.removeprefix(folder)}"
    return None


def _divide_file(file: Path, most_rows: int) -> Iterator[Partition]:
    footer = pq.read_metadata(file)
    first, n_rows, n_bytes = 0, 0, 0
    for at in range(footer.num_row_groups):
        group = footer.row_group(at)
        if n_rows and n_rows + group.num_rows > most_rows:
            yield Partition(str(file), first, at - first, n_rows, n_bytes)
            first, n_rows, n_bytes = at, 0, 0
        n_rows += group.num_rows
        n_bytes += group.total_byte_size
    if n_rows:
        yield Partition(str(file), first, footer.num_row_groups - first, n_rows, n_bytes)
