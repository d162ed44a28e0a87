"""The app of a namespace behind a real Gateway, in front of a served model."""

import base64
import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from pipelines.image_names import ImageNames
from tests.cluster.gateway import GATEWAY, run_gateway
from tests.cluster.instances import list_instances
from tests.cluster.kubectl import Kubectl, Object, is_ready, wait_for
from tests.cluster.probes import Probe, run_probes
from tests.cluster.registry import TrainedModel
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns
from tests.manifests.builds import render_parts
from tests.manifests.test_network import COMPONENT, NAME, PART

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("kserve")]

SERVICE = f"{PREFIX}-app"
APP = "kfp-tabular-app"
USER = "ann@example.org"
ROWS = 10_000
MODEL = f"/kfp-tabular/app/models/{SERVICE}"
PREDICT = f"/v1/models/{SERVICE}:predict"
PREDICTOR = f"{SERVICE}-predictor.{NAMESPACE}:80"
MINIO, MLFLOW, STORE = "minio.kfp-tabular:9000", "mlflow.kfp-tabular:5000", "minio-service.kubeflow:9000"
ADDRESS = f"{APP}.{NAMESPACE}:8080"


def build_app() -> list[Object]:
    """Return the objects of an overlay with the app of one model, and a route at the tests' Gateway."""
    image, _, tag = ImageNames.choose().name_image("app").rpartition(":")
    gateway_namespace, _, gateway_name = GATEWAY.partition("/")
    parent = json.dumps({"name": gateway_name, "namespace": gateway_namespace})
    text = render_parts(
        [],
        ["app", "app-gateway"],
        images=[{"name": "kfp-tabular-app", "newName": image, "newTag": tag}],
        configMapGenerator=[
            {"name": APP, "namespace": NAMESPACE, "literals": [f"{SERVICE}=http://{SERVICE}-predictor"]}
        ],
        patches=[
            {
                "target": {"kind": "HTTPRoute", "name": APP},
                "patch": f'[{{"op": "replace", "path": "/spec/parentRefs/0", "value": {parent}}}]',
            }
        ],
    )
    return list(yaml.load_all(text, yaml.CSafeLoader))


@pytest.fixture(scope="module")
def served(runs: ClusterRuns, kubectl: Kubectl, trained_model: TrainedModel) -> Iterator[str]:
    """A model that is served, and its version."""
    name, version = trained_model
    words = [f"model_name={name}", f"version={version}", f"service={SERVICE}", "mode=Standard"]
    run = runs.run("deployment", *words, "step_seconds=5")
    assert run.exit_status == 0, run.output
    yield version
    kubectl.run("delete", "inferenceservice", SERVICE, "--namespace", NAMESPACE)


@pytest.fixture(scope="module")
def gateway(served: str, kubectl: Kubectl) -> Iterator[httpx.Client]:
    """A client of the Gateway that has signed somebody in."""
    objects = build_app()
    with run_gateway(kubectl) as address:
        try:
            kubectl.apply(*objects, options=["--warnings-as-errors"])
            words = ["--namespace", NAMESPACE, "--for=condition=Available", "--timeout=110s"]
            kubectl.run("wait", *words, f"deployment/{APP}")
            headers = {"kubeflow-userid": USER}
            with httpx.Client(base_url=f"http://{address}", headers=headers, timeout=120) as client:
                wait_for(lambda: client.get("/kfp-tabular/").is_redirect, 60, "the Gateway has the route")
                yield client
        finally:
            kubectl.delete(*objects)


def predict(gateway: httpx.Client, rows: list[dict[str, Any]]) -> httpx.Response:
    return gateway.post(f"{MODEL}{PREDICT}", json={"instances": rows})


def test_a_person_comes_to_the_page_and_its_answers_are_the_models(
    gateway: httpx.Client, kubectl: Kubectl, served: str
) -> None:
    page = gateway.get("/kfp-tabular", follow_redirects=True)
    assert page.url.path == f"{MODEL}/app/"
    assert page.headers["content-type"].startswith("text/html")
    description = gateway.get(f"{MODEL}/app/description.json").json()
    assert description["version"] == served
    # register has kept the card that evaluate wrote, and the server has it from there.
    assert description["card"].startswith("# Model card")
    rows = list_instances(5)
    answer = predict(gateway, rows)
    assert answer.status_code == 200
    with kubectl.forward_port(f"{SERVICE}-predictor", NAMESPACE, 80) as address:
        expected = httpx.post(f"http://{address}{PREDICT}", json={"instances": rows})
    assert answer.json() == expected.json()


def test_who_is_signed_in_is_known_and_another_sites_page_is_refused(gateway: httpx.Client) -> None:
    assert gateway.get("/kfp-tabular/app/session.json").json() == {"user": USER}
    answer = gateway.post(f"{MODEL}{PREDICT}", json={}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_a_table_is_predicted_as_the_model_does(gateway: httpx.Client, kubectl: Kubectl) -> None:
    rows = list_instances(ROWS)
    assert len(rows) == ROWS
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    checked = gateway.post(f"{MODEL}/app/batch/check", params={"name": "rows.csv"}, content=content).json()
    assert (checked["n_rows"], checked["is_refused"]) == (ROWS, False)
    answer = gateway.post(f"{MODEL}/app/batch/predict", params={"name": "rows.csv"}, content=content)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "end" in lines[-1], lines[-1]
    result = b"".join(base64.b64decode(line["content"]) for line in lines if "content" in line)
    table = list(csv.DictReader(io.StringIO(result.decode("utf-8-sig"))))
    expected: list[float] = []
    with kubectl.forward_port(f"{SERVICE}-predictor", NAMESPACE, 80) as address:
        for start in range(0, ROWS, 1000):
            body = {"instances": rows[start : start + 1000]}
            found = httpx.post(f"http://{address}{PREDICT}", json=body, timeout=60).json()["predictions"]
            expected += [list(one["probabilities"].values())[1] for one in found]
    assert [float(row["probability"]) for row in table] == pytest.approx(expected, abs=1e-12)


def test_the_pods_keep_the_standard_restricted(gateway: httpx.Client, kubectl: Kubectl) -> None:
    """Kubernetes takes the same pod in a namespace that enforces the standard, which Kubeflow's does not."""
    first, _ = kubectl.list("pods", NAMESPACE, f"{NAME}={APP}")
    spec = {**first["spec"], "serviceAccountName": "default", "serviceAccount": "default"}
    del spec["nodeName"]
    copied = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": APP, "namespace": "kfp-tabular"},
        "spec": spec,
    }
    kubectl.apply(copied, options=["--dry-run=server", "--warnings-as-errors"])


def test_only_gateways_reach_the_app_and_it_reaches_only_models(
    gateway: httpx.Client, kubectl: Kubectl
) -> None:
    labels = {NAME: APP, PART: "kfp-tabular", COMPONENT: "app"}
    others = [MINIO, MLFLOW, STORE]
    found = run_probes(
        kubectl,
        {
            "as-app": Probe(NAMESPACE, labels, [PREDICTOR, *others]),
            "as-neighbour": Probe(NAMESPACE, {"app": "notebook"}, [ADDRESS, PREDICTOR]),
            "as-stranger": Probe("default", {}, [ADDRESS]),
        },
    )
    assert {name: probe["reached"] for name, probe in found.items()} == {
        "as-app": [PREDICTOR],
        "as-neighbour": [],
        "as-stranger": [],
    }


def test_a_model_whose_server_is_lost_is_said_and_returns(gateway: httpx.Client, kubectl: Kubectl) -> None:
    rows = list_instances(1)
    selector = f"serving.kserve.io/inferenceservice={SERVICE}"
    kubectl.run("delete", "pod", "--namespace", NAMESPACE, "--selector", selector, "--wait=false")
    answer = wait_for(
        lambda: None if (found := predict(gateway, rows)).is_success else found, 60, "the model is away"
    )
    assert answer.status_code in (503, 504)
    assert answer.json() == {"error": "The model's server does not answer at the moment."}
    # The page stays, with what it knew of the model.
    assert gateway.get(f"{MODEL}/app/").status_code == 200
    assert gateway.get(f"{MODEL}/app/description.json").status_code == 200
    wait_for(lambda: predict(gateway, rows).is_success, 180, "the model is back")
    assert any(map(is_ready, kubectl.list("pods", NAMESPACE, selector)))
