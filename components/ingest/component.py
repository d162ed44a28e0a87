"""The components' interfaces."""

from kfp.dsl import Input, Output

from components._kfp.artifacts import Model, Problem, Reading, Table
from components._kfp.stage import stage


@stage
def ingest(
    dataset: Output[Table], reading: Output[Reading], problem: Input[Problem], source: str, seed: int = 0
):
    """Read a table from anywhere, decide what its cells mean, and store it as typed Parquet.

    Args:
        dataset: The table, with its content hash.
        reading: How each column was read, and what to know about it.
        problem: The problem, with what a person decided about reading.
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
    """Read rows that a model will predict, as the rows were read that it learnt from.

    Args:
        dataset: The rows, with their content hash.
        model: The model.
        source: Path, http(s) or s3 address of a CSV, Excel, Parquet or JSON file, or sample:NAME.
        unreadable: What becomes of a value that does not fit its column: refuse or null.
        seed: Seed of a generated sample.
    """
    from components.ingest.run import run_rows

    dataset.metadata.update(
        run_rows(dataset=dataset.path, model=model.path, source=source, unreadable=unreadable, seed=seed)
    )
