"""What is served on KServe: objects that it takes, and a command that the image has."""

from collections.abc import Callable
from typing import Any

import pytest

from components.serve.__main__ import parse_arguments
from tests.manifests.building import SERVINGS, Object, build, named
from tests.manifests.kserve_schema import faults

NAMES = ("serving", *SERVINGS)
KINDS = ("ServingRuntime", "InferenceService")


@pytest.mark.parametrize("name", NAMES)
def test_kserve_takes_every_object(name: str) -> None:
    objects = [item for item in build(name) if item["kind"] in KINDS]
    assert sorted(item["kind"] for item in objects) == sorted(KINDS)
    assert [fault for item in objects for fault in faults(item)] == []


def runtime() -> Object:
    return named(build("serving"), "ServingRuntime", "kfp-tabular")


def model(name: str = "serving") -> Object:
    return named(build(name), "InferenceService", "model")


Spoil = Callable[[Object], Any]
SPOILED: list[tuple[Callable[[], Object], Spoil, str]] = [
    (runtime, lambda o: o.update(apiVersion="serving.kserve.io/v1"), "apiVersion is serving.kserve.io/v1"),
    (runtime, lambda o: o["spec"].update(protocolVersion=["v1"]), "spec.protocolVersion is unknown"),
    (runtime, lambda o: o["spec"].update(protocolVersions="v1"), "spec.protocolVersions is no list"),
    (runtime, lambda o: o["spec"].pop("containers"), "Invalid value for `containers`"),
    (
        runtime,
        lambda o: o["spec"]["containers"][0]["ports"][0].update(containerPort="8080"),
        "containers[0].ports[0].containerPort is '8080', not int",
    ),
    (
        runtime,
        lambda o: o["spec"]["supportedModelFormats"][0].update(autoSelect="no"),
        "supportedModelFormats[0].autoSelect is 'no', not bool",
    ),
    (
        runtime,
        lambda o: o["spec"]["containers"][0]["readinessProbe"]["httpGet"].pop("port"),
        "Invalid value for `port`",
    ),
    (model, lambda o: o["spec"].pop("predictor"), "Invalid value for `predictor`"),
    (model, lambda o: o["spec"]["predictor"].update(maxReplica=2), "predictor.maxReplica is unknown"),
    (model, lambda o: o["spec"]["predictor"].update(minReplicas=True), "minReplicas is True, not int"),
    (model, lambda o: o["spec"]["predictor"]["model"].pop("modelFormat"), "for `model_format`"),
]


@pytest.mark.parametrize(("of", "spoil", "says"), SPOILED)
def test_kserve_does_not_take_what_is_wrong(of: Callable[[], Object], spoil: Spoil, says: str) -> None:
    item = of()
    spoil(item)
    assert any(says in fault for fault in faults(item)), faults(item)


def test_the_runtimes_command_is_one_that_the_server_takes() -> None:
    (container,) = runtime()["spec"]["containers"]
    assert container["command"] == ["python3", "-m", "components.serve"]
    settings = parse_arguments([word.replace("{{.Name}}", "churn") for word in container["args"]])
    assert (settings.model_name, str(settings.model_dir)) == ("churn", "/mnt/models")
    (port,) = container["ports"]
    assert port["containerPort"] == settings.http_port
    probed = {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")}
    assert probed == {settings.http_port}
    annotations = runtime()["spec"]["annotations"]
    assert annotations["prometheus.kserve.io/port"] == str(settings.http_port)


def test_nobody_gets_our_server_without_naming_it() -> None:
    assert [each["autoSelect"] for each in runtime()["spec"]["supportedModelFormats"]] == [False]


def test_what_guards_servers_knows_them_by_labels_and_not_by_a_models_name() -> None:
    objects = build("serving")
    expected = {"app.kubernetes.io/part-of": "kfp-tabular", "app.kubernetes.io/component": "serve"}
    budget = named(objects, "PodDisruptionBudget", "kfp-tabular-serving")["spec"]["selector"]
    policy = named(objects, "NetworkPolicy", "kfp-tabular-serving")["spec"]["podSelector"]
    assert budget == policy == {"matchLabels": expected}
    assert runtime()["spec"]["labels"] == expected
    assert model()["metadata"]["labels"] == {**expected, "app.kubernetes.io/name": "model"}


@pytest.mark.parametrize(
    ("name", "mode", "scaler"),
    [
        ("serving", "Standard", "hpa"),
        ("serving-knative", "Knative", None),
        ("serving-keda", "Standard", "keda"),
    ],
)
def test_each_component_deploys_and_scales_its_way(name: str, mode: str, scaler: str | None) -> None:
    annotations = model(name)["metadata"]["annotations"]
    assert annotations["serving.kserve.io/deploymentMode"] == mode
    assert annotations.get("serving.kserve.io/autoscalerClass") == scaler


def test_models_are_scaled_by_requests_that_the_server_counts() -> None:
    item = model("serving-keda")
    (metric,) = item["spec"]["predictor"]["autoScaling"]["metrics"]
    query = metric["external"]["metric"]["query"]
    assert "tabular_requests_total" in query
    assert f'namespace="{item["metadata"]["namespace"]}"' in query
    assert f'pod=~"{item["metadata"]["name"]}-predictor-' in query
