"""The user's own test table, read as the training rows are."""

from typing import Any

import pyarrow as pa

from components._problem.reading_options import FileOptions
from components._problem.spec import Problem
from components._problem.yaml_lines import format_column_line, format_list_line
from components._readings.inference import build_faults_error, build_schema
from components._table.reading import CellReader
from components._table.storage import write_table
from components._table.table_reading import TableReading
from components.errors import InvalidData, format_list, suggest_name
from components.ingest.sources.source import explain_file_errors
from components.ingest.tables import make_scratch_folder, move_table, open_source, require_rows, write_rows


def ingest_test_table(
    dataset: str, source: str, cells: TableReading, problem: Problem, seed: int, fingerprint: str
) -> dict[str, Any]:
    """Store the rows of a test table, with the columns and the readings of the training rows.

    Parameters
    ----------
    dataset : str
        Folder to write.
    source : str
        Path or address of the table; empty for a table without rows.
    cells : TableReading
        How the training rows were read.
    problem : Problem
        The problem, resolved or not.
    seed : int
        Seed of a generated sample.
    fingerprint : str
        The content that the table must have; empty for any.

    Returns
    -------
    dict
        ``rows``, ``columns``, ``bytes`` and ``sha256``; and, of a table with rows, its ``source``,
        ``format``, facts about the file, and ``notes`` about it as sentences.

    Raises
    ------
    InvalidData
        The table lacks columns, or a cell does not fit the reading of its column.
    InvalidSource
        It cannot be read, has no rows, or has another content.
    """
    readers = {name: CellReader(found.reading, found.categories) for name, found in cells.columns.items()}
    if not source:
        return write_table([], build_schema(readers), dataset).to_metadata()
    with make_scratch_folder(dataset) as scratch:
        options = FileOptions(**(cells.file or {}))
        opened = open_source(source, scratch, options, list(readers), seed, fingerprint)
        rows = opened.rows
        names = list(dict.fromkeys(name for batch in rows.iterate_batches() for name in batch.schema.names))
        info, faults = write_rows(rows, readers, scratch / "table")
        with explain_file_errors(source):
            # Again, because a path is read where it is, and several times.
            opened.check_content(fingerprint)
        require_rows(info.rows, source)
        _check_columns(names, build_schema(readers), problem, source)
        refused = {
            name: found for name, found in faults.items() if readers[name].reading.unreadable == "refuse"
        }
        if refused:
            first = next(iter(refused))
            error = build_faults_error(
                refused,
                "Its cells are read as those of the training rows. Correct them there, or, to read such "
                "cells as missing in both tables, write in problem.yaml: "
                f"{format_column_line(first, unreadable=None)}",
            )
            raise InvalidData(f"The test table {source} cannot be read:\n{error.what}", error.remedy)
        move_table(scratch / "table", dataset)
    notes = [f"{found.describe(name)} They are read as missing." for name, found in faults.items()]
    unknown = [name for name in names if name not in readers]
    if unknown:
        notes.append(f"Columns that the training rows do not have are not used: {format_list(unknown)}.")
    facts = {"source": source, "format": rows.format, "notes": notes}
    return {**info.to_metadata(), **rows.facts, **opened.facts, **facts}


def _check_columns(names: list[str], expected: pa.Schema, problem: Problem, source: str) -> None:
    """Refuse a table without a column that the model may learn from, or by which it is judged."""
    if problem.target not in names:
        raise InvalidData(
            f"The test table {source} has no target column {problem.target!r}, by which a model is tested.",
            suggest_name(problem.target, names, "column"),
        )
    needless = {name for name, role in problem.withheld_columns.items() if role in ("identifier", "group")}
    # Features are derived from an event time that is a date.
    needless |= {
        field.name
        for field in expected
        if problem.withheld_columns.get(field.name) == "event time" and not pa.types.is_timestamp(field.type)
    }
    missing = [name for name in expected.names if name not in names and name not in needless]
    if missing:
        # An event time stays one beside any other role.
        without = " and remove event_time" if problem.event_time in missing else ""
        raise InvalidData(
            f"The test table {source} lacks columns of the training rows: {format_list(missing)}.",
            "Add them, or, if the model must do without, write in problem.yaml: "
            f"`{format_list_line('identifiers', missing)}`{without}.",
        )
