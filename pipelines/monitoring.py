"""The monitoring pipeline: from the log of a model in use to a decision. Wiring only."""

from kfp import dsl

from components.ingest.component import ingest_truth
from components.monitor.component import monitor
from components.register.component import register_fetch


@dsl.pipeline(name="monitoring")
def monitoring(
    folder: str,
    truth: str = "",
    model_name: str = "",
    version: str = "champion",
    days: float = 28.0,
    seed: int = 0,
):
    """Compare the logged requests of a model with its training, and decide what to do.

    Args:
        folder: Folder of the logs and reports of all models, or its address s3://bucket/folder.
        truth: Path, http(s) or s3 address of the true targets with an identifier; empty for none.
        model_name: Name in the model registry; empty for the only model there is.
        version: Number of the model's version, or an alias such as champion.
        days: Days of the log to look at, up to its newest row.
        seed: Seed of the resamples.
    """
    fetched = register_fetch(model_name=model_name, version=version)
    model, registration = fetched.outputs["model"], fetched.outputs["registration"]
    monitor(
        truth=ingest_truth(model=model, source=truth, seed=seed).outputs["dataset"],
        model=model,
        registration=registration,
        folder=folder,
        days=days,
        seed=seed,
    )
