"""The components' interfaces."""

from kfp.dsl import Input, Output

from components._kfp.artifacts import Model, Problem, Reading, Table
from components._kfp.stage import stage


@stage
def ingest_plan(source: str, test: str = "") -> dict:
    """Look at the source and the test table, so that ingest runs again only if one of them has changed.

    Args:
        source: Path or address of a table, as docs/data-sources.md lists them, or sample:NAME.
        test: Path or address of a test table of your own; empty for none.

    Returns:
        A fingerprint of the content of each: its version in object storage, its ETag, its size and time of
        change, or its hash.
    """
    from components.ingest.plan import plan

    return plan(source=source, test=test)


@stage
def ingest(
    dataset: Output[Table],
    own_test: Output[Table],
    reading: Output[Reading],
    problem: Input[Problem],
    source: str,
    test: str = "",
    seed: int = 0,
    fingerprints: dict = {},  # noqa: B006
):
    """Read a table of any format, find the types of its columns, and store it as typed Parquet.

    Args:
        dataset: The table, with its content hash.
        own_test: The rows of the test table, read as the table is; no rows without a test table.
        reading: How each column was read, with notices.
        problem: The problem, with the options for reading the table.
        source: Path or address of a table, as docs/data-sources.md lists them, or sample:NAME.
        test: Path or address of a test table of your own; empty for none.
        seed: Seed of a generated sample.
        fingerprints: The contents that source and test must have, from ingest_plan; empty for any.
    """
    from components.ingest.run import run_both

    facts = run_both(
        dataset=dataset.path,
        own_test=own_test.path,
        reading=reading.path,
        problem=problem.path,
        source=source,
        test=test,
        seed=seed,
        fingerprints=fingerprints,
    )
    dataset.metadata.update(facts["dataset"])
    own_test.metadata.update(facts["own_test"])


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
        source: Path or address of a table, as docs/data-sources.md lists them, or sample:NAME.
        unreadable: What to do with a value that does not fit its column: refuse the rows, or make it null.
        seed: Seed of a generated sample.
    """
    from components.ingest.run import run_rows

    dataset.metadata.update(
        run_rows(dataset=dataset.path, model=model.path, source=source, unreadable=unreadable, seed=seed)
    )


@stage
def ingest_truth(
    dataset: Output[Table],
    model: Input[Model],
    source: str = "",
    seed: int = 0,
):
    """Read the true targets of rows that a model has predicted.

    Args:
        dataset: Target and keys; no rows without a source.
        model: The model, whose problem names the target and the identifiers.
        source: Path or address of a table, as docs/data-sources.md lists them; empty for none.
        seed: Seed of a generated sample.
    """
    from components.ingest.truth import run_truth

    dataset.metadata.update(run_truth(dataset=dataset.path, model=model.path, source=source, seed=seed))
