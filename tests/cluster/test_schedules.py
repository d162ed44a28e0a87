"""Schedules on a cluster: Kubeflow's own, and those in git, which start runs that end well."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from minio import Minio

from pipelines.catalogue import ROOT
from tests.cluster.inference_logs import BUCKET, store_log
from tests.cluster.kubectl import Kubectl, Object, wait_for
from tests.cluster.probes import Probe, run_probes
from tests.cluster.registry import TrainedModel, fetch_held_out
from tests.cluster.runs import ACCOUNT, MONITORING_ACCOUNT, NAMESPACE, PREFIX, ClusterRuns
from tests.cluster.test_policies import CACHE, METADATA, PIPELINES, SERVICES, TASK
from tests.manifests.builds import get_object
from tests.manifests.test_network import COMPONENT

pytestmark = pytest.mark.cluster

SCHEDULE = f"{PREFIX}-schedule"
CRON_JOB = "kfp-tabular-monitoring"
_OWNER = "scheduledworkflows.kubeflow.org/scheduledWorkflowName"
_RUN_SECONDS = 600


@pytest.fixture
def host(runs: ClusterRuns) -> Iterator[str]:
    yield runs.host
    run_schedule(runs.host, "delete", SCHEDULE)


def run_schedule(host: str, *words: str) -> str:
    return run_command(host, sys.executable, "-m", "pipelines", "schedule", *words)


def run_command(host: str, *words: str) -> str:
    environment = {**os.environ, "KF_PIPELINES_ENDPOINT": host}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def parameters(runs: ClusterRuns, trained_model: TrainedModel, data: Minio) -> dict[str, str]:
    """Parameters of a monitoring run; there is a log for it."""
    held_out = fetch_held_out(runs.kubectl, trained_model)
    start = datetime.now(UTC) - timedelta(hours=2)
    place = f"{PREFIX}/schedules-{uuid.uuid4().hex[:6]}"
    store_log(data, place, trained_model, start, held_out["rows"], held_out["predictions"])
    name, version = trained_model
    return {"folder": f"s3://{BUCKET}/{place}", "model_name": name, "version": version}


def is_of_schedule(owner: str) -> bool:
    """Return whether Kubeflow made this name of the schedule's, with other characters."""
    return owner.replace("-", "").startswith(SCHEDULE.replace("-", ""))


def count_reports(data: Minio, parameters: dict[str, str]) -> int:
    place = parameters["folder"].removeprefix(f"s3://{BUCKET}/")
    return len(list(data.list_objects(BUCKET, prefix=f"{place}/{parameters['model_name']}/reports/")))


def wait_for_success(kubectl: Kubectl, selector: str) -> Object:
    """Return the one run that a selector selects, when it has ended well."""

    def find_ended() -> Object | None:
        (run,) = kubectl.list("workflows.argoproj.io", NAMESPACE, selector)
        return run if run.get("status", {}).get("phase") in ("Succeeded", "Failed", "Error") else None

    run = wait_for(find_ended, _RUN_SECONDS, "the run has ended", pause=3)
    assert run["status"]["phase"] == "Succeeded", run["status"].get("message")
    return run


def test_the_same_schedule_twice_changes_nothing(host: str, spec_folder: Path) -> None:
    words = ["training", "source=sample:churn", "target=churned", "--name", SCHEDULE]
    words += ["--service-account", ACCOUNT, "--compiled", str(spec_folder)]
    assert f"schedule {SCHEDULE} created" in run_schedule(host, *words, "--every", "6h")
    assert f"schedule {SCHEDULE} unchanged" in run_schedule(host, *words, "--every", "6h")
    assert f"schedule {SCHEDULE} replaced" in run_schedule(host, *words, "--every", "12h")
    assert SCHEDULE in run_schedule(host, "list")


def test_kubeflow_monitors_on_a_schedule(
    host: str, spec_folder: Path, parameters: dict[str, str], data: Minio, kubectl: Kubectl
) -> None:
    command = ["make", "-o", ".venv/.installed", "schedule", f"BIN={Path(sys.executable).parent}"]
    command += ["PIPELINE=monitoring", "CRON=* * * * *", f"NAME={SCHEDULE}", f"COMPILED={spec_folder}"]
    words = " ".join(f"{name}={value}" for name, value in parameters.items())
    assert f"schedule {SCHEDULE} created" in run_command(host, *command, f"ARGS={words}")

    def find_owner() -> str | None:
        labels = [
            run["metadata"]["labels"].get(_OWNER, "")
            for run in kubectl.list("workflows.argoproj.io", NAMESPACE)
        ]
        return next((owner for owner in labels if is_of_schedule(owner)), None)

    owner = wait_for(find_owner, 180, "the schedule starts a run")
    # Deleted, it would take its runs with it.
    run_schedule(host, "disable", SCHEDULE)
    wait_for_success(kubectl, f"{_OWNER}={owner}")
    assert count_reports(data, parameters) == 1


def test_git_monitors_on_a_schedule(
    git_schedules: list[Object], suite: Kubectl, parameters: dict[str, str], data: Minio
) -> None:
    (settings,) = (
        item
        for item in git_schedules
        if item["kind"] == "ConfigMap" and item["metadata"]["name"].startswith(f"{CRON_JOB}-")
    )
    suite.apply({**settings, "data": {"parameters.yaml": yaml.safe_dump(parameters)}})
    job = f"{PREFIX}-monitoring-{uuid.uuid4().hex[:6]}"
    suite.run("create", "job", job, f"--from=cronjob/{CRON_JOB}", "--namespace", NAMESPACE)
    try:

        def find_end() -> str | None:
            status = suite.get("job", job, NAMESPACE)["status"]
            conditions = [each["type"] for each in status.get("conditions", []) if each["status"] == "True"]
            return next((each for each in conditions if each in ("Complete", "Failed")), None)

        end = wait_for(find_end, 180, "the Job has ended")
        printed = suite.run("logs", f"job/{job}", "--namespace", NAMESPACE)
        assert end == "Complete", printed
        found = re.search(r"/runs/details/([0-9a-f-]{36})", printed)
        assert found, printed
        selector = f"pipeline/runid={found[1]}"
        wait_for_success(suite, selector)
    finally:
        suite.run("delete", "job", job, "--namespace", NAMESPACE)
    assert count_reports(data, parameters) == 1
    accounts = {pod["spec"]["serviceAccountName"] for pod in suite.list("pods", NAMESPACE, selector)}
    assert accounts == {MONITORING_ACCOUNT}


def test_a_pod_that_starts_runs_reaches_nothing_but_kubeflow(
    git_schedules: list[Object], suite: Kubectl
) -> None:
    """It is on the same node as the Kubernetes API, so that no policy here keeps it from that."""
    cron_job = get_object(git_schedules, "CronJob", CRON_JOB)
    labels = cron_job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    targets = [PIPELINES, CACHE, METADATA, *SERVICES]
    task = {**TASK, COMPONENT: "train"}
    probes = {name: Probe(NAMESPACE, each, targets) for name, each in (("submit", labels), ("train", task))}
    reached = {name: probe["reached"] for name, probe in run_probes(suite, probes).items()}
    # A task shows that the others can be reached at all.
    assert reached == {"submit": [PIPELINES], "train": targets}
