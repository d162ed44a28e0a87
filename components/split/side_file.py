"""The side of each row of a table, in a file, so that it takes no memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from components._table.storage import iterate_batches

LEFT_OUT, TRAIN, TEST = 0, 1, 2


def mark_sides(is_usable: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the side of each row of a batch, uint8, from which of its usable rows are on which side."""
    sides = np.zeros(len(is_usable), dtype=np.uint8)
    sides[is_usable] = np.where(test, TEST, np.where(train, TRAIN, LEFT_OUT))
    return sides


def write_sides(sides: Iterable[np.ndarray], path: Path) -> Path:
    """Write the sides of a table's rows, batch by batch, and return the file."""
    with path.open("wb") as file:
        for batch in sides:
            batch.tofile(file)
    return path


def iterate_side(table: str, path: Path, side: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table that are on a side."""
    with path.open("rb") as file:
        for batch in iterate_batches(table):
            sides = np.fromfile(file, np.uint8, batch.num_rows)
            yield batch.filter(pa.array(sides == side))
