"""A served model in operation: its servers are moved, and Prometheus counts their requests."""

import json
import time
from collections.abc import Iterator

import pytest
import yaml

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from tests.cluster.instances import list_instances
from tests.cluster.kubectl import Kubectl, KubectlError, Object, is_ready, wait_for
from tests.cluster.pods import make_pod, wait_until_ended
from tests.cluster.prometheus import start_prometheus
from tests.cluster.registry import TrainedModel, fetch_json
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns
from tests.docker_engine import needs_docker
from tests.manifests.test_network import COMPONENT, PART

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

SERVICE = f"{PREFIX}-served"
SERVERS = 2
CLIENT = f"{PREFIX}-client"
PATH = f"/v1/models/{SERVICE}:predict"
# Half of its threads keep their connections, as gateways do; the others open one for each request. It sends
# requests until the file /tmp/end is there.
PROGRAM = """
import http.client, json, os, sys, threading, time

host, path, body = sys.argv[1:]
counts, failures = [0] * 4, []


def send_requests(number):
    connection = http.client.HTTPConnection(host, timeout=10)
    while not os.path.exists("/tmp/end"):
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status == 200 and len(json.loads(text)["predictions"]) == 1:
                counts[number] += 1
            else:
                failures.append(f"{answer.status} {text[:200]}")
        except Exception as error:
            failures.append(repr(error))
            connection.close()
        if number % 2:
            connection.close()
        time.sleep(0.03)


threads = [threading.Thread(target=send_requests, args=(number,)) for number in range(len(counts))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"counts": counts, "failures": failures[:20], "failed": len(failures)}))
"""


@pytest.fixture(scope="module")
def service(runs: ClusterRuns, kubectl: Kubectl, trained_model: TrainedModel) -> Iterator[str]:
    """A model with two servers that are ready."""
    name, version = trained_model
    words = [f"model_name={name}", f"version={version}", f"service={SERVICE}", "mode=Standard"]
    run = runs.run("deployment", *words, f"min_replicas={SERVERS}", "step_seconds=5")
    assert run.exit_status == 0, run.output
    # The first server is enough for deploy; Kubernetes adds the second.
    wait_for(lambda: len(list_servers(kubectl)) == SERVERS, 180, "two servers are ready")
    yield SERVICE
    kubectl.run("delete", "inferenceservice", SERVICE, "--namespace", NAMESPACE)


def list_servers(kubectl: Kubectl) -> list[Object]:
    """Return the servers that are ready."""
    pods = kubectl.list("pods", NAMESPACE, f"serving.kserve.io/inferenceservice={SERVICE}")
    return list(filter(is_ready, pods))


@pytest.fixture
def client(service: str, kubectl: Kubectl) -> Iterator[str]:
    """A pod that sends requests all the time; it has the labels of the deploy step, which may."""
    image = ImageNames.choose().name_image("ingest")
    body = json.dumps({"instances": list_instances(1)})
    command = ["python3", "-c", PROGRAM, f"{service}-predictor.{NAMESPACE}", PATH, body]
    labels = {PART: "kfp-tabular", COMPONENT: "deploy"}
    kubectl.run("delete", "pod", CLIENT, "--namespace", NAMESPACE, "--ignore-not-found")
    kubectl.apply(make_pod(CLIENT.removeprefix(f"{PREFIX}-"), NAMESPACE, labels, image, command))
    try:
        wait_for(lambda: is_ready(kubectl.get("pod", CLIENT, NAMESPACE)), 120, "the client sends requests")
        yield CLIENT
    finally:
        kubectl.run("delete", "pod", CLIENT, "--namespace", NAMESPACE, "--wait=false")


def evict_patiently(kubectl: Kubectl, pod: str) -> int:
    """Evict a pod as a drain does, which tries again while a disruption budget forbids it.

    Returns
    -------
    int
        How often it was forbidden.
    """
    n_refusals = 0

    def try_once() -> bool:
        nonlocal n_refusals
        try:
            kubectl.evict(pod, NAMESPACE)
        except KubectlError as error:
            if "disruption budget" not in str(error):
                raise
            n_refusals += 1
            return False
        return True

    wait_for(try_once, 300, f"{pod} may be evicted", pause=3)
    return n_refusals


def test_no_request_is_lost_while_all_servers_are_drained(client: str, kubectl: Kubectl) -> None:
    first, second = (pod["metadata"]["name"] for pod in list_servers(kubectl))
    time.sleep(5)
    evict_patiently(kubectl, first)
    # The budget lets the second go when a successor of the first is ready.
    assert evict_patiently(kubectl, second) > 0

    def are_replaced() -> bool:
        names = {pod["metadata"]["name"] for pod in list_servers(kubectl)}
        return len(names) == SERVERS and not names & {first, second}

    wait_for(are_replaced, 300, "two other servers are ready")
    for pod in (first, second):
        kubectl.run("wait", "--for=delete", f"pod/{pod}", "--namespace", NAMESPACE, "--timeout=90s")
    time.sleep(5)
    kubectl.run("exec", client, "--namespace", NAMESPACE, "--", "touch", "/tmp/end")
    found = json.loads(wait_until_ended(kubectl, client, NAMESPACE))
    assert found["failed"] == 0, found
    assert min(found["counts"]) > 100, found


def read_scaling_query() -> str:
    """Return the query by which KEDA scales a model, for this service."""
    path = ROOT / "manifests" / "components" / "serving-keda" / "kustomization.yaml"
    (patch,) = yaml.safe_load(path.read_text(encoding="utf-8"))["patches"]
    (scaling,) = (
        part["value"] for part in yaml.safe_load(patch["patch"]) if part["path"].endswith("/autoScaling")
    )
    query: str = scaling["metrics"][0]["external"]["metric"]["query"]
    assert "model-predictor" in query
    return query.replace("model-predictor", f"{SERVICE}-predictor")


@needs_docker
def test_prometheus_counts_requests_and_keda_can_scale_by_them(service: str, kubectl: Kubectl) -> None:
    counter = f'sum(tabular_requests_total{{namespace="{NAMESPACE}",pod=~"{service}-predictor-.*"}})'
    up = f'count(up{{job="kfp-tabular",pod=~"{service}-predictor-.*"}} == 1)'
    with (
        start_prometheus(kubectl) as prometheus,
        kubectl.forward_port(f"{service}-predictor", NAMESPACE, 80) as address,
    ):

        def send_request() -> None:
            fetch_json(f"http://{address}{PATH}", {"instances": list_instances(1)})

        def measure_rate() -> float | None:
            send_request()
            return prometheus.query(read_scaling_query())

        wait_for(lambda: prometheus.query(up) == SERVERS, 120, "Prometheus reads both servers")
        before = prometheus.query(counter)
        assert before is not None
        for _ in range(20):
            send_request()
        wait_for(lambda: prometheus.query(counter) == before + 20, 60, "20 requests are counted")
        wait_for(measure_rate, 90, "KEDA's query has a value")
