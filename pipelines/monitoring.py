"""The monitoring pipeline: from the log of a model in use to a decision, and to a new model. Wiring only."""

from kfp import dsl

from components.ingest.component import ingest_truth
from components.monitor.component import monitor
from components.register.component import register_fetch
from pipelines.training import training

# A pipeline as one task cannot have its tasks' resources, so its tasks become tasks of this pipeline.
train_again = training.pipeline_func


@dsl.pipeline(name="monitoring")
def monitoring(
    folder: str,
    truth: str = "",
    model_name: str = "",
    version: str = "champion",
    days: float = 28.0,
    seed: int = 0,
    retrain: bool = True,
    budget_minutes: float = 10.0,
    trials: int = 30,
    workers: int = 1,
    deploy: bool = False,
    experiment: str = "",
    service: str = "",
    serving_mode: str = "Knative",
    gateway: str = "",
    gateway_host: str = "",
    log_sink: str = "",
    memory: str = "",
    engine: str = "",
):
    """Compare the logged requests of a model with its training, decide, and train a new model if need be.

    Args:
        folder: Folder of the logs and reports of all models, or its address s3://bucket/folder.
        truth: Path or address of the true targets with an identifier; empty for none.
        model_name: Name in the model registry; empty for the only model there is.
        version: Number of the model's version, or an alias such as champion.
        days: Days of the log to look at, up to its newest row.
        seed: Seed of the resamples, and of every random choice of the training.
        retrain: Whether a decision to retrain, which the problem must allow, starts the training.
        budget_minutes: Most time for the sweep of a training and for fitting its model, in minutes.
        trials: Number of trials of its sweep; 0 for as many as the time allows.
        workers: Pods that run trials at the same time.
        deploy: Whether to roll out a new model that is better, on KServe, which makes it the champion.
        experiment: MLflow experiment of the training; empty for one of the target's name.
        service: Name of the service; empty for the registered model's name.
        serving_mode: How KServe runs it: Knative or Standard.
        gateway: In Standard mode, the Gateway that splits requests, as namespace/name; empty for none.
        gateway_host: Host under which the Gateway routes to the service.
        log_sink: Address of the log sink, for the new model's log; empty for no log.
        memory: Memory of each stage, such as 4g; empty for the limit of its pod, or 2 GiB where there
            is none.
        engine: What computes over all rows in a training where Dask can: local or dask; empty for Dask
            where it has a scheduler and the table is very large.
    """
    fetched = register_fetch(model_name=model_name, version=version)
    model, registration = fetched.outputs["model"], fetched.outputs["registration"]
    monitored = monitor(
        truth=ingest_truth(model=model, source=truth, seed=seed).outputs["dataset"],
        model=model,
        registration=registration,
        folder=folder,
        days=days,
        seed=seed,
        memory=memory,
    )
    with (
        dsl.If(retrain == True, name="if-allowed"),  # noqa: E712
        dsl.If(monitored.outputs["decision"] == "retrain", name="retraining"),
    ):
        train_again(
            source=monitored.outputs["source"],
            test=monitored.outputs["test"],
            target=monitored.outputs["target"],
            task=monitored.outputs["task"],
            metric=monitored.outputs["metric"],
            problem=monitored.outputs["problem"],
            expectations=monitored.outputs["expectations"],
            model_name=monitored.outputs["model_name"],
            must_beat=monitored.outputs["must_beat"],
            known_trials=monitored.outputs["known_trials"],
            budget_minutes=budget_minutes,
            trials=trials,
            workers=workers,
            deploy=deploy,
            experiment=experiment,
            service=service,
            serving_mode=serving_mode,
            gateway=gateway,
            gateway_host=gateway_host,
            log_sink=log_sink,
            seed=seed,
            memory=memory,
            engine=engine,
        )
