"""The components' interfaces."""

from kfp.dsl import Input, Output

from components._kfp.artifacts import Model, Problem, Reading, Table
from components._kfp.stage import stage


@stage
def ingest(
    dataset: Output[Table], reading: Output[Reading], problem: Input[Problem], source: str, seed: int = 0
):
    """Read a table of any format, find the types of its columns, and store it as typed Parquet.

    Args:
        dataset: The table, with its content hash.
        reading: How each column was read, with notices.
        problem: The problem, with the options for reading the table.
        source: Path, http(s) or s3 address of a CSV, Excel, Parquet or JSON file, or sample:NAME.
        seed: Seed of a generated sample.
    """
    from components.ingest.run import run

    dataset.metadata.update(
        run(dataset=dataset.path, reading=reading.path, problem=problem.path, source=source, seed=seed)
    )


@stage
def ingest_rows(
    dataset: Output[Table],
    model: Input[Model],
    source: str,
    unreadable: str = "refuse",
    seed: int = 0,
):
    """Read rows for a model to predict, in the same way as its training rows.

    Args:
        dataset: The rows, with their content hash.
        model: The model.
        source: Path, http(s) or s3 address of a CSV, Excel, Parquet or JSON file, or sample:NAME.
        unreadable: What to do with a value that does not fit its column: refuse the rows, or make it null.
        seed: Seed of a generated sample.
    """
    from components.ingest.run import run_rows

    dataset.metadata.update(
        run_rows(dataset=dataset.path, model=model.path, source=source, unreadable=unreadable, seed=seed)
    )
