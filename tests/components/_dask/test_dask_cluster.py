import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import dask.config
import pytest

from components._dask.dask_cluster import IDLE_SECONDS, build_dask_cluster, count_processes, get_stage
from components.environment import Environment
from pipelines.catalogue import ROOT
from tests.cluster.definitions import find_faults, list_schemas, read_dask_definitions
from tests.components._dask.pods import POD
from tests.manifests.policies import check_pods_are_restricted, check_root_is_read_only
from tests.sweeps_proxy import find_free_port

ENVIRONMENT = Environment(
    s3_access_key="key-of-the-task",
    s3_secret_key="secret-of-the-task",
    s3_region="eu-central-1",
    dask_artifacts_endpoint="http://seaweedfs.kubeflow:9000",
    dask_artifacts_secret="mlpipeline-minio-artifact",
)
SETTINGS = {"distributed.scheduler.allowed-failures": 3, "distributed.worker.memory.pause": False}


def build(environment: Environment = ENVIRONMENT) -> dict[str, Any]:
    return build_dask_cluster("preprocess-0123456789", POD, 3, environment, SETTINGS)


def get_container(cluster: dict[str, Any], role: str) -> dict[str, Any]:
    (container,) = cluster["spec"][role]["spec"]["containers"]
    return dict(container)


def read_environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def test_it_is_gone_with_the_pod_of_its_stage_or_when_it_is_idle() -> None:
    cluster = build()
    (owner,) = cluster["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Pod", POD["metadata"]["uid"])
    assert cluster["spec"]["idleTimeout"] == IDLE_SECONDS


def test_its_workers_are_like_the_pod_of_its_stage() -> None:
    assert get_stage(POD) == "preprocess"
    cluster, main = build(), POD["spec"]["containers"][1]
    assert cluster["spec"]["worker"]["replicas"] == 3
    assert cluster["metadata"]["labels"]["pipeline/runid"] == POD["metadata"]["labels"]["pipeline/runid"]
    for role in ("scheduler", "worker"):
        spec = cluster["spec"][role]["spec"]
        for key in ("serviceAccountName", "imagePullSecrets", "nodeSelector", "tolerations"):
            assert spec[key] == POD["spec"][key]
        assert get_container(cluster, role)["image"] == main["image"]
    worker = get_container(cluster, "worker")
    assert worker["resources"] == main["resources"]
    assert count_processes(POD) == 2
    (given,) = (word for word in worker["args"] if word.startswith("--memory-limit="))
    assert 0.9 * (1 << 30) < int(given.partition("=")[2]) < 1 << 30


def test_its_pods_keep_the_restricted_standard_and_ask_kubernetes_for_nothing() -> None:
    objects: list[dict[str, Any]] = [
        {"kind": "Deployment", "metadata": {"name": role}, "spec": {"template": {"spec": part["spec"]}}}
        for role, part in build()["spec"].items()
        if role != "idleTimeout"
    ]
    # The policy of the pod does not name a user: the image does, by number.
    for item in objects:
        item["spec"]["template"]["spec"]["securityContext"] |= {"runAsUser": 65532}
        assert item["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert [*check_pods_are_restricted(objects), *check_root_is_read_only(objects)] == []


def test_it_names_the_secret_and_holds_no_credential() -> None:
    cluster = build()
    assert not any(secret in json.dumps(cluster) for secret in ENVIRONMENT.list_credentials())
    worker = get_container(cluster, "worker")
    assert read_environment(worker)["AWS_ENDPOINT_URL"] == "http://seaweedfs.kubeflow:9000"
    references = [entry for entry in worker["env"] if "valueFrom" in entry]
    keys = {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in references}
    assert keys == {
        "AWS_ACCESS_KEY_ID": {"name": "mlpipeline-minio-artifact", "key": "accesskey"},
        "AWS_SECRET_ACCESS_KEY": {"name": "mlpipeline-minio-artifact", "key": "secretkey"},
    }
    assert "AWS_ACCESS_KEY_ID" not in json.dumps(get_container(cluster, "scheduler"))


def test_without_a_secret_its_workers_use_the_role_of_their_pods() -> None:
    assert "AWS_ACCESS_KEY_ID" not in json.dumps(build(Environment(s3_region="eu-central-1")))


def test_dask_reads_its_settings_from_the_variables() -> None:
    cluster = build()
    for role in ("scheduler", "worker"):
        found = dask.config.collect_env(read_environment(get_container(cluster, role)))
        for name, value in SETTINGS.items():
            assert dask.config.get(name, config=found) == value
    routes = dask.config.get(
        "distributed.scheduler.http.routes",
        config=dask.config.collect_env(read_environment(get_container(cluster, "scheduler"))),
    )
    assert "distributed.http.scheduler.api" in routes


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = list_schemas(read_dask_definitions())["DaskCluster"]
    return found


@pytest.mark.slow
def test_the_operator_takes_it(schema: dict[str, Any]) -> None:
    assert find_faults(schema, build()) == []


@pytest.mark.slow
def test_the_operator_does_not_take_what_is_wrong(schema: dict[str, Any]) -> None:
    cluster = build()
    cluster["spec"]["worker"]["replicas"] = "many"
    cluster["spec"]["scheduler"].pop("service")
    cluster["spec"]["scheduler"]["spec"]["token"] = False
    faults = find_faults(schema, cluster)
    assert any("'many' is not of type 'integer'" in fault for fault in faults)
    assert any("'service' is a required property" in fault for fault in faults)
    assert any("spec.token is unknown" in fault for fault in faults)


@pytest.fixture
def addresses() -> Iterator[tuple[str, str]]:
    """The scheduler and the worker of a DaskCluster, as processes: the address of the former, and by HTTP."""
    ports = {"8786": str(find_free_port()), "8787": str(find_free_port())}
    address = f"tcp://127.0.0.1:{ports['8786']}"
    with ExitStack() as stack:
        for role in ("scheduler", "worker"):
            container = get_container(build(), role)
            # What the operator adds to a worker.
            added = {"DASK_SCHEDULER_ADDRESS": address, "PYTHONPATH": str(ROOT)}
            words = [*container["command"], *container["args"]]
            for given, free in ports.items():
                words = [word.replace(given, free) for word in words]
            words = [word.replace("$(DASK_WORKER_NAME)", "worker-1") for word in words]
            process = subprocess.Popen(
                [sys.executable, *words[1:]],
                env={**os.environ, **read_environment(container), **added},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield address, f"http://127.0.0.1:{ports['8787']}"


@pytest.mark.slow
def test_its_commands_start_workers_of_one_thread_and_tell_the_operator_how_long_they_are_idle(
    addresses: tuple[str, str],
) -> None:
    from distributed import Client

    scheduler, http = addresses
    with Client(scheduler, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)
        assert set(client.nthreads().values()) == {1}
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
        time.sleep(1)
        for _ in range(2):
            with urllib.request.urlopen(f"{http}/api/v1/check_idle") as answer:
                idle_since = json.load(answer)["idle_since"]
    assert idle_since <= time.time()
    with urllib.request.urlopen(f"{http}/health") as answer:
        assert answer.status == 200
