"""How many rows of a Parquet file are read at a time."""

from collections.abc import Collection

import pyarrow.parquet as pq

# What 65,536 rows of 128 numbers take.
BATCH_BYTES = 64 << 20
# What a value takes in memory at least, however short it is in the file.
_LEAST_VALUE = 8
# Bytes of the largest text that a table may have.
LARGEST_TEXT = 8 << 20
# One value of very many bytes must not make each row a batch.
_LEAST_ROWS = BATCH_BYTES // LARGEST_TEXT


def choose_batch_rows(
    metadata: pq.FileMetaData, most_rows: int, columns: Collection[str] | None = None
) -> int:
    """Return how many rows of a file make a batch of about 64 MiB, at least 8.

    A text that is repeated counts as often as the file stores it.

    Parameters
    ----------
    metadata : FileMetaData
        The footer of the file, whose columns are not nested.
    most_rows : int
        Most rows of a batch.
    columns : collection of str or None
        The columns that are read, None for all.
    """
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    largest = max(groups, key=lambda group: group.total_byte_size / max(group.num_rows, 1), default=None)
    if largest is None or not largest.num_rows:
        return most_rows
    names = metadata.schema.names
    places = [i for i, name in enumerate(names) if columns is None or name in columns]
    sizes = [largest.column(i).total_uncompressed_size / largest.num_rows for i in places]
    row_bytes = sum(max(size, _LEAST_VALUE) for size in sizes) or _LEAST_VALUE
    return min(max(int(BATCH_BYTES / row_bytes), _LEAST_ROWS), most_rows)
