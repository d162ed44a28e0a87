"""Frequent texts in several parts, none of which is kept, and a sample of the different ones."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from components._table.keys import are_sentences
from components._table.long_texts import LONGEST_TEXT

# Different texts that are looked at: all of up to so many; of more, those with the smallest hashes, which are
# a uniform sample of them.
SAMPLE_TEXTS = 8192


class TextSample(NamedTuple):
    """The different texts of rows, or those with the smallest hashes, shape (n_texts,), by their hashes."""

    hashes: np.ndarray
    texts: np.ndarray


class TextPart(NamedTuple):
    """What a part tells of its texts: which may be frequent in all parts, and a sample."""

    candidates: list[str]
    sample: TextSample


def describe_part(texts: pa.ChunkedArray, n_rows: int, least: float, n_all_rows: int) -> TextPart:
    """Return what a part tells of its texts.

    A text with a share of all rows has that share of the rows of at least one part. No other part needs to
    name it. A long text is not a category.

    Parameters
    ----------
    texts : ChunkedArray
        A column of the part.
    n_rows : int
        Rows of the part.
    least : float
        Rows of all parts from which a text is frequent.
    n_all_rows : int
        Rows of all parts.
    """
    counted = texts.drop_null().value_counts()
    different, counts = counted.field("values"), counted.field("counts")
    is_candidate = pc.and_(
        pc.greater_equal(pc.multiply(counts, n_all_rows), math.ceil(least) * n_rows),
        pc.less_equal(pc.binary_length(different), LONGEST_TEXT),
    )
    objects = different.to_numpy(zero_copy_only=False)
    sample = TextSample(pd.util.hash_array(objects, categorize=False), objects)
    return TextPart(different.filter(is_candidate).to_pylist(), _keep_smallest(sample))


def merge_samples(parts: Sequence[TextSample]) -> TextSample:
    """Return the sample of the rows of several parts."""
    joined = TextSample(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    return _keep_smallest(joined)


def have_many_sentences(sample: TextSample, many: int) -> bool:
    """Return whether a column has more different texts than ``many``, and most have several words."""
    return len(sample.texts) > many and are_sentences(sample.texts.tolist())


def count_texts(texts: pa.ChunkedArray, wanted: list[str]) -> np.ndarray:
    """Return the rows of each wanted text, shape (n_wanted,)."""
    places = pc.index_in(texts, pa.array(wanted, pa.string())).drop_null()
    return np.bincount(places.to_numpy(), minlength=len(wanted))


def _keep_smallest(sample: TextSample) -> TextSample:
    hashes, first = np.unique(sample.hashes, return_index=True)
    return TextSample(hashes[:SAMPLE_TEXTS], sample.texts[first[:SAMPLE_TEXTS]])
