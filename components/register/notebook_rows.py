"""Test rows that MLflow keeps beside a model, so that a notebook can look into it without the run's files."""

import tempfile
from typing import TYPE_CHECKING

import pyarrow as pa

from components._model.package import Package
from components._problem.registration import TEST_ROWS
from components._problem.spec import Problem
from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.storage import count_rows, read_arrow_schema, write_table

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MOST_ROWS = 500


def log_notebook_rows(
    client: "MlflowClient", run: str, test: str, package: Package, problem: Problem, seed: int
) -> None:
    """Log some test rows with what they turned out to be, as a folder of Parquet.

    Parameters
    ----------
    client : MlflowClient
        A connected client.
    run : str
        The run that trained the model.
    test : str
        Folder of the test rows.
    package : Package
        The model.
    problem : Problem
        With the target, and the weight if rows have one.
    seed : int
        Seed of the choice.
    """
    names = list(dict.fromkeys([*package.signature.columns, problem.target, *filter(None, [problem.weight])]))
    rows = read_chosen_rows(test, choose_row_numbers(count_rows(test), _MOST_ROWS, seed), names)
    whole = read_arrow_schema(test)
    schema = pa.schema([whole.field(name) for name in names]).remove_metadata()
    with tempfile.TemporaryDirectory() as folder:
        write_table(pa.Table.from_pandas(rows, schema, preserve_index=False).to_batches(), schema, folder)
        client.log_artifacts(run, folder, TEST_ROWS)
