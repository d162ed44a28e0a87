"""Sources of tables: a path, an address or a sample, stored as ingest stores it, for a comparison."""

from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from components._problem.reading_options import ColumnOptions, FileOptions
from components._problem.spec import Problem
from components._readings.inference import InferredReadings, infer_readings
from components._table.table_reading import ColumnReading
from components.errors import PUBLIC_QUERIES, InvalidSource, format_list
from components.ingest.sources.catalogue import PREFIX, find_source
from components.ingest.sources.path import PathSource
from components.ingest.tables import open_source, require_rows, write_rows
from pipelines.data.table_version import TableVersion

# Texts that differ in case only are different cells, although a model may take them for one category.
_AS_WRITTEN = ColumnOptions(case="keep")
_AS_TEXT = ColumnOptions(kind="text", nulls=(), case="keep")
_NO_READINGS: Mapping[str, ColumnReading] = MappingProxyType({})


def is_source(given: str) -> bool:
    """Return whether a word can only be a source: an address, a sample, or a path with a folder."""
    return given.startswith(PREFIX) or "/" in given or not isinstance(find_source(given), PathSource)


def strip_source(source: str) -> str:
    """Return an address without user and password, and of its query only what cannot be a credential."""
    scheme, is_address, rest = source.partition("://")
    if not is_address:
        return source
    place, mark, query = rest.partition("?")
    host, slash, path = place.partition("/")
    kept = mark + query if query.startswith(PUBLIC_QUERIES) else ""
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}{kept}"


def store_source(
    source: str,
    folder: Path,
    problem: Problem | None = None,
    known: Mapping[str, ColumnReading] = _NO_READINGS,
) -> TableVersion:
    """Store the table of a source, each column read on its own.

    A column that ingest would refuse is compared as the text that is written: one that can be read in two
    ways, and one with cells that do not fit its reading.

    Parameters
    ----------
    source : str
        As in ingest: path, http(s) or s3 address, or ``sample:NAME``.
    folder : Path
        Folder for the table and for a download.
    problem : Problem or None
        The problem of the table that it is compared with: how the file and its columns are read.
    known : mapping of str to ColumnReading
        The readings of that table. A column whose cells do not fit is read on its own.

    Raises
    ------
    InvalidSource
        The source cannot be read as a table, or has no rows.
    StorageError
        Object storage cannot be reached, or refuses the object.
    InvalidSetting
        The settings of object storage are missing.
    """
    options = problem.file_options if problem else FileOptions()
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    name = strip_source(source)
    rows = open_source(source, scratch, options, [problem.target] if problem else [], seed=0).rows
    readings = {**(rows.reading.columns if rows.reading else {}), **known}
    as_text: set[str] = set()
    # A column is read at most in three ways: as in the other table, on its own, and as text.
    for number in range(4):
        inferred = _infer(rows.iterate_batches(), problem, readings, as_text)
        require_rows(inferred.n_rows, name)
        refused = _find_ambiguous(inferred)
        if not refused:
            table = folder / f"table-{number}"
            _, faults = write_rows(rows, inferred.readers, table)
            refused = {column for column in faults if inferred.readers[column].reading.unreadable == "refuse"}
            if not refused:
                break
        as_text |= {column for column in refused if column not in readings}
        readings = {column: found for column, found in readings.items() if column not in refused}
    else:
        raise InvalidSource(
            f"{name} gives other cells each time it is read.", "Copy it to this machine first."
        )
    notes = [f"Of {name}: {notice.text}" for notice in rows.notices if notice.level == "warning"]
    if as_text:
        notes.append(
            f"Of {name}, {format_list(map(repr, sorted(as_text)))} cannot be read without doubt as numbers "
            "or dates, and is compared as text."
        )
    columns = {
        column: ColumnReading(decision.reading, decision.categories)
        for column, decision in inferred.decisions.items()
    }
    title = f"the sample {source}" if source.startswith(PREFIX) else f"the table {name}"
    return TableVersion(name, title, str(table), columns, notes=tuple(notes))


def _infer(
    batches: Iterable[pa.RecordBatch],
    problem: Problem | None,
    known: Mapping[str, ColumnReading],
    as_text: Set[str],
) -> InferredReadings:
    def get_options(column: str) -> ColumnOptions:
        if column in as_text:
            return _AS_TEXT
        return problem.get_column_options(column) if problem else _AS_WRITTEN

    target = problem.target if problem else None
    return infer_readings(batches, get_options, target, known)


def _find_ambiguous(inferred: InferredReadings) -> set[str]:
    return {
        column
        for column, decision in inferred.decisions.items()
        if any(notice.level == "error" for notice in decision.notices)
    }
