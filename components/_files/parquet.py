"""Parquet: read a file or a folder of parts as batches of text and of canonical types."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem

from components._files.row_stream import RowStream, build_minutes_notices, name_columns
from components._files.table_folder import list_files
from components._table.arrow import ARROW_TYPES, pack_batches
from components._table.batch_size import BATCH_BYTES, choose_batch_rows
from components._table.notice import Notice
from components._table.table_reading import TableReading
from components.errors import InvalidSource, format_count, format_list

MAGIC = b"PAR1"
_BATCH_ROWS = 65_536
# Threads take longer to start than to read so few rows.
_FEW_ROWS = 4_096
_BUFFER = 1 << 18
_PER_MINUTE = {"s": 60.0, "ms": 60e3, "us": 60e6, "ns": 60e9}
_AGAIN = "Write or copy it again."


def open_parquet(path: Path, source: str) -> RowStream:
    """Open a Parquet file or a folder of parts, with folders such as ``year=2024`` as columns.

    Raises
    ------
    InvalidSource
        The folder has also other files, a part is damaged, the schemas of parts contradict
        each other, or the cells of a column are not single values.
    """
    files = _list_parts(path, source)
    parts, n_rows, absent = _open_dataset(path, files, source)
    names = name_columns(parts.schema.names, source)
    unusable = [f"{field.name!r} ({field.type})" for field in parts.schema if not _is_usable(field.type)]
    if unusable:
        raise InvalidSource(
            f"{source} has columns with nested or other unsupported types: {format_list(unusable)}.",
            "Convert them into columns of numbers, texts or dates, or remove them.",
        )

    n_bytes = sum(Path(file).stat().st_size for file in files)
    n_rows_read = 0

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        nonlocal n_rows_read
        n_rows_read = 0
        try:
            # Each batch costs some time for every column, and a part may have few rows.
            for batch in pack_batches(_iterate_rows(parts), _BATCH_ROWS, BATCH_BYTES):
                n_rows_read += batch.num_rows
                columns = [
                    _convert_column(column, name, source)
                    for name, column in zip(names, batch.columns, strict=True)
                ]
                yield pa.record_batch(columns, names=names)
        except (OSError, pa.ArrowException) as error:
            raise InvalidSource(f"{source} is a damaged Parquet file: {error}", _AGAIN) from error

    durations, times = (
        [field.name for field in parts.schema if is_such(field.type)]
        for is_such in (pa.types.is_duration, pa.types.is_time)
    )
    return RowStream(
        "Parquet",
        iterate_batches,
        initial_notices=(*absent, *build_minutes_notices(durations, times)),
        reading=_find_reading(files[0], source),
        n_bytes=n_bytes,
        # Parquet is read in no order of its bytes.
        count_read=lambda: n_bytes * n_rows_read // max(n_rows, 1),
    )


def _find_reading(file: str, source: str) -> TableReading | None:
    """Return how the columns of a file are read, if monitoring wrote it; None for any other file."""
    stored = (pq.read_schema(file).metadata or {}).get(TableReading.PARQUET_KEY)
    if stored is None:
        return None
    try:
        return TableReading.from_json(stored)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidSource(
            f"{source} has a description of its columns that cannot be read: {error!r}.", _AGAIN
        ) from error


def _list_parts(path: Path, source: str) -> list[str]:
    if path.is_file():
        return [str(path)]
    files = list_files(path)
    others = [str(file.relative_to(path)) for file in files if not is_parquet(file)]
    if others:
        raise InvalidSource(
            f"{source} holds Parquet files and others: {format_list(others)}.",
            "Give one file, or a folder of files of one format.",
        )
    return [str(file) for file in files]


def is_parquet(file: Path) -> bool:
    """Return whether a file begins as Parquet."""
    with file.open("rb") as start:
        return start.read(len(MAGIC)) == MAGIC


def _open_dataset(path: Path, files: list[str], source: str) -> tuple[ds.Dataset, int, list[Notice]]:
    """Open the parts with a schema that fits all of them; count their rows, and note absent columns."""
    schemas = {}
    n_rows = 0
    for file in files:
        name = source if len(files) == 1 else file
        try:
            footer = pq.read_metadata(file)
        except (OSError, pa.ArrowException) as error:
            raise InvalidSource(f"{name} is a damaged Parquet file: {error}", _AGAIN) from error
        n_rows += footer.num_rows
        schemas[file] = pa.schema(map(_decode_field, footer.schema.to_arrow_schema()))
        name_columns(schemas[file].names, name)
    options = ds.FileSystemFactoryOptions(
        partition_base_dir=str(path) if path.is_dir() else "", partitioning=ds.HivePartitioning.discover()
    )
    factory = ds.FileSystemDatasetFactory(LocalFileSystem(), files, ds.ParquetFileFormat(), options)
    # Of no file: the columns that the folders name.
    folders = factory.inspect(fragments=0)
    try:
        schema = _merge_schemas([*schemas.values(), folders])
    except pa.ArrowException as error:
        found = _describe_contradiction(schemas, folders, path) or str(error)
        raise InvalidSource(
            f"The parts of {source} have different schemas: {found}",
            "Write all parts with the same columns and types.",
        ) from error
    columns = {file: schema.names for file, schema in schemas.items()}
    return factory.finish(schema), n_rows, list(_note_absent_columns(columns, path))


def _decode_field(field: pa.Field) -> pa.Field:
    """Return a field of values in place of their numbers in a dictionary, which are others in each part."""
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


def _merge_schemas(schemas: Iterable[pa.Schema]) -> pa.Schema:
    return pa.unify_schemas(list(schemas), promote_options="permissive")


def _describe_contradiction(schemas: Mapping[str, pa.Schema], folders: pa.Schema, path: Path) -> str | None:
    """Return which types the first column has that no type fits, and where; None if each has one type."""
    where: dict[str, dict[pa.DataType, list[str]]] = defaultdict(lambda: defaultdict(list))
    named = [(str(Path(file).relative_to(path)), schema) for file, schema in schemas.items()]
    for part, schema in [*named, ("the names of folders", folders)]:
        for field in schema:
            where[field.name][field.type].append(part)
    for name, parts in where.items():
        try:
            _merge_schemas(pa.schema([(name, type_)]) for type_ in parts)
        except pa.ArrowException:
            usual_first = sorted(parts.items(), key=lambda found: -len(found[1]))
            types = [
                f"{type_} in {format_count(len(files), 'part')} ({format_list(files)})"
                for type_, files in usual_first
            ]
            return f"column {name!r} is {' and '.join(types)}."
    return None


def _iterate_rows(parts: ds.Dataset) -> Iterator[pa.RecordBatch]:
    """Yield the rows in the order of the parts, with one batch in memory.

    A dataset of Arrow decodes whole row groups, several of them at a time: a part may be one row group.
    """
    fields = list(parts.schema)
    for fragment in parts.get_fragments():
        constants = ds.get_partition_keys(fragment.partition_expression)
        with pq.ParquetFile(fragment.path, pre_buffer=False, buffer_size=_BUFFER) as part:
            n_rows = choose_batch_rows(part.metadata, _BATCH_ROWS)
            is_small = part.metadata.num_rows < _FEW_ROWS
            for batch in part.iter_batches(n_rows, use_threads=not is_small):
                own = dict(zip(batch.schema.names, batch.columns, strict=True))
                columns = [_take_column(own, field, constants, batch.num_rows) for field in fields]
                yield pa.record_batch(columns, schema=parts.schema)


def _take_column(
    own: Mapping[str, pa.Array], field: pa.Field, constants: Mapping[str, Any], n_rows: int
) -> pa.Array:
    """Return a column of a part in the type that it has in all parts; a part's folder may tell it."""
    if field.name in constants:
        return pa.repeat(pa.scalar(constants[field.name], field.type), n_rows)
    column = own.get(field.name)
    if column is None:
        return pa.nulls(n_rows, field.type)
    return column if column.type == field.type else column.cast(field.type)


def _note_absent_columns(columns: Mapping[str, list[str]], path: Path) -> Iterator[Notice]:
    """Yield a notice for each column that not every part has."""
    for name in dict.fromkeys(name for names in columns.values() for name in names):
        without = [str(Path(file).relative_to(path)) for file, names in columns.items() if name not in names]
        if without:
            text = (
                f"Column {name!r} is not in {format_count(len(without), 'part')} of {len(columns)}, whose "
                f"rows have no value in it: {format_list(without)}."
            )
            yield Notice("warning", text)


def _is_usable(type_: pa.DataType) -> bool:
    if isinstance(type_, pa.BaseExtensionType):
        return _is_usable(type_.storage_type)
    return not (
        pa.types.is_nested(type_) or pa.types.is_interval(type_) or pa.types.is_run_end_encoded(type_)
    )


def _convert_column(column: pa.Array, name: str, source: str) -> pa.Array:
    """Return a column in the canonical type of its kind, or as text if its type does not decide the kind."""
    type_ = column.type
    if isinstance(type_, pa.BaseExtensionType):
        return _convert_column(column.storage, name, source)
    if pa.types.is_boolean(type_):
        return column
    # An unsigned 64-bit integer may be too large for int64. As text, all rows decide.
    if pa.types.is_integer(type_) and type_ != pa.uint64():
        return column.cast(ARROW_TYPES["integer"])
    if pa.types.is_decimal(type_):
        # Arrow's direct cast is wrong in the last bit: 19499.42 becomes 19499.420000000002 (25.0).
        return column.cast(pa.string()).cast(ARROW_TYPES["float"])
    if pa.types.is_floating(type_):
        values = column.cast(pa.float32()) if pa.types.is_float16(type_) else column
        values = values.cast(ARROW_TYPES["float"], safe=False)
        return pc.if_else(pc.is_nan(values), None, values)
    if pa.types.is_date(type_) or pa.types.is_timestamp(type_):
        # Nanoseconds are cut off. A timestamp with a zone is stored in UTC already.
        return column.cast(ARROW_TYPES["datetime"], safe=False)
    if pa.types.is_duration(type_):
        return _to_minutes(column.cast(pa.int64()), type_.unit)
    if pa.types.is_time(type_):
        return _to_minutes(column.cast(pa.int32() if type_.bit_width == 32 else pa.int64()), type_.unit)
    try:
        return column.cast(pa.string())
    except pa.ArrowException as error:
        raise InvalidSource(
            f"Column {name!r} of {source} has bytes that are not text.", "Remove it, or store it as text."
        ) from error


def _to_minutes(counts: pa.Array, unit: str) -> pa.Array:
    return pc.divide(counts.cast(ARROW_TYPES["float"], safe=False), _PER_MINUTE[unit])
