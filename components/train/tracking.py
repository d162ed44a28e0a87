"""The model's MLflow run."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlparse

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec

from components._model.files import TRUSTED, library_versions
from components._model.package import Package, Signature
from components._table.schema import Kind
from components.errors import SuiteError

# Integers and booleans may hold nulls in later rows, which MLflow's own integers may not.
_MLFLOW_TYPES: dict[Kind, str] = {
    "integer": "double",
    "float": "double",
    "boolean": "double",
    "string": "string",
    "datetime": "datetime",
}


class TrackingFailed(SuiteError):
    """MLflow could not be told of the model."""


def track(
    package: Package,
    *,
    tracking_uri: str,
    experiment: str,
    parameters: Mapping[str, object],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
) -> None:
    """Log a model as an MLflow run: parameters, metrics, tags, the model with its signature.

    Parameters
    ----------
    package : Package
        The model.
    tracking_uri : str
        Tracking server or database.
    experiment : str
        Name of the experiment, made where it is missing.
    parameters, metrics, tags : mapping
        What to log beside the model.

    Raises
    ------
    TrackingFailed
        MLflow did not answer, or refused.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _log(package, tracking_uri, experiment, parameters, metrics, tags)
    except MlflowException as error:
        raise TrackingFailed(
            f"MLflow at {_without_credentials(tracking_uri)} did not take the run: {error.message}",
            "Check MLFLOW_TRACKING_URI and that the server answers, then run this stage again.",
        ) from error


def _log(
    package: Package,
    tracking_uri: str,
    experiment: str,
    parameters: Mapping[str, object],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
) -> None:
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow.set_tracking_uri(tracking_uri)
    if mlflow.get_experiment_by_name(experiment) is None:
        mlflow.create_experiment(experiment, artifact_location=_artifact_location(tracking_uri, experiment))
    mlflow.set_experiment(experiment)
    # An MLFLOW_RUN_ID that the pipeline's backend has set is resumed.
    with mlflow.start_run():
        mlflow.log_params(dict(parameters))
        mlflow.log_metrics(dict(metrics))
        mlflow.set_tags(dict(tags))
        versions = library_versions()
        mlflow.sklearn.log_model(
            package.pipeline,
            name="model",
            signature=_signature(package.signature),
            serialization_format="skops",
            skops_trusted_types=list(TRUSTED),
            # Given, because MLflow would start an interpreter to find them out.
            pip_requirements=[f"{name}=={version}" for name, version in versions.items() if name != "python"],
        )


def _artifact_location(tracking_uri: str, experiment: str) -> str | None:
    """Return a folder beside an embedded database; None where a server decides."""
    url = urlparse(tracking_uri)
    if url.scheme != "sqlite":
        return None
    return (Path(url.path[1:]).resolve().parent / "mlartifacts" / experiment).as_uri()


def _signature(signature: Signature) -> ModelSignature:
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(_MLFLOW_TYPES[kind], name, required=False) for name, kind in signature.columns.items()
    ]
    is_text = any(isinstance(label, str) for label in signature.classes)
    is_bool = any(isinstance(label, bool) for label in signature.classes)
    label = "string" if is_text else "boolean" if is_bool else "long"
    output = "double" if signature.task == "regression" else label
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(output)]))


def _without_credentials(tracking_uri: str) -> str:
    url = urlparse(tracking_uri)
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
