"""Runs on a cluster, started as a person starts them and looked at through the cluster's own objects."""

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl, Object, wait_for

NAMESPACE = "kubeflow"
PREFIX = "cluster-test"
# Of runs that may deploy, and of monitoring runs.
ACCOUNT, MONITORING_ACCOUNT = "kfp-tabular", "kfp-tabular-monitoring"
# The tasks of training that a second run of the same data reuses.
BEFORE_THE_SWEEP = {
    "problem",
    "ingest",
    "validate",
    "validate-gate",
    "split",
    "eda",
    "preprocess",
    "engineer",
    "select",
}
_RUN = "pipeline/runid"
_COMPONENT = "app.kubernetes.io/component"
_SECONDS = 1500.0


@dataclass
class ClusterRun:
    """A run that has been started.

    Attributes
    ----------
    kubectl : Kubectl
        Its cluster.
    run_id : str
        Its id.
    process : Popen
        ``submit --wait``.
    printed : list of str
        What that has printed so far.
    """

    kubectl: Kubectl
    run_id: str
    process: "subprocess.Popen[str]"
    printed: list[str] = field(default_factory=list)

    @property
    def selector(self) -> str:
        return f"{_RUN}={self.run_id}"

    @property
    def workflow(self) -> Object:
        """The Argo Workflow."""
        (found,) = self.kubectl.list("workflows.argoproj.io", NAMESPACE, self.selector)
        return found

    @property
    def nodes(self) -> list[Object]:
        """The pods that Argo has started or finished, also those that are gone."""
        status = self.workflow.get("status", {})
        nodes = status.get("nodes", {})
        if packed := status.get("compressedNodes"):
            nodes = json.loads(gzip.decompress(base64.b64decode(packed)))
        return [node for node in nodes.values() if node["type"] == "Pod"]

    def list_executed_tasks(self) -> set[str]:
        """Return the tasks whose program ran; the results of all others were there already."""
        paths = [[part.partition("(")[0] for part in node["name"].split(".")] for node in self.nodes]
        return {path[-2] for path in paths if path[-1] == "executor"}

    def list_pods(self, component: str, *, is_running: bool = False) -> list[Object]:
        """Return the pods of a component that the cluster has."""
        pods = self.kubectl.list("pods", NAMESPACE, f"{self.selector},{_COMPONENT}={component}")
        return [pod for pod in pods if not is_running or _is_running(pod)]

    def wait_for_pod(self, component: str, seconds: float = 600.0) -> Object:
        """Wait until the program of a component runs, and return its pod."""
        return wait_for(
            lambda: next(iter(self.list_pods(component, is_running=True)), None),
            seconds,
            f"{component} runs",
            pause=0.3,
        )

    def wait(self, seconds: float = _SECONDS) -> "ClusterRun":
        """Wait until the run has ended."""
        rest, _ = self.process.communicate(timeout=seconds)
        self.printed.append(rest)
        return self

    @property
    def output(self) -> str:
        return "".join(self.printed)

    @property
    def exit_status(self) -> int:
        status = self.process.returncode
        assert status is not None, "the run has not ended"
        return status


class ClusterRuns:
    """Starts runs.

    Parameters
    ----------
    kubectl : Kubectl
        The cluster.
    compiled : Path
        Folder of the compiled pipelines.
    host : str
        Address of Kubeflow Pipelines' API.
    """

    def __init__(self, kubectl: Kubectl, compiled: Path, host: str) -> None:
        self.kubectl = kubectl
        self.host = host
        self._compiled = compiled

    def submit(
        self, pipeline: str, *words: str, account: str = ACCOUNT, is_followed: bool = True
    ) -> "subprocess.Popen[str]":
        """Start ``submit``, with ``--wait`` if the run is followed, with words such as ``trials=4``."""
        name = f"{PREFIX}-{pipeline}-{uuid.uuid4().hex[:6]}"
        command = [sys.executable, "-m", "pipelines", "submit", pipeline, "--name", name]
        command += ["--wait"] if is_followed else []
        command += ["--compiled", str(self._compiled), "--service-account", account, *words]
        environment = {**os.environ, "KF_PIPELINES_ENDPOINT": self.host, "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    @contextmanager
    def start(
        self, pipeline: str, *words: str, account: str = ACCOUNT, is_followed: bool = True
    ) -> Iterator[ClusterRun]:
        """Start a run for the length of a block; ``wait`` returns when it has ended."""
        with self.start_all(1, pipeline, *words, account=account, is_followed=is_followed) as (run,):
            yield run

    @contextmanager
    def start_all(
        self, count: int, pipeline: str, *words: str, account: str = ACCOUNT, is_followed: bool = True
    ) -> Iterator[list[ClusterRun]]:
        """Start runs at the same moment, as people do who know nothing of each other."""
        with ExitStack() as stack:
            processes = []
            for _ in range(count):
                process = stack.enter_context(
                    self.submit(pipeline, *words, account=account, is_followed=is_followed)
                )
                stack.callback(process.kill)
                processes.append(process)
            yield [self._read_start(process) for process in processes]

    def run(self, pipeline: str, *words: str, account: str = ACCOUNT) -> ClusterRun:
        """Return a run that has ended."""
        with self.start(pipeline, *words, account=account) as run:
            return run.wait()

    def _read_start(self, process: "subprocess.Popen[str]") -> ClusterRun:
        printed: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if found := re.search(r"/runs/details/([0-9a-f-]{36})", line):
                return ClusterRun(self.kubectl, found[1], process, printed)
        raise AssertionError(f"submit did not start a run:\n{''.join(printed)}")


def compile_specs(folder: Path, *options: str) -> Path:
    """Compile the pipelines into a folder; their tasks reserve little, so that two processors are enough."""
    command = [sys.executable, "-m", "pipelines", "compile", "--output", str(folder), *options]
    subprocess.run(command, check=True, cwd=ROOT)
    for path in (folder / "pipelines").glob("*.yaml"):
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        for executor in documents[0]["deploymentSpec"]["executors"].values():
            executor["container"]["resources"]["resourceCpuRequest"] = "50m"
            executor["container"]["resources"]["resourceMemoryRequest"] = "256Mi"
        path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return folder


def delete_leftovers(kubectl: Kubectl) -> None:
    """Delete what tests made, also those of a session that died."""
    kinds = ["leases", "limitranges", "workflows.argoproj.io", "pods"]
    if "inferenceservices" in kubectl.run("api-resources", "--output", "name"):
        kinds.insert(0, "inferenceservices")
    for kind in kinds:
        for item in kubectl.list(kind, NAMESPACE):
            if _is_of_tests(item):
                name = item["metadata"]["name"]
                kubectl.run("delete", kind, name, "--namespace", NAMESPACE, "--wait=false")


def _is_of_tests(item: Object) -> bool:
    metadata = item["metadata"]
    names = [metadata["name"], *metadata.get("labels", {}).values(), *_list_display_names(item)]
    return any(name.startswith(PREFIX) for name in names)


def _list_display_names(item: Object) -> list[str]:
    annotations = item["metadata"].get("annotations", {})
    return [value for name, value in annotations.items() if name.endswith("run_name")]


def _is_running(pod: Object) -> bool:
    statuses = pod["status"].get("containerStatuses", [])
    return any(status["name"] == "main" and "running" in status["state"] for status in statuses)
