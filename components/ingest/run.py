"""Read a source, decide what its cells mean, write the table whole or not at all."""

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
    """Store the table that a source holds, as typed Parquet, and how it was read.

    Parameters
    ----------
    dataset : str
        Folder to make.
    reading : str
        File to write: the readings of the columns.
    problem : str
        The problem as it was written down, with what a person decided about reading.
    source : str
        Path, http(s) URL or ``s3://bucket/key`` of a file of ``open_rows``, or ``sample:NAME``.
    seed : int
        Seed of a generated sample.

    Returns
    -------
    dict
        The table's ``rows``, ``columns``, ``bytes`` and ``sha256``; its ``source``, ``format`` and
        ``seed``; what was found about the file (``encoding``, ``delimiter``); of an object its ``etag``
        and, where its bucket keeps versions, its ``version``; for a sample whose truth is known,
        ``best_possible_roc_auc``.

    Raises
    ------
    InvalidSource
        Where the source cannot be read as a table. The folder is not made then, nor in the cases below.
    InvalidData
        Where a column can be read in two ways, or holds cells that do not fit its reading.
    StorageFailed
        Where object storage cannot be reached, or does not give the object.
    InvalidSetting
        Where the problem names columns that are not there, or the environment does not say how to reach
        object storage.
    """
    question = Problem.load(problem)
    _check_date_formats(question)
    with _make_scratch_folder(dataset) as scratch:
        table = scratch / "table"
        if source.startswith(PREFIX):
            info, facts, found = _ingest_sample(table, source, seed)
        else:
            info, facts, found = _ingest_file(table, source, scratch, question)
        found.save(reading)
        _move_table(table, dataset)
    return {**info.to_metadata(), "source": source, "seed": seed, **facts}


def run_rows(*, dataset: str, model: str, source: str, unreadable: str, seed: int) -> Metadata:
    """Store rows that a model will predict, read as the rows were that it learnt from.

    Parameters
    ----------
    dataset : str
        Folder to make.
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
        As of ``run``; ``unreadable``: how many cells became null, by column; and ``warnings``: what a person
        should know about how the file was read.

    Raises
    ------
    InvalidData
        Where a cell of a column that the model uses does not fit its reading.
    InvalidSetting
        Where ``unreadable`` is none of its values.
    InvalidSource, StorageFailed
        As in ``run``.
    """
    if unreadable not in ("refuse", "null"):
        raise InvalidSetting.from_out_of_range("unreadable", unreadable, "refuse or null")
    columns = ModelColumns.load(Path(model), is_lenient=unreadable == "null")
    with _make_scratch_folder(dataset) as scratch:
        table = scratch / "table"
        if source.startswith(PREFIX):
            # Its rows are made anew for each pass.
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
    table: Path, source: str, scratch: Path, question: Problem
) -> tuple[TableInfo, Metadata, TableReading]:
    content: LocalSource = fetch_source(source, scratch)
    rows = open_rows(content.path, source, question.file_options, [question.target])
    inferred = infer_readings(rows.iterate_batches(), question.get_column_options, question.target)
    _require_rows(inferred.n_rows, source)
    _check_column_names(question, inferred)
    _check_ambiguities(inferred, question)
    readers = inferred.readers
    info, faults = _write_rows(rows, readers, table)
    made_null = list(_check_faults(faults, readers))
    notices = (*rows.notices, *inferred.notices, *made_null)
    given = question.file_options.model_dump(exclude_none=True)
    facts: Metadata = {"format": rows.format, **rows.facts, **content.facts}
    return info, facts, _build_table_reading(inferred, notices, given)


def _write_rows(
    rows: RowStream, readers: Mapping[str, CellReader], table: Path
) -> tuple[TableInfo, dict[str, ColumnFaults]]:
    """Write the values of some columns, and return the cells that do not fit, by column."""
    faults: dict[str, ColumnFaults] = {}
    batches = read_batches(rows.iterate_batches(), readers, faults)
    return write_table(batches, build_schema(readers), table), faults


def _check_date_formats(question: Problem) -> None:
    for name, options in question.columns.items():
        try:
            build_date_reader([options.format] if options.format else [])
        except ValueError as error:
            raise InvalidSetting(
                f"columns.{name}.format: {error}.", "Write it as Python's strptime does, such as %d.%m.%Y."
            ) from None


def _require_rows(n_rows: int, source: str) -> None:
    if not n_rows:
        raise InvalidSource(f"{source} has no rows.", "Give a file with rows of values below its header.")


def _check_column_names(question: Problem, inferred: InferredReadings) -> None:
    names = list(inferred.decisions)
    unknown = [name for name in question.columns if name not in names]
    if unknown:
        raise InvalidSetting(
            f"columns names {unknown[0]!r}, which is not in the table.",
            suggest_name(unknown[0], names, "column"),
        )


def _check_ambiguities(inferred: InferredReadings, question: Problem) -> None:
    """Refuse a table with columns that can be read in two ways; those that are left out do not matter."""
    questions = [
        notice
        for name, decision in inferred.decisions.items()
        for notice in decision.notices
        if notice.level == "error" and name not in question.identifiers
    ]
    if questions:
        raise InvalidData(
            "\n".join(notice.text for notice in questions), "\n".join(notice.remedy for notice in questions)
        )


def _check_faults(faults: Mapping[str, ColumnFaults], readers: Mapping[str, CellReader]) -> Iterator[Notice]:
    """Yield what was made null; refuse the rest.

    Raises
    ------
    InvalidData
        Some cells do not fit, and nobody asked to make null of them.
    """
    refused = {name: found for name, found in faults.items() if readers[name].reading.unreadable == "refuse"}
    if refused:
        first = next(iter(refused))
        raise build_faults_error(
            refused,
            "Correct them in the source, or read them as no value, in problem.yaml: "
            f"{format_column_line(first, unreadable=None)}",
        )
    for name, found in faults.items():
        yield Notice("warning", f"{found.describe(name)} They are read as no value.")


def _build_table_reading(
    inferred: InferredReadings, notices: tuple[Notice, ...], file: Metadata | None
) -> TableReading:
    columns = {
        name: ColumnReading(found.reading, found.categories, inferred.examples[name])
        for name, found in inferred.decisions.items()
    }
    said = tuple(notice for notice in notices if notice.level != "error")
    return TableReading(columns, said, file)
