"""What the tests of commands for a cluster share."""

from pathlib import Path
from typing import Any

import yaml

from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.spec import Spec

PARAMETERS: dict[str, Any] = {
    "source": {"parameterType": "STRING", "description": "Where the table\nis."},
    "target": {"parameterType": "STRING", "description": "Column to predict."},
    "trials": {"parameterType": "NUMBER_INTEGER", "defaultValue": 30.0, "isOptional": True},
    "minutes": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 10.0, "isOptional": True},
    "budget_minutes": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 10.0, "isOptional": True},
    "is_quick": {"parameterType": "BOOLEAN", "isOptional": True},
    "columns": {"parameterType": "LIST", "isOptional": True},
    "problem": {"parameterType": "STRUCT", "isOptional": True},
}


def make_document(image: str = "localhost:1/team/kfp-tabular-ingest:1") -> dict[str, Any]:
    """Return a compiled pipeline of two tasks in a group, one of which is a gate."""

    def make_task(name: str, title: str) -> dict[str, Any]:
        return {
            "componentRef": {"name": f"comp-{name}"},
            "taskInfo": {"name": title},
            "cachingOptions": {"enableCache": True},
        }

    group = {
        "ingest": make_task("ingest", "Ingest the table"),
        "validate-gate": make_task("validate-gate", "Gate: data"),
    }
    return {
        "pipelineInfo": {"name": "training", "description": "Train a model."},
        "schemaVersion": "2.1.0",
        "root": {
            "inputDefinitions": {"parameters": PARAMETERS},
            "dag": {"tasks": {"stages": make_task("stages", "stages")}},
        },
        "components": {
            "comp-stages": {"dag": {"tasks": group}},
            "comp-ingest": {"executorLabel": "exec-ingest"},
            "comp-validate-gate": {"executorLabel": "exec-ingest"},
        },
        "deploymentSpec": {"executors": {"exec-ingest": {"container": {"image": image}}}},
    }


def make_platform() -> dict[str, Any]:
    """Return the pipeline's settings for Kubernetes, with what backends before 2.15 and 2.16 do not know."""
    source = {"keyToEnv": [{"envVar": "AWS_REGION", "configMapKey": "AWS_REGION"}], "optional": True}
    settings = {
        "configMapAsEnv": [{"configMapName": "kfp-tabular", **source}],
        "podMetadata": {"labels": {"app.kubernetes.io/part-of": "kfp-tabular"}},
        "securityContext": {"runAsNonRoot": True},
    }
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-ingest": settings}}}}}


def make_spec(image: str = "localhost:1/team/kfp-tabular-ingest:1") -> Spec:
    return Spec((make_document(image), make_platform()))


def write_compiled(folder: Path, image: str = "localhost:1/team/kfp-tabular-ingest:1") -> Path:
    """Write the pipeline as ``compile`` would, and return the folder."""
    path = folder / "pipelines" / "training.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# a comment\n" + yaml.safe_dump_all(make_spec(image).documents), encoding="utf-8")
    return folder


def make_patient_client(connection: KubeflowConnection, pauses: list[float] | None = None) -> KubeflowClient:
    """Return a client that notes how long it would have waited."""
    return KubeflowClient(connection, sleep=(pauses if pauses is not None else []).append)
