"""A deploy step dies after each of its requests to Kubernetes, and the next one takes over."""

import copy
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from components._kubernetes.client import KubernetesClient
from components._problem.verdict import Verdict
from components.deploy.recovery import RecoveryError
from components.deploy.run import Settings, remove, run
from components.environment import Environment
from components.json_file import write_json
from pipelines.catalogue import ROOT
from tests.components.deploy.model_answers import HELD_OUT, serve_answers
from tests.components.deploy.rollouts import URIS, get_storage_uri
from tests.kube_api.cluster import KubeApi

KINDS: dict[str, dict[str, Any]] = {
    "Knative": {"mode": "Knative"},
    "Standard": {"mode": "Standard"},
    "Gateway": {"mode": "Standard", "gateway": "gateways/main", "gateway_host": "churn.example.org"},
}
LEASE = ("Lease", "churn-rollout")
QUICK = {"step_seconds": 0.001, "ready_seconds": 5.0, "steps": (20,), "max_p95_ms": 60_000.0}


class Killed(BaseException):
    """The process has ended; nothing in it may act any more."""


class Cluster:
    """A namespace in which deploy steps run in pods, one at a time, and may die at any request.

    Attributes
    ----------
    champions : list of str
        The versions that became the champion.
    n_requests : int
        Requests to Kubernetes of the last step.
    """

    def __init__(self, kube_api: KubeApi, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kube, self._folder, self._monkeypatch = kube_api, folder, monkeypatch
        self.champions: list[str] = []
        self.n_requests, self._last, self._n_pods = 0, 0, 0
        send = KubernetesClient._send_request

        def send_or_die(client: KubernetesClient, *request: Any, **named: Any) -> Any:
            if self._last and self.n_requests >= self._last:
                raise Killed
            self.n_requests += 1
            try:
                return send(client, *request, **named)
            finally:
                self._check_route()
                if self.n_requests == self._last:
                    raise Killed

        monkeypatch.setattr(KubernetesClient, "_send_request", send_or_die)
        monkeypatch.setattr("components.deploy.run._promote", self._promote)

    def run_step(self, version: str, settings: dict[str, Any], *, dies_at: int = 0) -> Verdict | None:
        """Deploy a version, or with "" remove the service; returns None if the step died."""
        self.n_requests, self._last = 0, dies_at
        self._n_pods += 1
        pod = f"step-{self._n_pods}"
        self.kube.objects["Pod", pod] = {
            "metadata": {"name": pod, "uid": f"uid-{pod}"},
            "status": {"phase": "Running"},
        }
        self._monkeypatch.setenv("KFP_POD_NAME", pod)
        self._monkeypatch.setenv("KFP_POD_UID", f"uid-{pod}")
        try:
            if version:
                return self._deploy(version, settings)
            remove(service="churn", run_name=f"removal in {pod}")
            return Verdict((), "")
        except Killed:
            return None
        finally:
            del self.kube.objects["Pod", pod]

    def write_registration(self, version: str) -> Path:
        """Write a version as register does."""
        place = self._folder / f"registration-{version}"
        place.mkdir(exist_ok=True)
        facts = {"model": "churn", "version": version, "package": f"s3://models/{version}", "tags": {}}
        write_json(place / "registration.json", facts)
        write_json(place / "held_out.json", vars(HELD_OUT))
        return place

    def read_summary(self) -> str:
        """Return the last step's report."""
        return (self._folder / "summary").read_text(encoding="utf-8")

    def _deploy(self, version: str, settings: dict[str, Any]) -> Verdict:
        place, verdict = self.write_registration(version), self._folder / "verdict"
        run(
            registration=str(place),
            summary=str(self._folder / "summary"),
            verdict=str(verdict),
            run_name=f"deployment of {version}",
            settings=Settings(**{**QUICK, **settings}),
        )
        return Verdict.load(verdict)

    def _check_route(self) -> None:
        """No request may go to a service that is not there."""
        route = self.kube.objects.get(("HTTPRoute", "churn-rollout"))
        for backend in route["spec"]["rules"][0]["backendRefs"] if route else ():
            name = backend["name"].removesuffix("-predictor")
            assert not backend["weight"] or ("InferenceService", name) in self.kube.objects

    def _promote(self, release: Any, _: Environment) -> None:
        self.champions.append(release.version)


@pytest.fixture
def cluster(kube_api: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("KFP_TABULAR_SERVE_IMAGE", "registry.example/kfp-tabular-serve:1.2.0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///not-used")
    # Requests are counted, and those of the renewing thread depend on the time.
    monkeypatch.setattr("components.deploy.deployment_record._RENEW_SECONDS", 3_600.0)
    with ExitStack() as stack:
        for version in ("1", "2", "3"):
            answers = stack.enter_context(serve_answers())
            answers.version = version
            kube_api.servers[URIS.get(version, f"s3://models/{version}")] = answers.url
        yield Cluster(kube_api, tmp_path, monkeypatch)


def check_state(kube: KubeApi, version: str | None, settings: dict[str, Any]) -> None:
    """The version alone gets requests, nothing else is left, and nobody holds the service."""
    services = [name for kind, name in kube.objects if kind == "InferenceService"]
    route = kube.objects.get(("HTTPRoute", "churn-rollout"))
    lease = kube.objects.get(LEASE, {"spec": {}, "metadata": {}})
    annotations = lease["metadata"].get("annotations", {})
    assert lease["spec"] == {}
    assert "kfp-tabular/unfinished" not in annotations
    if version is None:
        assert (services, route) == ([], None)
        assert "kfp-tabular/serves" not in annotations
        return
    assert services == ["churn"]
    assert json.loads(annotations["kfp-tabular/serves"])["version"] == version
    assert get_storage_uri(kube) == f"s3://models/{version}"
    predictor = kube.objects["InferenceService", "churn"]["spec"]["predictor"]
    assert "canaryTrafficPercent" not in predictor
    assert predictor["maxReplicas"] == json.loads(annotations["kfp-tabular/settings"])["max_replicas"]
    if settings["mode"] == "Knative":
        assert kube.traffic[-1] == {f"s3://models/{version}": 100}
    backends = [] if route is None else route["spec"]["rules"][0]["backendRefs"]
    expected = [("churn-predictor", 100)] if "gateway" in settings else []
    assert [(of["name"], of["weight"]) for of in backends] == expected


def find_served(kube: KubeApi) -> tuple[str | None, bool]:
    """Return which version the record calls served, and whether something is unfinished."""
    annotations = kube.objects.get(LEASE, {"metadata": {}})["metadata"].get("annotations", {})
    unfinished = json.loads(annotations.get("kfp-tabular/unfinished", "{}"))
    served = json.loads(annotations.get("kfp-tabular/serves", "{}")).get("version")
    return None if unfinished.get("phase") == "remove" else served, bool(unfinished)


@pytest.mark.parametrize(
    "follower",
    ["retry", *(pytest.param(name, marks=pytest.mark.slow) for name in ("other", "failing", "dying"))],
)
@pytest.mark.parametrize("work", ["first", "update", "repeat", "removal"])
@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_step_dies_the_next_one_takes_over(
    cluster: Cluster, kind: str, work: str, follower: str
) -> None:
    kube, settings = cluster.kube, KINDS[kind]
    version = {"first": "1", "update": "2", "repeat": "1", "removal": ""}[work]
    changed = {**settings, "max_replicas": 9 if work == "repeat" else 3}
    if work != "first":
        assert cluster.run_step("1", settings)
    before = copy.deepcopy(vars(kube))
    assert cluster.run_step(version, changed)
    for dies_at in range(1, cluster.n_requests + 1):
        vars(kube).update(copy.deepcopy(before))
        cluster.champions.clear()
        assert cluster.run_step(version, changed, dies_at=dies_at) is None
        if follower == "dying":
            cluster.run_step("2", settings, dies_at=1 + 5 * dies_at % 23)
        served, is_unfinished = find_served(kube)
        following = version if follower == "retry" else "crashing" if follower == "failing" else "3"
        n_shares = len(kube.traffic)
        verdict = cluster.run_step(following, settings)
        assert verdict is not None
        assert verdict.passed == (follower != "failing")
        expected = served if follower == "failing" else following or None
        check_state(kube, expected, settings)
        if follower == "failing" and served is not None:
            # Nobody watches the dead step's model, so it gets no requests on the way back.
            assert all(shares == {f"s3://models/{served}": 100} for shares in kube.traffic[n_shares:])
        if following:
            assert bool(verdict.record["recovery"]) == is_unfinished
        if verdict.passed and following:
            assert cluster.champions[-1] == following


def stop_in(cluster: Cluster, phase: str, settings: dict[str, Any]) -> None:
    """Serve version 1, and let the rollout of version 2 die in a phase, before its last request."""
    assert cluster.run_step("1", settings)
    before = copy.deepcopy(vars(cluster.kube))
    assert cluster.run_step("2", settings)
    for dies_at in range(cluster.n_requests, 0, -1):
        vars(cluster.kube).update(copy.deepcopy(before))
        cluster.run_step("2", settings, dies_at=dies_at)
        annotations = cluster.kube.objects[LEASE]["metadata"]["annotations"]
        if json.loads(annotations.get("kfp-tabular/unfinished", "{}")).get("phase") == phase:
            return
    raise AssertionError(phase)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("phase", "found"),
    [
        (
            "prepare",
            "It had not given it any requests yet. This was undone first: version 1 got all",
        ),
        ("shift", "It had given it 20 % of the requests. This was undone first: version 1 got all requests"),
        ("replace", "It was replacing the served model by it. This was undone first: version 1 got"),
        ("promote", "is served, but may not be the champion. It was left as it is. This run moves"),
    ],
)
def test_the_next_run_says_what_it_found_and_did(cluster: Cluster, phase: str, found: str) -> None:
    stop_in(cluster, phase, KINDS["Gateway"])
    verdict = cluster.run_step("crashing", KINDS["Gateway"])
    assert verdict is not None
    assert found in verdict.failures[-1]
    assert verdict.failures[-1].startswith("Run deployment of 2 (pod step-")
    assert found in cluster.read_summary()


def test_a_removal_that_died_is_finished_and_said(cluster: Cluster) -> None:
    settings = KINDS["Standard"]
    assert cluster.run_step("1", settings)
    assert cluster.run_step("", settings, dies_at=4) is None
    verdict = cluster.run_step("2", settings)
    assert verdict is not None
    assert "began to remove the service at" in verdict.record["recovery"]
    assert "The removal was finished first." in cluster.read_summary()
    assert "Before, nothing was served." in cluster.read_summary()


def test_a_state_that_cannot_be_restored_is_said_and_can_be_removed(cluster: Cluster) -> None:
    settings = KINDS["Standard"]
    stop_in(cluster, "replace", settings)
    del cluster.kube.servers["s3://models/1"]
    with pytest.raises(
        RecoveryError,
        match=r"This could not be undone\. churn cannot start\. .*CrashLoopBackOff.*\n.*PIPELINE=removal",
    ):
        cluster.run_step("3", settings)
    assert cluster.kube.objects[LEASE]["spec"] == {}
    assert cluster.run_step("", settings)
    assert cluster.run_step("3", settings)
    check_state(cluster.kube, "3", settings)


@pytest.mark.slow
def test_a_process_that_is_killed_in_the_middle_of_its_steps_is_followed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = KINDS["Gateway"]
    assert cluster.run_step("1", settings)
    cluster.kube.objects["Pod", "killed"] = {"metadata": {"name": "killed", "uid": "one"}, "status": {}}
    monkeypatch.setenv("KFP_POD_NAME", "killed")
    monkeypatch.setenv("KFP_POD_UID", "one")
    arguments = {
        "registration": str(cluster.write_registration("2")),
        "summary": str(tmp_path / "summary"),
        "verdict": str(tmp_path / "verdict"),
        "run_name": "killed",
    }
    slow = {**QUICK, **settings, "step_seconds": 600.0}
    program = "from components.deploy.run import Settings, run\n"
    program += f"run(**{arguments}, settings=Settings(**{slow}))"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    try:
        end = time.monotonic() + 120
        while ("churn-canary-predictor", 20) not in (cluster.kube.shares or [()])[-1]:
            assert process.poll() is None
            assert time.monotonic() < end, "the step did not begin in time"
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    del cluster.kube.objects["Pod", "killed"]
    verdict = cluster.run_step("2", settings)
    assert verdict is not None
    assert "It had given it 20 % of the requests." in verdict.record["recovery"]
    check_state(cluster.kube, "2", settings)
