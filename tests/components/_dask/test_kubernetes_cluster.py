"""With the stand-in for Kubernetes' API, and an open port in the place of a scheduler."""

import copy
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from components._dask import kubernetes_cluster
from components._dask.failures import WorkersFailed
from components._dask.kubernetes_cluster import StartedCluster, open_dask_cluster
from components._dask.workers import KUBERNETES, open_workers
from components._kubernetes.client import KubernetesError
from components.environment import Environment
from tests.cluster.kubectl import wait_for
from tests.components._dask.pods import POD
from tests.components._dask.workers import run_scheduler, run_worker
from tests.kube_api.cluster import KubeApi
from tests.kube_api.namespace import kube_api  # noqa: F401
from tests.manifests.builds import MANIFESTS

ROLE = MANIFESTS / "components" / "dask" / "kfp-tabular-dask-role.yaml"
NAME = "preprocess-ab12"
ENVIRONMENT = Environment(pod=POD["metadata"]["name"])


@pytest.fixture
def api(kube_api: KubeApi, monkeypatch: pytest.MonkeyPatch) -> KubeApi:  # noqa: F811
    """A namespace with the pod of a stage, which has the rights of the component dask."""
    kube_api.rules = yaml.safe_load(Path(ROLE).read_text(encoding="utf-8"))["rules"]
    kube_api.objects["Pod", POD["metadata"]["name"]] = copy.deepcopy(POD)
    monkeypatch.setattr("secrets.token_hex", lambda n: "ab12")
    monkeypatch.setattr(kubernetes_cluster, "_PAUSE", 0.01)
    return kube_api


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of something that is_listening."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(kubernetes_cluster, "PORT", port)
        monkeypatch.setattr(kubernetes_cluster, "_name_host", lambda *_: "127.0.0.1")
        yield port


def note(api: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stand-in note each DaskCluster, as the operator does."""

    def react(kind: str, changed: dict[str, Any], *, is_new: bool) -> None:
        changed["status"] = {"phase": "Pending"}

    monkeypatch.setattr(api, "_react", react)


def test_a_cluster_lives_as_long_as_the_block(api: KubeApi, scheduler: int) -> None:
    with open_dask_cluster(ENVIRONMENT, 3, {}) as started:
        assert started == (f"tcp://127.0.0.1:{scheduler}", 6)
        assert api.objects["DaskCluster", NAME]["spec"]["worker"]["replicas"] == 3
    assert ("DaskCluster", NAME) not in api.objects
    with pytest.raises(ZeroDivisionError, match="a defect"), open_dask_cluster(ENVIRONMENT, 3, {}):
        raise ZeroDivisionError("a defect")
    assert ("DaskCluster", NAME) not in api.objects
    assert [verb for verb, kind, _ in api.history if kind == "DaskCluster"] == ["apply", "delete"] * 2


def test_a_cluster_that_cannot_be_deleted_ends_by_itself_and_fails_nothing(
    api: KubeApi, scheduler: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_dask_cluster(ENVIRONMENT, 1, {}):
        api.forbidden = {("DELETE", "DaskCluster")}
    assert f"note: the DaskCluster {NAME} was not deleted, and ends by itself" in capsys.readouterr().err


def test_without_an_operator_the_error_says_where_it_should_run(
    api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_cluster, "_OPERATOR_SECONDS", 0.0)
    with (
        pytest.raises(WorkersFailed, match=rf"no note of the DaskCluster {NAME} .*\n.*--namespace team"),
        open_dask_cluster(ENVIRONMENT, 1, {}),
    ):
        pytest.fail("there is no scheduler")
    assert ("DaskCluster", NAME) not in api.objects


def test_a_scheduler_that_does_not_start_says_why(api: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    note(api, monkeypatch)
    monkeypatch.setattr(kubernetes_cluster, "_START_SECONDS", 0.0)
    waiting = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    api.objects["Pod", "scheduler"] = {
        "metadata": {"name": "scheduler", "labels": {"dask.org/cluster-name": NAME}},
        "status": {"conditions": [waiting]},
    }
    with (
        pytest.raises(WorkersFailed, match="has not started in 0 seconds: no node has room for it: 0/3"),
        open_dask_cluster(ENVIRONMENT, 1, {}),
    ):
        pytest.fail("there is no scheduler")
    image = {"waiting": {"reason": "ImagePullBackOff", "message": "back-off"}}
    api.objects["Pod", "scheduler"]["status"] = {"containerStatuses": [{"state": image}]}
    with (
        pytest.raises(WorkersFailed, match="its image cannot be pulled: back-off"),
        open_dask_cluster(ENVIRONMENT, 1, {}),
    ):
        pytest.fail("there is no scheduler")


def test_missing_rights_and_definitions_say_what_to_install(api: KubeApi) -> None:
    api.hidden = {"DaskCluster"}
    with (
        pytest.raises(KubernetesError, match="\nInstall the Dask operator"),
        open_dask_cluster(ENVIRONMENT, 1, {}),
    ):
        pytest.fail("there is no definition")
    api.hidden = set()
    api.rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    with (
        pytest.raises(KubernetesError, match=r"is forbidden.*\n.*manifests/components/dask"),
        open_dask_cluster(ENVIRONMENT, 1, {}),
    ):
        pytest.fail("there is no right")


def test_outside_a_task_there_is_no_pod_to_be_like(api: KubeApi) -> None:
    with (
        pytest.raises(WorkersFailed, match="There is no pod 'elsewhere' in the namespace team"),
        open_dask_cluster(Environment(pod="elsewhere"), 1, {}),
    ):
        pytest.fail("there is no pod")


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
def test_workers_in_pods_are_as_many_as_there_is_work_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for the operator, which has a scheduler and a worker of this machine."""
    asked = []

    @contextmanager
    def open_stand_in(
        environment: Environment, n_pods: int, settings: Mapping[str, object]
    ) -> Iterator[StartedCluster]:
        asked.append(n_pods)
        with run_scheduler() as (address, _), run_worker(address, tmp_path):
            port = int(address.rpartition(":")[2])
            wait_for(lambda: is_listening(port), 120, "the scheduler is_listening")
            yield StartedCluster(address, 1)

    monkeypatch.setattr(kubernetes_cluster, "open_dask_cluster", open_stand_in)
    monkeypatch.setenv("DASK_MOST_WORKERS", "3")
    with open_workers(1 << 30, KUBERNETES, most_workers=1) as workers:
        assert workers.describe() == "1 Dask worker in 1 pod"
    assert asked == [1]
