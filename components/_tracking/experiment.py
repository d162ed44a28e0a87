"""The MLflow experiment that a stage logs its run to."""

# mypy: allow-untyped-calls
# MLflow's settings have untyped methods.

import re
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow
from mlflow import ActiveRun, MlflowClient
from mlflow.environment_variables import MLFLOW_RUN_ID

from components._tracking.mlflow_connection import get_database_folder


@contextmanager
def start_run(
    client: MlflowClient, tracking_uri: str, experiment: str, name: str | None
) -> Iterator[ActiveRun]:
    """Start a run for a block of code, or resume the one that the pipeline's backend has started.

    KFP's plugin for MLflow starts a run for each task (``MLFLOW_RUN_ID``). It keeps its experiment and its
    name.

    Parameters
    ----------
    client : MlflowClient
        A connected client.
    tracking_uri : str
        Its tracking server or database.
    experiment : str
        Name of the experiment of a new run; it is created if it is missing.
    name : str or None
        Name of a new run; None for one that MLflow makes up.
    """
    if MLFLOW_RUN_ID.get():
        with mlflow.start_run() as resumed:
            yield resumed
        return
    if client.get_experiment_by_name(experiment) is None:
        client.create_experiment(
            experiment, artifact_location=_choose_artifact_location(tracking_uri, experiment)
        )
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=name) as started:
        yield started


def _choose_artifact_location(tracking_uri: str, experiment: str) -> str | None:
    """Return a folder next to an embedded database; None if a server decides."""
    folder = get_database_folder(tracking_uri)
    if folder is None:
        return None
    # MLflow unescapes an address more than once, so it must not contain anything to escape.
    return (folder / "mlartifacts" / re.sub(r"[^\w-]+", "_", experiment, flags=re.ASCII)).as_uri()
