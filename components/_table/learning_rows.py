"""Which training rows a stage learns from: all of them, or the sample that fits into its memory."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from components._table.row_bytes import compute_row_bytes, count_rows_that_fit
from components._table.storage import count_rows, iterate_batches, read_arrow_schema


def count_rows_in_memory(path: str | Path, memory: int) -> int:
    """Return how many rows of a table a stage can learn from at once within its memory, at least 1.

    All texts are read for their mean length, so that the order of the rows does not matter.

    Parameters
    ----------
    path : str or Path
        Folder of the table.
    memory : int
        Bytes that the stage may use.
    """
    schema = read_arrow_schema(path)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    n_characters = 0
    for batch in iterate_batches(path, texts) if texts else ():
        n_characters += sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in batch.columns)
    n_rows = count_rows(path)
    row_bytes = compute_row_bytes(schema, n_characters / n_rows if n_rows else 0)
    return count_rows_that_fit(row_bytes, memory)


def choose_rows_to_learn_from(train: str | Path, sample: str | Path | None) -> str:
    """Return the table that a stage learns from: the sample if it has rows, otherwise all training rows."""
    return str(sample if sample is not None and count_rows(sample) else train)


def describe_sample(train: str | Path, sample: str | Path | None) -> str:
    """Return which rows a stage learns from, in words; empty if they are all training rows."""
    chosen = choose_rows_to_learn_from(train, sample)
    if chosen == str(train):
        return ""
    return f"a sample of {count_rows(chosen):,} of the {count_rows(train):,} training rows"
