"""The model's MLflow run."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunInfo, RunTag
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from components._estimators.description import get_title
from components._model.files import TRUSTED, get_library_versions
from components._model.package import Package
from components._model.signature import Signature
from components._problem.metrics import get_sign, name_metric
from components._sweep.trials import TrialResult
from components._table.schema import Kind
from components._tracking.experiment import start_run
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import PACKAGE
from components.json_file import write_json

# Later rows may have nulls in integers and booleans, which MLflow's integers cannot hold.
_MLFLOW_TYPES: dict[Kind, str] = {
    "integer": "double",
    "float": "double",
    "boolean": "double",
    "string": "string",
    "datetime": "datetime",
}

# MLflow accepts at most 1,000 entries in a request: two metrics of each trial, and the metrics, parameters
# and tags of the model.
_MOST_TRIALS = 450
_EXAMPLE_ROWS = 3
# As many trials become runs of their own; all are in trials.json.
_BEST_TRIALS = 10
NOTHING: Mapping[str, object] = MappingProxyType({})
# The longest that MLflow stores.
_DIGEST_LENGTH = 36
# The parts of a model's lineage that become tags of the run.
_TAGS = (
    "dataset_sha256",
    "sha256",
    "source",
    "source_version",
    "commit",
    "expectations_sha256",
    "rows_set_aside",
)


class TrackedModel(NamedTuple):
    """Where a model is in MLflow.

    Attributes
    ----------
    run : str
        The run that logged it.
    model_id : str
        MLflow's logged model.
    """

    run: str
    model_id: str


def log_mlflow_run(
    package: Package,
    folder: Path,
    frame: pd.DataFrame,
    *,
    tracking_uri: str,
    experiment: str,
    metrics: Mapping[str, float],
    trials: Sequence[TrialResult],
    n_rows: int | None = None,
    run_name: str | None = None,
    asked: Mapping[str, object] = NOTHING,
    links: Mapping[str, object] = NOTHING,
    page: str = "",
) -> TrackedModel:
    """Log a model as an MLflow run: parameters, metrics, tags, the sweep's trials and the model itself.

    The best trials are runs below it.

    Parameters
    ----------
    package : Package
        The model; its lineage gives parameters and tags.
    folder : Path
        Its folder, which is stored with MLflow's own form of the model, and then gets ``mlflow.json``.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows, the first of which are an example of the input.
    tracking_uri : str
        Tracking server or database.
    experiment : str
        Name of the experiment, which is created if it is missing.
    metrics : mapping
        The stage's metrics.
    trials : sequence of TrialResult
        The sweep's trials. Score and seconds of each trial that finished are logged in one request, with the
        trial's number as the step; the complete records are logged as ``trials.json``.
    n_rows : int or None
        Number of all training rows if ``frame`` is a sample of them.
    run_name : str or None
        Name of the run; None for one that MLflow makes up. A run that the pipeline's backend has started
        keeps its own.
    asked : mapping of str to object
        What the run was asked for, which becomes parameters.
    links : mapping of str to object
        Tags that lead to the run of the pipeline.
    page : str
        The stage's report as HTML, which is logged; empty for none.

    Raises
    ------
    TrackingError
        MLflow did not answer, or refused.
    """
    lineage, signature = package.lineage, package.signature
    parameters = {
        "family": signature.family,
        "seed": lineage["seed"],
        "source": lineage.get("source") or "",
        "target": signature.target,
        "task": signature.task,
        "metric": name_metric(signature.metric),
        **asked,
        **_build_model_parameters(lineage["models"]),
    }
    tags = {**links, **{name: lineage[name] for name in _TAGS if lineage.get(name) is not None}}
    with (
        connect_to_mlflow(tracking_uri, "take the run") as client,
        start_run(client, tracking_uri, experiment, run_name) as run,
    ):
        client.log_batch(
            run.info.run_id,
            metrics=[*_build_metrics(metrics), *_build_trial_metrics(trials, package.signature.metric)],
            params=[Param(name, _format_parameter(value)) for name, value in parameters.items()],
            tags=[RunTag(name, str(value)) for name, value in tags.items()],
        )
        client.log_inputs(run.info.run_id, [_build_dataset_input(package, n_rows or len(frame))])
        mlflow.log_dict({"trials": [asdict(trial) for trial in trials]}, "trials.json")
        if page:
            client.log_text(run.info.run_id, page, "pages/train.html")
        _log_best_trials(client, run.info, trials, signature.metric)
        versions = get_library_versions()
        logged = mlflow.sklearn.log_model(
            package.pipeline,
            name="model",
            signature=_build_signature(package.signature),
            input_example=_convert_to_signature(frame.head(_EXAMPLE_ROWS), package.signature),
            serialization_format="skops",
            skops_trusted_types=list(TRUSTED),
            # Without this list MLflow would start an interpreter to find the requirements.
            pip_requirements=[f"{name}=={version}" for name, version in versions.items() if name != "python"],
        )
        client.log_model_artifacts(logged.model_id, str(folder), PACKAGE)
        tracked = TrackedModel(run.info.run_id, logged.model_id)
        write_json(folder / "mlflow.json", tracked._asdict())
        return tracked


def _log_best_trials(
    client: MlflowClient, parent: RunInfo, trials: Sequence[TrialResult], metric: str
) -> None:
    """Log the best trials as runs below that of the model, each with one request for its figures."""
    finished = sorted((trial for trial in trials if trial.is_finished), key=lambda trial: -trial.score)
    for trial in finished[:_BEST_TRIALS]:
        started, ended = (int(1000 * at) for at in (trial.started, trial.started + trial.seconds))
        run = client.create_run(
            parent.experiment_id,
            start_time=started,
            tags={MLFLOW_PARENT_RUN_ID: parent.run_id},
            run_name=f"trial {trial.number}: {get_title(trial.family)}",
        )
        client.log_batch(
            run.info.run_id,
            metrics=[
                Metric(f"cv_{name_metric(metric)}", trial.score * get_sign(metric), ended, 0),
                Metric("seconds", trial.seconds, ended, 0),
            ],
            params=[
                Param(name, _format_parameter(value))
                for name, value in {"family": trial.family, **trial.parameters}.items()
            ],
        )
        client.set_terminated(run.info.run_id, "FINISHED", ended)


def _build_dataset_input(package: Package, n_rows: int) -> DatasetInput:
    """Return the training rows as the dataset of a run: their source, its version and their hashes."""
    lineage = {name: str(value) for name, value in package.lineage.items() if name in _TAGS and value}
    source = lineage.get("source", "")
    scheme = re.match(r"([a-z0-9]+)[a-z0-9+.-]*:", source)
    dataset = Dataset(
        name=source.partition("?")[0].rstrip("/").rpartition("/")[2] or "table",
        digest=lineage.get("dataset_sha256", "")[:_DIGEST_LENGTH],
        source_type=scheme[1] if scheme else "local",
        source=json.dumps({"uri": source}),
        schema=json.dumps({"mlflow_colspec": _build_signature(package.signature).inputs.to_dict()}),
        profile=json.dumps({"num_rows": n_rows}),
    )
    facts = [InputTag(name, value) for name, value in lineage.items() if name != "commit"]
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training"), *facts])


def _build_model_parameters(models: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the parameters of a single trial, or a line for each trial of an ensemble."""
    if len(models) == 1:
        return dict(models[0]["parameters"])
    return {
        f"model_{i}": f"{model['title']}, trial {model['trial']}, weight {model['weight']:.2f}"
        for i, model in enumerate(models, 1)
    }


def _format_parameter(value: object) -> str:
    """Return a parameter as JSON has it: 10 for 10.0.

    KFP's plugin logs the inputs of the task to the same run, as JSON, and MLflow refuses a second value.
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _build_metrics(metrics: Mapping[str, float]) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(name, value, now, 0) for name, value in metrics.items()]


def _build_trial_metrics(trials: Sequence[TrialResult], metric: str) -> list[Metric]:
    """Return score and seconds of the last trials, as many as one request can hold."""
    finished = [trial for trial in trials if trial.is_finished][-_MOST_TRIALS:]
    return [
        Metric(f"trial_{name}", value, int((trial.started + trial.seconds) * 1000), trial.number)
        for trial in finished
        for name, value in ((name_metric(metric), trial.score * get_sign(metric)), ("seconds", trial.seconds))
    ]


def _convert_to_signature(rows: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Return rows with the types of MLflow's signature."""
    doubles = {name: "float64" for name, kind in signature.columns.items() if _MLFLOW_TYPES[kind] == "double"}
    return rows[list(signature.columns)].astype(doubles)


def _build_signature(signature: Signature) -> ModelSignature:
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(_MLFLOW_TYPES[kind], name, required=False) for name, kind in signature.columns.items()
    ]
    is_text = any(isinstance(label, str) for label in signature.classes)
    is_bool = any(isinstance(label, bool) for label in signature.classes)
    label = "string" if is_text else "boolean" if is_bool else "long"
    output = "double" if signature.task == "regression" else label
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(output)]))
