"""A model whose problem names an approver is served once that person has signed, and not before."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl
from tests.cluster.registry import fetch_version
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns
from tests.ssh_keys import make_key, read_line

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

MODEL = f"{PREFIX}-approved"
SERVICE = f"{PREFIX}-approved"


def approve(kubectl: Kubectl, version: str, key: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipelines", "models", "approve", version, "--yes"]
    with kubectl.forward_port("mlflow", "kfp-tabular", 5000) as address:
        environment = {**os.environ, "MLFLOW_TRACKING_URI": f"http://{address}"}
        return subprocess.run(
            [*command, "--model", MODEL, "--key", str(key)],
            cwd=ROOT,
            env=environment,
            text=True,
            capture_output=True,
        )


def test_a_model_is_served_once_it_is_approved(runs: ClusterRuns, kubectl: Kubectl, tmp_path: Path) -> None:
    keys = {name: make_key(tmp_path, name) for name in ("maria", "eve")}
    problem = json.dumps({"approvers": {"maria": read_line(keys["maria"])}})
    trained = runs.run(
        "training", "trials=2", "budget_minutes=2", f"model_name={MODEL}", f"problem={problem}"
    )
    assert trained.exit_status == 0, trained.output
    version = fetch_version(kubectl, MODEL)["version"]
    words = [f"model_name={MODEL}", f"version={version}", f"service={SERVICE}", "mode=Standard"]
    refused = runs.run("deployment", *words, "step_seconds=5")
    assert refused.exit_status != 0
    assert "maria" in refused.output
    assert kubectl.find("inferenceservice", SERVICE, NAMESPACE) is None
    assert approve(kubectl, version, keys["eve"]).returncode != 0
    approved = approve(kubectl, version, keys["maria"])
    assert approved.returncode == 0, approved.stdout + approved.stderr
    served = runs.run("deployment", *words, "step_seconds=5")
    assert served.exit_status == 0, served.output
    assert kubectl.find("inferenceservice", SERVICE, NAMESPACE) is not None
    removed = runs.run("removal", f"service={SERVICE}")
    assert removed.exit_status == 0, removed.output
