"""Read a source, decide how its columns are read, and write the whole table or nothing."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from components._problem.reading_options import FileOptions
from components._problem.spec import Problem
from components._problem.yaml_lines import format_column_line
from components._table.date_text import build_date_reader
from components._table.notice import Notice
from components._table.reading import CellReader
from components._table.storage import TableInfo, write_table
from components._table.table_reading import ColumnReading, TableReading
from components.errors import InvalidData, InvalidSetting, InvalidSource, suggest_name
from components.ingest.files.formats import open_rows
from components.ingest.files.row_stream import RowStream
from components.ingest.readings.inference import (
    ColumnFaults,
    InferredReadings,
    build_faults_error,
    build_schema,
    infer_readings,
    read_batches,
)
from components.ingest.readings.model_columns import ModelColumns
from components.ingest.samples import PREFIX, open_sample
from components.ingest.sources import LocalSource, fetch_source

Metadata = dict[str, Any]


def run(*, dataset: str, reading: str, problem: str, source: str, seed: int) -> Metadata:
    """Store the table of a source as typed Parquet, and how it was read.

    Parameters
    ----------
    dataset : str
        Folder to write.
    reading : str
        File to write: the readings of the columns.
    problem : str
        File of the problem, with the options for reading the table.
    source : str
        Path, http(s) URL or ``s3://bucket/key`` of a file of ``open_rows``, or ``sample:NAME``.
    seed : int
        Seed of a generated sample.

    Returns
    -------
    dict
        The table's ``rows``, ``columns``, ``bytes`` and ``sha256``; its ``source``, ``format`` and
        ``seed``; facts about the file (``encoding``, ``delimiter``); for an object its ``etag`` and, if its
        bucket keeps versions, its ``version``; for the generated sample ``best_possible_roc_auc``.

    Raises
    ------
    InvalidSource
        The source cannot be read as a table. After this and the other errors there is no folder.
    InvalidData
        A column can be read in two ways, or has cells that do not fit its reading.
    StorageFailed
        Object storage cannot be reached, or refuses the object.
    InvalidSetting
        The problem names columns that the table does not have, or the settings of object storage are
        missing.
    """
    spec = Problem.load(problem)
    _check_date_formats(spec)
    with _make_scratch_folder(dataset) as scratch:
        table = scratch / "table"
        if source.startswith(PREFIX):
            info, facts, table_reading = _ingest_sample(table, source, seed)
        else:
            info, facts, table_reading = _ingest_file(table, source, scratch, spec)
        table_reading.save(reading)
        _move_table(table, dataset)
    return {**info.to_metadata(), "source": source, "seed": seed, **facts}


def run_rows(*, dataset: str, model: str, source: str, unreadable: str, seed: int) -> Metadata:
    """Store rows for a model to predict, read in the same way as its training rows.

    Parameters
    ----------
    dataset : str
        Folder to write.
    model : str
        The model's folder.
    source : str
        As in ``run``.
    unreadable : str
        ``"refuse"``, or ``"null"`` to make null of the model's cells that cannot be read.
    seed : int
        Seed of a generated sample.

    Returns
    -------
    dict
        As from ``run``; ``unreadable``: how many cells became null, by column; and ``warnings`` about how
        the file was read.

    Raises
    ------
    InvalidData
        A cell of a column that the model uses does not fit its reading.
    InvalidSetting
        ``unreadable`` has another value.
    InvalidSource, StorageFailed
        As in ``run``.
    """
    if unreadable not in ("refuse", "null"):
        raise InvalidSetting.from_out_of_range("unreadable", unreadable, "refuse or null")
    columns = ModelColumns.load(Path(model), is_lenient=unreadable == "null")
    with _make_scratch_folder(dataset) as scratch:
        table = scratch / "table"
        if source.startswith(PREFIX):
            # Its rows are generated again for each pass.
            rows = RowStream("sample", lambda: iter(open_sample(source, seed).batches))
            facts = dict[str, Any]()
        else:
            content = fetch_source(source, scratch)
            options = FileOptions(**columns.schema.file)
            rows = open_rows(content.path, source, options, columns.used)
            facts = dict[str, Any](content.facts)
        info, faults = _write_rows(rows, columns.build_readers(rows.iterate_batches()), table)
        _require_rows(info.rows, source)
        columns.check_faults(faults)
        _move_table(table, dataset)
    counts = {name: found.n for name, found in faults.items() if name in columns.used}
    warnings = [str(notice) for notice in rows.notices if notice.level == "warning"]
    return {
        **info.to_metadata(), "source": source, "seed": seed, "format": rows.format, **rows.facts, **facts,
        "unreadable": counts, "warnings": warnings,
    }  # fmt: skip


@contextmanager
def _make_scratch_folder(dataset: str) -> Iterator[Path]:
    target = Path(dataset)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A sibling of the target, so that the finished table is moved in one step.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ingest-") as folder:
        yield Path(folder)


def _move_table(table: Path, dataset: str) -> None:
    target = Path(dataset)
    if target.exists():
        shutil.rmtree(target)
    table.rename(target)


def _ingest_sample(table: Path, source: str, seed: int) -> tuple[TableInfo, Metadata, TableReading]:
    sample = open_sample(source, seed)
    facts: Metadata = {"format": "sample", **sample.facts}
    readings = infer_readings([pa.RecordBatch.from_pylist([], schema=sample.schema)])
    return write_table(sample.batches, sample.schema, table), facts, _build_table_reading(readings, (), None)


def _ingest_file(
    table: Path, source: str, scratch: Path, problem: Problem
) -> tuple[TableInfo, Metadata, TableReading]:
    content: LocalSource = fetch_source(source, scratch)
    rows = open_rows(content.path, source, problem.file_options, [problem.target])
    inferred = infer_readings(rows.iterate_batches(), problem.get_column_options, problem.target)
    _require_rows(inferred.n_rows, source)
    _check_column_names(problem, inferred)
    _check_ambiguities(inferred, problem)
    readers = inferred.readers
    info, faults = _write_rows(rows, readers, table)
    null_notices = list(_check_faults(faults, readers))
    notices = (*rows.notices, *inferred.notices, *null_notices)
    options = problem.file_options.model_dump(exclude_none=True)
    facts: Metadata = {"format": rows.format, **rows.facts, **content.facts}
    return info, facts, _build_table_reading(inferred, notices, options)


def _write_rows(
    rows: RowStream, readers: Mapping[str, CellReader], table: Path
) -> tuple[TableInfo, dict[str, ColumnFaults]]:
    """Write the values of some columns, and return the cells that do not fit, by column."""
    faults: dict[str, ColumnFaults] = {}
    batches = read_batches(rows.iterate_batches(), readers, faults)
    return write_table(batches, build_schema(readers), table), faults


def _check_date_formats(problem: Problem) -> None:
    for name, options in problem.columns.items():
        try:
            build_date_reader([options.format] if options.format else [])
        except ValueError as error:
            raise InvalidSetting(
                f"columns.{name}.format: {error}.", "Write it for Python's strptime, for example %d.%m.%Y."
            ) from None


def _require_rows(n_rows: int, source: str) -> None:
    if not n_rows:
        raise InvalidSource(f"{source} has no rows.", "Give a file that has rows of values below its header.")


def _check_column_names(problem: Problem, inferred: InferredReadings) -> None:
    names = list(inferred.decisions)
    unknown = [name for name in problem.columns if name not in names]
    if unknown:
        raise InvalidSetting(
            f"columns names {unknown[0]!r}, which is not in the table.",
            suggest_name(unknown[0], names, "column"),
        )


def _check_ambiguities(inferred: InferredReadings, problem: Problem) -> None:
    """Refuse a table with columns that can be read in two ways, unless they are identifiers."""
    errors = [
        notice
        for name, decision in inferred.decisions.items()
        for notice in decision.notices
        if notice.level == "error" and name not in problem.identifiers
    ]
    if errors:
        raise InvalidData(
            "\n".join(notice.text for notice in errors), "\n".join(notice.remedy for notice in errors)
        )


def _check_faults(faults: Mapping[str, ColumnFaults], readers: Mapping[str, CellReader]) -> Iterator[Notice]:
    """Yield a notice for each column with cells that became null.

    Raises
    ------
    InvalidData
        Some cells do not fit their reading, and the problem does not say to make them null.
    """
    refused = {name: found for name, found in faults.items() if readers[name].reading.unreadable == "refuse"}
    if refused:
        first = next(iter(refused))
        raise build_faults_error(
            refused,
            "Correct them in the source. Or, to read them as missing, write in problem.yaml: "
            f"{format_column_line(first, unreadable=None)}",
        )
    for name, found in faults.items():
        yield Notice("warning", f"{found.describe(name)} They are read as missing.")


def _build_table_reading(
    inferred: InferredReadings, notices: tuple[Notice, ...], file: Metadata | None
) -> TableReading:
    columns = {
        name: ColumnReading(found.reading, found.categories, inferred.examples[name])
        for name, found in inferred.decisions.items()
    }
    return TableReading(columns, tuple(notice for notice in notices if notice.level != "error"), file)
