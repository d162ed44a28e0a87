"""The components' interfaces."""

from typing import List  # noqa: UP035

from kfp.dsl import HTML, Artifact, Input, Metrics, Output

from components._kfp.artifacts import Model, Predictions, Registration, Table
from components._kfp.stage import stage


@stage
def score_plan(
    dataset: Input[Table],
    model: Input[Model],
    shards: int = 4,
    identifiers: list = [],  # noqa: B006
    output: str = "",
) -> list[int]:
    """Check that the model can score the table.

    Args:
        dataset: The rows.
        model: The model.
        shards: Number of shards.
        identifiers: Columns to write beside the predictions.
        output: Folder s3://bucket/folder for the predictions; empty for none.

    Returns:
        The numbers of the shards, to loop over.
    """
    from components.score.run import Settings, plan

    return plan(
        dataset=dataset.path,
        model=model.path,
        settings=Settings(shards=shards, identifiers=tuple(identifiers), output=output),
    )


@stage
def score(
    dataset: Input[Table],
    model: Input[Model],
    registration: Input[Registration],
    predictions: Output[Predictions],
    shard: int = 0,
    shards: int = 4,
    identifiers: list = [],  # noqa: B006
    output: str = "",
    memory: str = "",
    engine: str = "",
):
    """Predict a shard of the rows; batches that exist already are kept.

    Args:
        dataset: The rows.
        model: The model.
        registration: The model's version.
        predictions: The shard's predictions.
        shard: Number of the shard, from 0.
        shards: Number of shards.
        identifiers: Columns to write beside the predictions.
        output: Folder s3://bucket/folder for the predictions; empty for none.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
        engine: local or dask; empty for Dask where a scheduler is given and the table is very large.
    """
    from components.score.run import Settings, resolve_memory, run

    predictions.metadata.update(
        run(
            dataset=dataset.path,
            model=model.path,
            registration=registration.path,
            predictions=predictions.path,
            source=dataset.metadata["sha256"],
            settings=Settings(shard=shard, shards=shards, identifiers=tuple(identifiers), output=output),
            engine=engine,
            memory=resolve_memory(memory),
        )
    )


# kfp cannot import an artifact type of our own inside a List, so parts says Artifact and means Predictions.
@stage
def score_result(
    dataset: Input[Table],
    model: Input[Model],
    registration: Input[Registration],
    parts: Input[List[Artifact]],  # noqa: UP006
    predictions: Output[Predictions],
    metrics: Output[Metrics],
    report: Output[HTML],
    shards: int = 4,
    identifiers: list = [],  # noqa: B006
    output: str = "",
):
    """Join the predictions of all shards, and check that each row has one.

    Args:
        dataset: The rows.
        model: The model.
        registration: The model's version.
        parts: The predictions of each shard.
        predictions: All predictions.
        metrics: Number of rows; shares of the classes, of nulls and of values that no training row had.
        report: Comparison of rows and predictions with those of training.
        shards: Number of shards.
        identifiers: Columns that are written beside the predictions.
        output: Folder s3://bucket/folder that has the predictions, too; empty for none.
    """
    from components.score.run import Settings, join_shards

    scored = join_shards(
        dataset=dataset.path,
        model=model.path,
        registration=registration.path,
        parts=[part.path for part in parts],
        predictions=predictions.path,
        report=report.path,
        source=dataset.metadata["sha256"],
        unreadable=dataset.metadata.get("unreadable", {}),
        warnings=dataset.metadata.get("warnings", []),
        engines=[part.metadata["engine"] for part in parts],
        settings=Settings(shards=shards, identifiers=tuple(identifiers), output=output),
    )
    predictions.metadata.update(scored.info.to_metadata())
    predictions.metadata.update({"output": scored.output, "ignored": scored.ignored})
    metrics.metadata.update(scored.metrics)
