"""The scoring pipeline: from a table and a registered model to a prediction for each row. Wiring only."""

from kfp import dsl

from components.ingest.component import ingest_rows
from components.register.component import register_fetch
from components.score.component import score, score_plan, score_result


@dsl.pipeline(name="scoring")
def scoring(
    source: str,
    model_name: str = "",
    version: str = "champion",
    output: str = "",
    identifiers: list = [],  # noqa: B006
    shards: int = 4,
    unreadable: str = "refuse",
    seed: int = 0,
    memory: str = "",
    engine: str = "",
):
    """Predict every row of a table with a model from the registry.

    Args:
        source: Path or address of a table, as docs/data-sources.md lists them, or sample:NAME.
        model_name: Name in the model registry; empty for the only model there is.
        version: Number of the model's version, or an alias such as champion.
        output: Folder s3://bucket/folder for the predictions; empty for none.
        identifiers: Columns to write beside the predictions.
        shards: Number of shards of the table, each predicted by its own pod.
        unreadable: What to do with a value that cannot be read like its column in training: refuse or null.
        seed: Seed of a generated sample.
        memory: Memory of each stage, such as 4g; empty for the limit of its pod, or 2 GiB where there
            is none.
        engine: local or dask; empty for Dask where a scheduler is given and the table is very large.
    """
    fetched = register_fetch(model_name=model_name, version=version)
    model, registration = fetched.outputs["model"], fetched.outputs["registration"]
    dataset = ingest_rows(model=model, source=source, unreadable=unreadable, seed=seed).outputs["dataset"]
    plan = score_plan(dataset=dataset, model=model, shards=shards, identifiers=identifiers, output=output)
    with dsl.ParallelFor(plan.output, name="shards") as shard:
        scored = score(
            dataset=dataset,
            model=model,
            registration=registration,
            shard=shard,
            shards=shards,
            identifiers=identifiers,
            output=output,
            memory=memory,
            engine=engine,
        )
    score_result(
        dataset=dataset,
        model=model,
        registration=registration,
        parts=dsl.Collected(scored.outputs["predictions"]),
        shards=shards,
        identifiers=identifiers,
        output=output,
    )
