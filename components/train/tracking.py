"""The model's MLflow run."""

# mypy: allow-untyped-calls
# MLflow's settings have untyped methods.

import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlparse

import mlflow
import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.environment_variables import (
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_RUN_ID,
)
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.store.db.db_types import DATABASE_ENGINES
from mlflow.types.schema import ColSpec, Schema, TensorSpec

from components._model.files import TRUSTED, library_versions
from components._model.package import Package
from components._model.signature import Signature
from components._model.trials import TrialResult
from components._problem.metrics import shown, sign
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

_LONGEST_REASON = 300
# MLflow takes at most 1,000 entries in a request: two figures of each trial, and the model's own figures,
# parameters and tags.
_MOST_TRIALS = 450


class TrackingFailed(SuiteError):
    """MLflow could not be told of the model."""


def track(
    package: Package,
    *,
    tracking_uri: str,
    experiment: str,
    parameters: Mapping[str, object],
    metrics: Mapping[str, float],
    trials: Sequence[TrialResult],
    tags: Mapping[str, str],
) -> None:
    """Log a model as an MLflow run: parameters, metrics, tags, the sweep's trials, the model itself.

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
    trials : sequence of TrialResult
        The sweep's trials: the score and seconds of each that finished, with its number as the step, in one
        request, and all that is known of them as ``trials.json``.

    Raises
    ------
    TrackingFailed
        MLflow did not answer, or refused.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _log(package, tracking_uri, experiment, parameters, metrics, trials, tags)
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError, ImportError) as error:
        # Uploads fail with errors of requests, which are OSErrors; a database's driver may be missing.
        raise TrackingFailed(
            f"MLflow at {_without_credentials(tracking_uri)} did not take the run: "
            f"{_reason(error, tracking_uri)}",
            "Check MLFLOW_TRACKING_URI and that the server answers, then run this stage again.",
        ) from error


def _log(
    package: Package,
    tracking_uri: str,
    experiment: str,
    parameters: Mapping[str, object],
    metrics: Mapping[str, float],
    trials: Sequence[TrialResult],
    tags: Mapping[str, str],
) -> None:
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    _reach(tracking_uri, experiment)
    with mlflow.start_run() as run:
        MlflowClient().log_batch(
            run.info.run_id,
            metrics=[*_metrics(metrics), *_trial_metrics(trials, package.signature.metric)],
            params=[Param(name, str(value)) for name, value in parameters.items()],
            tags=[RunTag(name, value) for name, value in tags.items()],
        )
        mlflow.log_dict({"trials": [asdict(trial) for trial in trials]}, "trials.json")
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


def _metrics(metrics: Mapping[str, float]) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(name, value, now, 0) for name, value in metrics.items()]


def _trial_metrics(trials: Sequence[TrialResult], metric: str) -> list[Metric]:
    """Return what MLflow draws of the trials: as many of the last as one request may hold."""
    finished = [trial for trial in trials if trial.is_finished][-_MOST_TRIALS:]
    return [
        Metric(f"trial_{name}", value, int((trial.started + trial.seconds) * 1000), trial.number)
        for trial in finished
        for name, value in ((shown(metric), trial.score * sign(metric)), ("seconds", trial.seconds))
    ]


def _reach(tracking_uri: str, experiment: str) -> None:
    """Make the experiment the current one, or fail within seconds where nobody answers."""
    mlflow.set_tracking_uri(tracking_uri)
    if _is_database(tracking_uri):
        _connect_once(tracking_uri)
    with _little_patience():
        existing = mlflow.get_experiment_by_name(experiment)
    # A run that the pipeline's backend has begun is resumed, in the experiment that it has.
    if MLFLOW_RUN_ID.is_set():
        return
    if existing is None:
        mlflow.create_experiment(experiment, artifact_location=_artifact_location(tracking_uri, experiment))
    mlflow.set_experiment(experiment)


def _is_database(tracking_uri: str) -> bool:
    return urlparse(tracking_uri).scheme.partition("+")[0] in DATABASE_ENGINES


def _connect_once(tracking_uri: str) -> None:
    """Fail at once where no connection can be made: MLflow would try ten times, for two minutes."""
    folder = _embedded_folder(tracking_uri)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(tracking_uri)
    engine.connect().close()
    engine.dispose()


@contextmanager
def _little_patience() -> Iterator[None]:
    """Let MLflow ask three times and wait 5 s for an answer, unless its own settings say otherwise."""
    unset = [
        (variable, value)
        for variable, value in ((MLFLOW_HTTP_REQUEST_MAX_RETRIES, 2), (MLFLOW_HTTP_REQUEST_TIMEOUT, 5))
        if not variable.is_set()
    ]
    for variable, value in unset:
        variable.set(value)
    try:
        yield
    finally:
        for variable, _ in unset:
            variable.unset()


def _artifact_location(tracking_uri: str, experiment: str) -> str | None:
    """Return a folder beside an embedded database; None where a server decides."""
    folder = _embedded_folder(tracking_uri)
    if folder is None:
        return None
    # MLflow takes an address apart more than once, so nothing may be left to escape.
    return (folder / "mlartifacts" / re.sub(r"[^\w-]+", "_", experiment, flags=re.ASCII)).as_uri()


def _embedded_folder(tracking_uri: str) -> Path | None:
    url = urlparse(tracking_uri)
    return Path(url.path[1:]).resolve().parent if url.scheme == "sqlite" else None


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
    return re.sub("//[^/]*@", "//", tracking_uri)


def _reason(error: Exception, tracking_uri: str) -> str:
    """Return what MLflow said in one line; of a connection that failed only why."""
    said = str(error).replace(tracking_uri.rstrip("/"), _without_credentials(tracking_uri).rstrip("/"))
    first = (said.strip() or type(error).__name__).splitlines()[0]
    cause = re.search(r"Caused by .*?(?:\[Errno -?\d+\] |(?=Connection to ))([^\"')(]+)", first)
    return cause[1].strip() if cause else first[:_LONGEST_REASON]
