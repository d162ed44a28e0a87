"""Runs that repeat an earlier one: from one of its stages on the cluster, and as a whole on a laptop."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl
from tests.cluster.registry import fetch_evaluation, fetch_version
from tests.cluster.runs import BEFORE_THE_SWEEP, PREFIX, ClusterRun, ClusterRuns

pytestmark = pytest.mark.cluster

MODEL = f"{PREFIX}-repeated"
_SECONDS = 900


@pytest.fixture(scope="module")
def first(runs: ClusterRuns) -> ClusterRun:
    run = runs.run("training", "trials=2", "budget_minutes=2", "seed=3", f"model_name={MODEL}")
    assert run.exit_status == 0, run.output
    return run


def run_here(*words: str, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *words],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        text=True,
        capture_output=True,
        timeout=_SECONDS,
    )


def test_the_laptop_gets_the_digits_of_the_cluster(
    runs: ClusterRuns, first: ClusterRun, kubectl: Kubectl, tmp_path: Path
) -> None:
    link = f"{runs.host}/#/runs/details/{first.run_id}"
    done = run_here("run", "training", "--from", link, "--runs", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (verdict,) = tmp_path.glob("*/artifacts/*/evaluate/verdict")
    here = json.loads(verdict.read_text(encoding="utf-8"))["record"]
    there = fetch_evaluation(kubectl, MODEL)
    assert here["metrics"]
    for name in ("metrics", "score", "low", "high", "gates", "rows_test"):
        assert here[name] == there[name]


def test_the_version_of_the_cluster_is_reproduced_bit_by_bit(
    first: ClusterRun, kubectl: Kubectl, tmp_path: Path
) -> None:
    version = fetch_version(kubectl, MODEL)["version"]
    with kubectl.forward_port("mlflow", "kfp-tabular", 5000) as address:
        words = ["reproduce", version, "--model", MODEL, "--runs", str(tmp_path)]
        done = run_here(*words, environment={"MLFLOW_TRACKING_URI": f"http://{address}"})
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_run_starts_again_from_a_stage(runs: ClusterRuns, first: ClusterRun) -> None:
    again = runs.run("training", "--from", "tune", "--run", first.run_id, "trials=3")
    assert again.exit_status == 0, again.output
    executed = again.list_executed_tasks()
    assert not BEFORE_THE_SWEEP & executed
    assert {"train", "evaluate", "register"} <= executed
    (said,) = [line for line in again.output.splitlines() if line.split()[:1] == ["reused"]]
    assert set(said.partition("reused")[2].replace(",", " ").split()) >= BEFORE_THE_SWEEP
