"""Tables on disk: folders of Parquet parts, written as a stream and hashed by their content."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from components._table.arrow import get_kind
from components._table.batch_size import choose_batch_rows
from components._table.row_groups import collect_row_groups, cut_long_texts

# Rows hashed at a time. This is part of the definition of the hash, which must not depend on the batches of a
# source.
_HASH_ROWS = 65_536
_PART_ROWS = 1_048_576
# A dictionary is worth its while if a value occurs so often, on average, in the first rows.
_FEWEST_REPEATS = 2
_SAMPLE_ROWS = 16_384
# As it is stored. Texts of a larger dictionary take longer with it than without.
_MOST_DICTIONARY_BYTES = 16_384


@dataclass(frozen=True)
class TableInfo:
    """Facts about a table.

    Attributes
    ----------
    rows, columns : int
        Number of rows and columns.
    bytes : int
        Size of its Parquet files.
    sha256 : str
        Hash of its column names, kinds and values; the same rows have the same hash in any file format.
    """

    rows: int
    columns: int
    bytes: int
    sha256: str

    def to_metadata(self) -> dict[str, int | str]:
        """Return the facts as metadata of an artifact."""
        return asdict(self)


def write_table(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: str | Path) -> TableInfo:
    """Write batches as a folder of Parquet parts, with at most one row group in memory, or a part of one.

    Parameters
    ----------
    batches : iterable of RecordBatch
        The rows, with ``schema``.
    schema : Schema
        Column names and types, which are those of ``ARROW_TYPES``.
    path : str or Path
        Folder to make.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [get_kind(field.type) for field in schema]
    digest = hashlib.sha256(json.dumps([schema.names, kinds]).encode())
    options: dict[str, Any] = {}
    rows = 0
    part = 0
    writer: pq.ParquetWriter | None = None
    try:
        for group in collect_row_groups(batches, schema, _HASH_ROWS):
            pieces = list(cut_long_texts(group))
            options = options or _choose_encodings(pieces[0])
            if writer is None or rows >= (part + 1) * _PART_ROWS:
                if writer is not None:
                    writer.close()
                    part += 1
                writer = _open_part(folder, part, schema, options)
            for piece in pieces:
                writer.write_table(piece)
            for column in group.columns:
                _update_digest(digest, column)
            rows += group.num_rows
        if writer is None:
            writer = _open_part(folder, part, schema, options)
    finally:
        if writer is not None:
            writer.close()
    size = sum(file.stat().st_size for file in folder.iterdir())
    return TableInfo(rows, len(schema), size, digest.hexdigest())


def open_table(path: str | Path) -> ds.Dataset:
    """Open a table for streaming, without reading its rows."""
    return ds.dataset(path, format="parquet")


def read_arrow_schema(path: str | Path) -> pa.Schema:
    """Return a table's column names and Arrow types."""
    return open_table(path).schema


def read_frame(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table, or some of its columns, into memory; a column named twice is read once.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        Numbers without nulls as int64 or float64, integers with nulls as float64, booleans as bool or,
        with nulls, object; strings as object with None for null; datetimes as datetime64.
    """
    # A column with two roles may be named twice.
    names = None if columns is None else list(dict.fromkeys(columns))
    frame: pd.DataFrame = open_table(path).to_table(columns=names).to_pandas()
    return frame


def iterate_batches(
    path: str | Path, columns: list[str] | None = None, encoded: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table, or some of its columns, in their order, with one batch in memory.

    A dataset of Arrow reads many batches ahead, which takes several hundred megabytes for a wide table.

    ``encoded`` names columns of texts to yield as a dictionary and the place of each row's text in it, see
    ``find_repeated_texts``.
    """
    for file in sorted(Path(path).glob("*.parquet")):
        # Otherwise all columns of the whole file are read ahead, packed.
        with pq.ParquetFile(file, pre_buffer=False, read_dictionary=list(encoded)) as part:
            n_rows = choose_batch_rows(part.metadata, _HASH_ROWS, columns)
            yield from part.iter_batches(n_rows, columns=columns)


def find_repeated_texts(path: str | Path) -> list[str]:
    """Return the columns of texts that are read faster as dictionaries: those whose dictionary is small."""
    file = min(Path(path).glob("*.parquet"))
    metadata = pq.read_metadata(file)
    if not metadata.num_row_groups:
        return []
    group = metadata.row_group(0)
    chunks = [group.column(place) for place in range(group.num_columns)]
    return [
        chunk.path_in_schema
        for chunk in chunks
        if chunk.physical_type == "BYTE_ARRAY"
        and chunk.has_dictionary_page
        and chunk.data_page_offset - chunk.dictionary_page_offset <= _MOST_DICTIONARY_BYTES
    ]


def count_rows(path: str | Path) -> int:
    """Return the number of rows of a table, without reading them."""
    return int(open_table(path).count_rows())


def count_row_groups(path: str | Path) -> int:
    """Return the number of row groups of a table, in each of which a column has up to 16 MiB of texts."""
    return sum(pq.read_metadata(file).num_row_groups for file in Path(path).glob("*.parquet"))


def read_rows(path: str | Path, rows: range, columns: list[str]) -> pa.Table:
    """Read some rows of a table, numbered from 0, by reading only their row groups."""
    pieces = []
    n_seen = 0
    for file in sorted(Path(path).glob("*.parquet")):
        with pq.ParquetFile(file) as part:
            for group in range(part.num_row_groups):
                first, n_seen = n_seen, n_seen + part.metadata.row_group(group).num_rows
                if first < rows.stop and n_seen > rows.start:
                    start = max(rows.start - first, 0)
                    table = part.read_row_group(group, columns=columns)
                    pieces.append(table.slice(start, rows.stop - first - start))
    return pa.concat_tables(pieces)


def hash_rows(frame: pd.DataFrame) -> np.ndarray:
    """Return a 64-bit hash of each row, shape (n_rows,); equal rows have equal hashes."""
    # -0.0 and 0.0 are equal, but pandas hashes their bits, which differ.
    floats = frame.select_dtypes("float64").columns
    frame = frame.copy(deep=False)
    frame[floats] = frame[floats] + 0.0
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)


def group_equal_rows(features: pd.DataFrame) -> np.ndarray:
    """Return the blocks of rows that a random split must keep together, because they are copies.

    With copies of a row on both sides, a model would know its test rows already. But if most rows repeat
    others, as in a table of a few categories, equal rows are not copies, and each row is its own block. The
    target must not matter here: if only rows with equal features *and* target stayed together, rows with the
    other target could be on the other side, and the model would learn the opposite of what it is tested on.

    Parameters
    ----------
    features : DataFrame of shape (n_rows, n_columns)
        All columns but the target.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Block of each row, from 0.
    """
    return group_equal_hashes(hash_rows(features))


def group_equal_hashes(hashes: np.ndarray) -> np.ndarray:
    """Return the blocks of rows with these hashes, see ``group_equal_rows``."""
    blocks = np.unique(hashes, return_inverse=True)[1]
    if len(blocks) and blocks.max() + 1 < len(blocks) / 2:
        return np.arange(len(blocks))
    return np.asarray(blocks, dtype=np.int64)


def _open_part(folder: Path, part: int, schema: pa.Schema, options: Mapping[str, Any]) -> pq.ParquetWriter:
    return pq.ParquetWriter(folder / f"part-{part:05d}.parquet", schema, compression="zstd", **options)


def _choose_encodings(first: pa.Table) -> dict[str, Any]:
    """Return the options of a Parquet writer that suit a table, by its first rows.

    A dictionary of values that seldom repeat takes time and space. Differences of whole numbers and times
    take less of both than the numbers. Nobody asks for the smallest and the largest text.
    """
    encoded, differing, compared = [], {}, []
    for field, column in zip(first.schema, first.columns, strict=True):
        sample = column[:_SAMPLE_ROWS]
        if len(sample.unique()) * _FEWEST_REPEATS <= len(sample):
            encoded.append(field.name)
        elif pa.types.is_integer(field.type) or pa.types.is_timestamp(field.type):
            differing[field.name] = "DELTA_BINARY_PACKED"
        if not pa.types.is_string(field.type):
            compared.append(field.name)
    return {"use_dictionary": encoded, "column_encoding": differing or None, "write_statistics": compared}


def _update_digest(digest: "hashlib._Hash", column: pa.ChunkedArray) -> None:
    if pa.types.is_string(column.type):
        _update_text_digest(digest, column)
        return
    values = column.combine_chunks()
    is_valid = _find_valid(values)
    digest.update(_pack_validity(is_valid))
    if pa.types.is_boolean(values.type):
        digest.update(np.packbits(values.fill_null(False).to_numpy(zero_copy_only=False)).data)
        return
    numbers = _get_numbers(values)
    if values.null_count:
        numbers = np.where(is_valid, numbers, 0)
    # -0.0 and 0.0 are equal, and a text may be read as either, so they must have the same hash.
    digest.update((numbers + 0.0 if pa.types.is_floating(values.type) else numbers).data)


def _update_text_digest(digest: "hashlib._Hash", column: pa.ChunkedArray) -> None:
    """Add texts without joining them: a copy of long texts takes memory."""
    is_valid = [_find_valid(chunk) for chunk in column.chunks]
    digest.update(_pack_validity(np.concatenate([*is_valid, np.zeros(0, np.bool_)])))
    texts = [
        chunk.fill_null("") if _has_hidden_texts(chunk, known) else chunk
        for chunk, known in zip(column.chunks, is_valid, strict=True)
    ]
    digest.update(np.concatenate([np.diff(_get_bounds(chunk)) for chunk in texts]).data)
    for chunk in texts:
        digest.update(_get_bytes(chunk))


def _has_hidden_texts(texts: pa.StringArray, is_valid: np.ndarray) -> bool:
    """Return whether a null has bytes in the buffer, as Arrow allows: it has to hash as an empty text."""
    return bool(texts.null_count) and bool(np.diff(_get_bounds(texts))[~is_valid].any())


def _find_valid(values: pa.Array) -> np.ndarray:
    if not values.null_count:
        return np.ones(len(values), np.bool_)
    return np.asarray(values.is_valid())


def _pack_validity(is_valid: np.ndarray) -> memoryview:
    return np.packbits(is_valid).data


def _get_numbers(values: pa.Array) -> np.ndarray:
    """Return 64-bit numbers or times as they are in their buffer, whatever is there for a null."""
    type_ = np.float64 if pa.types.is_floating(values.type) else np.int64
    return np.frombuffer(values.buffers()[1], type_)[values.offset : values.offset + len(values)]


def _get_bounds(texts: pa.StringArray) -> np.ndarray:
    """Return where in their buffer the texts begin, and the last one ends."""
    offsets = texts.buffers()[1]
    if not len(texts) or offsets is None:
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]


def _get_bytes(texts: pa.StringArray) -> memoryview:
    """Return the UTF-8 of all texts, one after the other."""
    data = texts.buffers()[2]
    if not len(texts) or data is None:
        return memoryview(b"")
    bounds = _get_bounds(texts)
    return memoryview(data)[bounds[0] : bounds[-1]]
