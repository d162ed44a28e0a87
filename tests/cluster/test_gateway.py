"""A new version gets its share of the requests at a real Gateway, then all of them or none."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.cluster.gateway import GATEWAY, AnswerError, SteadyClient, run_gateway
from tests.cluster.instances import list_instances
from tests.cluster.kubectl import Kubectl, wait_for
from tests.cluster.registry import TrainedModel, copy_version, fetch_version
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRun, ClusterRuns

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

SERVICE = f"{PREFIX}-gateway"
HOST = f"{SERVICE}.example.org"
DEPLOY = [
    f"service={SERVICE}",
    "mode=Standard",
    "step_seconds=20",
    f"gateway={GATEWAY}",
    f"gateway_host={HOST}",
]
# Answers of the first step, in which the new version has 10 % of the requests.
FIRST = 30
LAST = 10


class Served(NamedTuple):
    """A model behind the Gateway: its address, the version that is served, and two others."""

    address: str
    model: str
    version: str
    others: tuple[str, str]


@pytest.fixture(scope="module")
def served(runs: ClusterRuns, kubectl: Kubectl, trained_model: TrainedModel) -> Iterator[Served]:
    name, version = trained_model
    trained = fetch_version(kubectl, name)
    # The same model under two more numbers, which its server gives in its answers.
    others = (copy_version(kubectl, trained), copy_version(kubectl, trained))
    with run_gateway(kubectl) as address:
        try:
            first = deploy(runs, name, version)
            assert first.exit_status == 0, first.output
            yield Served(address, name, version, others)
        finally:
            for kind, item in (("httproute", f"{SERVICE}-rollout"), ("inferenceservice", SERVICE)):
                kubectl.run("delete", kind, item, "--namespace", NAMESPACE, "--ignore-not-found")


def deploy(runs: ClusterRuns, model: str, version: str, *settings: str) -> ClusterRun:
    return runs.run("deployment", *DEPLOY, f"model_name={model}", f"version={version}", *settings)


def make_client(served: Served) -> SteadyClient:
    """Return a client of the service, once the Gateway has learnt of it."""
    url = f"http://{served.address}/v1/models/{SERVICE}:predict"
    client = SteadyClient(url, HOST, {"instances": list_instances(1)})

    def is_answered() -> bool:
        try:
            return bool(client.ask())
        except AnswerError:
            return False

    wait_for(is_answered, 30, "the Gateway passes requests on")
    return client


def test_requests_move_to_the_new_version_and_none_is_lost(
    served: Served, runs: ClusterRuns, kubectl: Kubectl
) -> None:
    new, _ = served.others
    with make_client(served) as client:
        run = deploy(runs, served.model, new)
    assert run.exit_status == 0, run.output
    assert client.faults == []
    assert set(client.versions) == {served.version, new}
    first = client.versions.index(new)
    assert 1 <= client.versions[first : first + FIRST].count(new) <= FIRST * 0.3
    assert set(client.versions[-LAST:]) == {new}
    assert fetch_version(kubectl, served.model, "champion")["version"] == new
    assert kubectl.find("inferenceservice", f"{SERVICE}-canary", NAMESPACE) is None


def test_a_candidate_that_is_too_slow_loses_its_requests_again(
    served: Served, runs: ClusterRuns, kubectl: Kubectl
) -> None:
    champion = fetch_version(kubectl, served.model, "champion")["version"]
    _, slow = served.others
    with make_client(served) as client:
        run = deploy(runs, served.model, slow, "max_p95_ms=0.001")
    assert run.exit_status == 1, run.output
    assert "max_p95_ms" in run.output
    assert client.faults == []
    assert set(client.versions) == {champion, slow}
    assert set(client.versions[-LAST:]) == {champion}
    assert fetch_version(kubectl, served.model, "champion")["version"] == champion
    assert kubectl.find("inferenceservice", f"{SERVICE}-canary", NAMESPACE) is None
