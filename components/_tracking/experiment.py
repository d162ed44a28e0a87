"""The MLflow experiment that a stage logs its run to."""

# mypy: allow-untyped-calls
# MLflow's settings have untyped methods.

import re

import mlflow
from mlflow import MlflowClient
from mlflow.environment_variables import MLFLOW_RUN_ID

from components._tracking.mlflow_connection import get_database_folder


def set_experiment(client: MlflowClient, tracking_uri: str, experiment: str) -> None:
    """Make an experiment the current one, and create it if it is missing.

    Parameters
    ----------
    client : MlflowClient
        A connected client.
    tracking_uri : str
        Its tracking server or database.
    experiment : str
        Name of the experiment.
    """
    # It has an experiment.
    if is_run_given():
        return
    if client.get_experiment_by_name(experiment) is None:
        client.create_experiment(
            experiment, artifact_location=_choose_artifact_location(tracking_uri, experiment)
        )
    mlflow.set_experiment(experiment)


def is_run_given() -> bool:
    """Return whether the pipeline's backend has started a run, which MLflow resumes (``MLFLOW_RUN_ID``)."""
    return bool(MLFLOW_RUN_ID.is_set())


def _choose_artifact_location(tracking_uri: str, experiment: str) -> str | None:
    """Return a folder next to an embedded database; None if a server decides."""
    folder = get_database_folder(tracking_uri)
    if folder is None:
        return None
    # MLflow unescapes an address more than once, so it must not contain anything to escape.
    return (folder / "mlartifacts" / re.sub(r"[^\w-]+", "_", experiment, flags=re.ASCII)).as_uri()
