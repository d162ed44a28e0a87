"""Counted texts: the different texts of a column, kept until there are enough of them to look at."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from components._table.text_cells import TextCells

# To look at texts has a price for each batch, so those of several batches are looked at together.
_ENOUGH, _ENOUGH_BYTES = 16_000, 1 << 24


class Counts(NamedTuple):
    """Different texts, and how often each occurs.

    Attributes
    ----------
    texts : StringArray
        The texts.
    counts : Int64Array
        How often each occurs.
    """

    texts: pa.StringArray
    counts: pa.Int64Array


class CountedTexts:
    """Texts of a column of few different ones, with their counts."""

    def __init__(self) -> None:
        self._batches: list[Counts] = []

    @property
    def are_enough(self) -> bool:
        """Whether there are so many that they should be taken."""
        n_bytes = sum(batch.texts.nbytes for batch in self._batches)
        return n_bytes >= _ENOUGH_BYTES or sum(len(batch.texts) for batch in self._batches) >= _ENOUGH

    def add(self, cells: TextCells) -> None:
        """Add the texts of a batch."""
        self._batches.append(Counts(cells.encoded.dictionary, cells.count_different()))

    def take(self) -> Counts | None:
        """Return the texts since the last time; None if there are none."""
        if not self._batches:
            return None
        encoded = pa.concat_arrays([batch.texts for batch in self._batches]).dictionary_encode()
        counts = np.concatenate([batch.counts.to_numpy() for batch in self._batches])
        totals = np.zeros(len(encoded.dictionary), np.int64)
        np.add.at(totals, encoded.indices.to_numpy(), counts)
        self._batches.clear()
        return Counts(encoded.dictionary, pa.array(totals))
