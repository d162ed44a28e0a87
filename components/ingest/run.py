"""Read a source, decide how its columns are read, and write the whole table or nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from components._files.formats import open_rows
from components._problem.reading_options import FileOptions
from components._problem.spec import Problem
from components._problem.yaml_lines import format_column_line
from components._readings.inference import (
    CellEvidence,
    ColumnFaults,
    InferredReadings,
    build_faults_error,
    infer_readings,
)
from components._readings.model_columns import ModelColumns
from components._table.date_text import build_date_reader
from components._table.notice import Notice
from components._table.reading import CellReader
from components._table.storage import TableInfo, write_table
from components._table.table_reading import ColumnReading, TableReading
from components.errors import InvalidData, InvalidSetting, suggest_name
from components.ingest.draft import write_draft
from components.ingest.own_test import ingest_test_table
from components.ingest.samples import open_sample
from components.ingest.sources.catalogue import PREFIX, fetch_source
from components.ingest.sources.source import explain_file_errors
from components.ingest.tables import (
    make_scratch_folder,
    move_table,
    open_source,
    refuse_largest_texts,
    require_rows,
    show_progress,
    write_rows,
)

Metadata = dict[str, Any]
NO_FINGERPRINTS: Mapping[str, str] = MappingProxyType({})


def run(
    *, dataset: str, reading: str, problem: str, source: str, seed: int, fingerprint: str = ""
) -> Metadata:
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
        Address of ``find_source``, whose content is a file or folder of ``open_rows``, or ``sample:NAME``.
    seed : int
        Seed of a generated sample.
    fingerprint : str
        The content that the source must have, as from ``plan``; empty for any.

    Returns
    -------
    dict
        The table's ``rows``, ``columns``, ``bytes`` and ``sha256``; its ``source``, ``format`` and
        ``seed``; facts about the file (``encoding``, ``delimiter``); if the source has versions, its
        ``source_version``; for the generated sample ``best_possible_roc_auc``.

    Raises
    ------
    InvalidSource
        The source cannot be read as a table, or has another content. After this and the other errors there
        is no folder.
    InvalidData
        A column can be read in two ways, or has cells that do not fit its reading.
    StorageError
        Object storage cannot be reached, or refuses the object.
    InvalidSetting
        The problem names columns that the table does not have, or the settings of object storage are
        missing.
    """
    spec = Problem.load(problem)
    _check_date_formats(spec)
    with make_scratch_folder(dataset) as scratch:
        table = scratch / "table"
        if source.startswith(PREFIX):
            info, facts, table_reading = _ingest_sample(table, source, seed)
        else:
            info, facts, table_reading = _ingest_file(table, source, scratch, spec, fingerprint)
        table_reading.save(reading)
        move_table(table, dataset)
    return {**info.to_metadata(), "source": source, "seed": seed, **facts}


def run_both(
    *,
    dataset: str,
    own_test: str,
    reading: str,
    problem: str,
    source: str,
    test: str,
    seed: int,
    fingerprints: Mapping[str, str] = NO_FINGERPRINTS,
) -> dict[str, Metadata]:
    """Store the table of a source, and a test table of the user's own.

    Parameters
    ----------
    dataset, reading, problem, source, seed
        As in ``run``.
    own_test : str
        Folder to write: the rows of ``test``, of which none are left out; an empty table without one.
    test : str
        Path or address of a table with the same columns; empty for none. Its cells are read as those of the
        source, which alone decides how.

    Returns
    -------
    dict
        Metadata of ``"dataset"`` and ``"own_test"``.

    Raises
    ------
    SuiteError
        As from ``run``, for either table; or ``test`` lacks columns, or the problem names a split column,
        too.
    """
    spec = Problem.load(problem)
    if test and spec.split_column is not None:
        raise InvalidSetting(
            f"There are two choices of test rows: the table {test} and split_column ({spec.split_column!r}).",
            "Leave one of them out.",
        )
    expected = {name: fingerprints.get(name, "") for name in ("source", "test")}
    ingested = run(
        dataset=dataset,
        reading=reading,
        problem=problem,
        source=source,
        seed=seed,
        fingerprint=expected["source"],
    )
    facts = {"dataset": ingested}
    cells = TableReading.load(reading)
    facts["own_test"] = ingest_test_table(own_test, test, cells, spec, seed, expected["test"])
    return facts


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
    InvalidSource, StorageError
        As in ``run``.
    """
    if unreadable not in ("refuse", "null"):
        raise InvalidSetting.from_out_of_range("unreadable", unreadable, "refuse or null")
    columns = ModelColumns.load(Path(model), is_lenient=unreadable == "null")
    with make_scratch_folder(dataset) as scratch:
        table = scratch / "table"
        options = FileOptions(**columns.schema.file)
        rows, version, _ = open_source(source, scratch, options, columns.used, seed)
        info, faults = write_rows(rows, columns.build_readers(rows.iterate_batches()), table)
        require_rows(info.rows, source)
        columns.check_faults(faults)
        move_table(table, dataset)
    counts = {name: found.n for name, found in faults.items() if name in columns.used}
    warnings = [str(notice) for notice in rows.notices if notice.level == "warning"]
    return {
        **info.to_metadata(), "source": source, "seed": seed, "format": rows.format, **rows.facts, **version,
        "unreadable": counts, "warnings": warnings,
    }  # fmt: skip


def _ingest_sample(table: Path, source: str, seed: int) -> tuple[TableInfo, Metadata, TableReading]:
    sample = open_sample(source, seed)
    facts: Metadata = {"format": "sample", **sample.facts}
    readings = infer_readings([pa.RecordBatch.from_pylist([], schema=sample.schema)])
    return write_table(sample.batches, sample.schema, table), facts, _build_table_reading(readings, (), None)


def _ingest_file(
    table: Path, source: str, scratch: Path, problem: Problem, fingerprint: str
) -> tuple[TableInfo, Metadata, TableReading]:
    content = fetch_source(source, scratch, fingerprint)
    opened = open_rows(content.path, source, problem.file_options, [problem.target])
    rows = show_progress(refuse_largest_texts(opened, source))
    stored = rows.reading or TableReading({})
    # What the problem says of a column comes before what the file says of it.
    known = {name: found for name, found in stored.columns.items() if name not in problem.columns}
    evidence = CellEvidence(problem.get_column_options, problem.target, known)
    inferred, draft = write_draft(rows, evidence, table)
    require_rows(inferred.n_rows, source)
    _check_column_names(problem, inferred)
    _check_ambiguities(inferred, problem)
    readers = inferred.readers
    info, faults = draft or write_rows(rows, readers, table)
    with explain_file_errors(source):
        # Again, because a path is read where it is, and several times.
        content.check_content(fingerprint)
    null_notices = list(_check_faults(faults, readers))
    notices = (*content.notices, *rows.notices, *inferred.notices, *null_notices)
    options = {**(stored.file or {}), **problem.file_options.model_dump(exclude_none=True)}
    facts: Metadata = {"format": rows.format, **rows.facts, **content.facts}
    return info, facts, _build_table_reading(inferred, notices, options)


def _check_date_formats(problem: Problem) -> None:
    for name, options in problem.columns.items():
        try:
            build_date_reader([options.format] if options.format else [])
        except ValueError as error:
            raise InvalidSetting(
                f"columns.{name}.format: {error}.", "Write it for Python's strptime, for example %d.%m.%Y."
            ) from None


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
