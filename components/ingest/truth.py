"""The true targets of rows that a model has predicted, read as those of its training rows."""

from pathlib import Path
from typing import Any

from components._problem.monitoring import REQUEST_ID
from components._problem.reading_options import FileOptions
from components._problem.spec import Problem
from components._readings.inference import build_faults_error, build_schema
from components._table.reading import CellReader, Reading
from components._table.schema import Schema
from components._table.storage import write_table
from components.errors import InvalidData, format_list, suggest_name
from components.ingest.tables import make_scratch_folder, move_table, open_source, require_rows, write_rows


def run_truth(*, dataset: str, model: str, source: str, seed: int) -> dict[str, Any]:
    """Store the target, the keys, and the columns with a role that a log does not have.

    Those are the problem's sensitive columns, its group and its weight, without which rows of a log cannot
    become training rows. The other columns of the table are left out.

    Parameters
    ----------
    dataset : str
        Folder to write.
    model : str
        The model's folder, whose problem names the target and the identifiers.
    source : str
        Address of ``find_source`` or ``sample:NAME``; empty for a table without rows.
    seed : int
        Seed of a generated sample.

    Returns
    -------
    dict
        The table's ``rows``, ``columns``, ``bytes`` and ``sha256``; of a table with rows its ``source``,
        ``format`` and facts about the file.

    Raises
    ------
    InvalidData
        The table has no target or no key, or a cell does not fit its column.
    InvalidSource, StorageError
        The source cannot be read as a table.
    """
    problem, schema = Problem.load(Path(model) / "problem.json"), Schema.load(Path(model) / "schema.json")
    identifiers = [name for name in problem.identifiers if name in schema]
    optional = [name for name in problem.named_columns if name in schema and name not in identifiers]
    readers = {name: schema[name].reader for name in (problem.target, *identifiers, *optional)}
    readers.setdefault(REQUEST_ID, CellReader(Reading("string")))
    if not source:
        return write_table([], build_schema(readers), dataset).to_metadata()
    keys = [*identifiers, REQUEST_ID]
    with make_scratch_folder(dataset) as scratch:
        rows, version, _ = open_source(source, scratch, FileOptions(**schema.file), list(readers), seed)
        names = list(dict.fromkeys(name for batch in rows.iterate_batches() for name in batch.schema.names))
        _check_columns(names, problem.target, keys, source)
        read = {name: reader for name, reader in readers.items() if name in names}
        info, faults = write_rows(rows, read, scratch / "table")
        require_rows(info.rows, source)
        if faults:
            raise build_faults_error(
                faults, "Its cells are read as those of the training rows. Correct them in the table."
            )
        move_table(scratch / "table", dataset)
    return {**info.to_metadata(), **rows.facts, **version, "source": source, "format": rows.format}


def _check_columns(names: list[str], target: str, keys: list[str], source: str) -> None:
    if target not in names:
        raise InvalidData(
            f"{source} has no column {target!r}, the target that the model predicts.",
            suggest_name(target, names, "column"),
        )
    if not any(key in names for key in keys):
        raise InvalidData(
            f"{source} has none of the columns that name a row of the log: {format_list(keys)}.",
            f"Add one of them. {REQUEST_ID} is the id of the request.",
        )
