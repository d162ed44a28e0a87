"""What a decision to retrain starts: the tables and the parameters of the training."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from components._expectations.spec import Expectations
from components._problem.reading_options import FileOptions
from components._problem.registration import RegisteredModel
from components._problem.spec import Problem
from components._store.folder import Folder
from components._table.table_reading import ColumnReading, TableReading
from components.errors import format_count
from components.json_file import read_json
from components.monitor.record import Retraining
from components.monitor.retraining_rows import LabelledRows, TableLayout, convert_reference_rows
from components.monitor.retraining_window import choose_window
from components.monitor.rows import PredictedRows

# The newest labelled rows, on which the new model must beat the present one.
_TESTED = 0.3
_MOST_TESTED = 10_000
# What the parameters of a training say besides the details, and what only the source needs.
_NO_DETAILS = ("target", "task", "metric", "classes", "columns", "split_column", *FileOptions.model_fields)


class RetrainingTables(NamedTuple):
    """The rows of a training.

    Attributes
    ----------
    train, test : pyarrow Table
        Rows to learn from, and the newest labelled rows.
    reason : str
        Why these rows, as sentences.
    """

    train: pa.Table
    test: pa.Table
    reason: str


def build_tables(
    labelled: LabelledRows, reference: PredictedRows, layout: TableLayout, seed: int
) -> RetrainingTables:
    """Divide the labelled rows of a log by time, and choose whether older rows help.

    Parameters
    ----------
    labelled : LabelledRows
        The rows, at least as many as ``find_obstacle`` asks for.
    reference : PredictedRows
        The training rows that the model's folder keeps.
    layout : TableLayout
        The columns.
    seed : int
        Seed of the choice.
    """
    n_rows = labelled.table.num_rows
    n_fitted = n_rows - min(round(n_rows * _TESTED), _MOST_TESTED)
    fitted, test = labelled.take(0, n_fitted), labelled.take(n_fitted, n_rows)
    logged = f"{format_count(n_fitted, 'labelled row')} of the log"
    if labelled.n_newest is not None:
        logged += f" (of the newest {labelled.n_newest:,}, the most that a retraining takes)"
    if not layout.has_reference:
        role = "group" if layout.problem.group is not None else "weight"
        reason = f"It learns from {logged} alone: earlier training rows are not kept with their {role}."
        return RetrainingTables(fitted.table, test.table, reason)
    older = convert_reference_rows(reference, layout)
    choice = choose_window(older.rows, fitted.rows, layout.problem, seed)
    if not choice.uses_older:
        return RetrainingTables(fitted.table, test.table, f"It learns from {logged} alone. {choice.reason}")
    train = pa.concat_tables([older.table, fitted.table])
    reason = (
        f"It learns from {logged}, and {format_count(older.table.num_rows, 'row')} of the last training. "
        f"{choice.reason}"
    )
    return RetrainingTables(train, test.table, reason)


def plan_retraining(
    tables: RetrainingTables,
    layout: TableLayout,
    model: Path,
    folder: Folder,
    registered: RegisteredModel,
    decided: datetime,
) -> Retraining:
    """Store the tables of a training, and return what to train.

    Parameters
    ----------
    tables : RetrainingTables
        The rows.
    layout : TableLayout
        Their columns.
    model : Path
        The model's folder.
    folder : Folder
        The folder of all models; the tables go to ``<model>/retraining/<time>``.
    registered : RegisteredModel
        The version in use.
    decided : datetime
        The time of the decision.

    Raises
    ------
    OSError or StorageError
        The tables cannot be stored.
    """
    within = (registered.model, "retraining", f"{decided:%Y%m%dT%H%M%S}")
    with TemporaryDirectory() as scratch:
        paths = write_tables(tables, layout, Path(scratch))
        for path in paths:
            folder.store(path, *within, path.name)
    source, test = (folder.join(*within, path.name) for path in paths)
    members = read_json(model / "lineage.json")["models"]
    problem = layout.problem
    parameters = {
        "target": problem.target,
        "task": problem.task,
        "metric": problem.metric,
        "problem": describe_problem(problem, layout),
        "expectations": describe_expectations(layout),
        "model_name": registered.model,
        "must_beat": registered.version,
        # The sweep starts from the trials that the present model is made of.
        "known_trials": [
            {"family": member["family"], "parameters": member["parameters"]} for member in members
        ],
    }
    return Retraining(source, test, tables.train.num_rows, tables.test.num_rows, tables.reason, parameters)


def write_tables(tables: RetrainingTables, layout: TableLayout, folder: Path) -> tuple[Path, Path]:
    """Write the tables to a folder as Parquet files that say how their columns are read.

    So the new model reads requests and files as the present one does.
    """
    columns = {
        column.name: ColumnReading(column.reader.reading, column.categories) for column in layout.columns
    }
    reading = TableReading(columns, file=layout.schema.file).to_json()
    paths = []
    for name in ("train", "test"):
        table: pa.Table = getattr(tables, name).replace_schema_metadata({TableReading.PARQUET_KEY: reading})
        paths.append(folder / f"{name}.parquet")
        pq.write_table(table, paths[-1], compression="zstd")
    return paths[0], paths[1]


def describe_expectations(layout: TableLayout) -> dict[str, Any]:
    """Return what the training expected of its table, for rows of a log.

    Left out are the number of rows and the uniqueness of values, which are facts about the first table, and
    columns that the log or the reference rows lack, such as identifiers.
    """
    expected = Expectations.from_settings(layout.schema.expectations)
    names = {*layout.logged, layout.problem.target} - {*layout.problem.identifiers, *layout.masked}
    return expected.select_columns(names).to_settings()


def describe_problem(problem: Problem, layout: TableLayout) -> dict[str, Any]:
    """Return the details of a problem for the training, as ``Problem.from_settings`` reads them."""
    details = problem.model_dump(mode="json", exclude_defaults=True, exclude=set(_NO_DETAILS))
    names = {column.name for column in layout.columns}
    # A column that the model left out is not in the log, and validate refuses details about unknown columns.
    for key in ("keep", "actionable"):
        if details.get(key) is not None:
            details[key] = [name for name in details[key] if name in names]
    if "monotonic" in details:
        details["monotonic"] = {n: way for n, way in details["monotonic"].items() if n in names}
    return details
