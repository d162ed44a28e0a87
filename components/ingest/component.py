"""The component's interface."""

from kfp.dsl import Output

from components._kfp.artifacts import Table
from components._kfp.stage import stage


@stage
def ingest(dataset: Output[Table], source: str, seed: int = 0):
    """Read a table from anywhere and store it as typed Parquet.

    Args:
        dataset: The table, with its content hash.
        source: Path, http(s) or s3 address of a CSV, gzip, Parquet or JSON-lines file, or sample:NAME.
        seed: Seed of a generated sample.
    """
    from components.ingest.run import run

    dataset.metadata.update(run(dataset=dataset.path, source=source, seed=seed))
