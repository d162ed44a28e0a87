"""Long texts: what stands for a text of very many bytes where only its beginning counts, and which is equal.

A library that groups or sorts texts holds thousands of them at a time, however long they are.
"""

import hashlib
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Bytes of UTF-8. Longer texts are shortened, to so many characters and a hash of all their bytes.
LONGEST_TEXT = 16_384
_KEPT = 1_024
_GAP = "… "
_SHORTENED = re.compile(rf".{{{_KEPT}}}{_GAP}[0-9a-f]{{32}}", re.DOTALL)


def build_short_text(column: str) -> str:
    """Return the texts of a column, given as SQL, of which the long ones are shortened, as SQL of DuckDB."""
    short = f"concat(left({column}, {_KEPT}), '{_GAP}', md5({column}))"
    return f"CASE WHEN strlen({column}) > {LONGEST_TEXT} THEN {short} ELSE {column} END"


def shorten_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows with long texts shortened as in ``build_short_text``; dictionaries stay as they are."""
    columns = [_shorten(column) if pa.types.is_string(column.type) else column for column in batch.columns]
    return pa.record_batch(columns, names=batch.schema.names)


def is_shortened(text: str) -> bool:
    """Return whether a text stands for a long one."""
    return len(text) == _KEPT + len(_GAP) + 32 and _SHORTENED.fullmatch(text) is not None


def _shorten(texts: pa.StringArray) -> pa.StringArray:
    is_long = pc.greater(pc.binary_length(texts), LONGEST_TEXT).fill_null(False)
    rows = np.flatnonzero(is_long)
    if not len(rows):
        return texts
    short = [_shorten_one(texts[row].as_py()) for row in rows.tolist()]
    return pc.replace_with_mask(pc.if_else(is_long, "", texts), is_long, pa.array(short, pa.string()))


def _shorten_one(text: str) -> str:
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"{text[:_KEPT]}{_GAP}{digest}"
