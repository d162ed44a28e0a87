"""Schedules on a cluster: the same command twice changes nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from tests.cluster.runs import ACCOUNT, PREFIX, ClusterRuns

pytestmark = pytest.mark.cluster

NAME = f"{PREFIX}-schedule"


@pytest.fixture
def host(runs: ClusterRuns) -> Iterator[str]:
    yield runs.host
    run_schedule(runs.host, "delete", NAME)


def run_schedule(host: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "schedule", *words],
        cwd=ROOT,
        env={**os.environ, "KF_PIPELINES_ENDPOINT": host},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_schedule_twice_changes_nothing(host: str, spec_folder: Path) -> None:
    words = ["training", "source=sample:churn", "target=churned", "--name", NAME]
    words += ["--service-account", ACCOUNT, "--compiled", str(spec_folder)]
    assert f"schedule {NAME} created" in run_schedule(host, *words, "--every", "6h")
    assert f"schedule {NAME} unchanged" in run_schedule(host, *words, "--every", "6h")
    assert f"schedule {NAME} replaced" in run_schedule(host, *words, "--every", "12h")
    assert NAME in run_schedule(host, "list")
