"""What is served on KServe: objects that it takes, and a command that the image has."""

from collections.abc import Callable
from typing import Any

import pytest

from components.serve.__main__ import parse_arguments
from tests.manifests.builds import SERVINGS, Object, build, get_object
from tests.manifests.kserve_schema import find_faults

NAMES = ("serving", *SERVINGS)
KINDS = ("ServingRuntime", "InferenceService")


@pytest.mark.parametrize("name", NAMES)
def test_kserve_takes_every_object(name: str) -> None:
    objects = [item for item in build(name) if item["kind"] in KINDS]
    assert sorted(item["kind"] for item in objects) == sorted(KINDS)
    assert [fault for item in objects for fault in find_faults(item)] == []


def get_runtime() -> Object:
    return get_object(build("serving"), "ServingRuntime", "kfp-tabular")


def get_model(name: str = "serving") -> Object:
    return get_object(build(name), "InferenceService", "model")


Spoil = Callable[[Object], Any]
SPOILED: list[tuple[Callable[[], Object], Spoil, str]] = [
    (
        get_runtime,
        lambda o: o.update(apiVersion="serving.kserve.io/v1"),
        "apiVersion is serving.kserve.io/v1",
    ),
    (get_runtime, lambda o: o["spec"].update(protocolVersion=["v1"]), "spec.protocolVersion is unknown"),
    (get_runtime, lambda o: o["spec"].update(protocolVersions="v1"), "spec.protocolVersions is no list"),
    (get_runtime, lambda o: o["spec"].pop("containers"), "Invalid value for `containers`"),
    (
        get_runtime,
        lambda o: o["spec"]["containers"][0]["ports"][0].update(containerPort="8080"),
        "containers[0].ports[0].containerPort is '8080', not int",
    ),
    (
        get_runtime,
        lambda o: o["spec"]["supportedModelFormats"][0].update(autoSelect="no"),
        "supportedModelFormats[0].autoSelect is 'no', not bool",
    ),
    (
        get_runtime,
        lambda o: o["spec"]["containers"][0]["readinessProbe"]["httpGet"].pop("port"),
        "Invalid value for `port`",
    ),
    (get_model, lambda o: o["spec"].pop("predictor"), "Invalid value for `predictor`"),
    (get_model, lambda o: o["spec"]["predictor"].update(maxReplica=2), "predictor.maxReplica is unknown"),
    (get_model, lambda o: o["spec"]["predictor"].update(minReplicas=True), "minReplicas is True, not int"),
    (get_model, lambda o: o["spec"]["predictor"]["model"].pop("modelFormat"), "for `model_format`"),
]


@pytest.mark.parametrize(("of", "spoil", "says"), SPOILED)
def test_kserve_does_not_take_what_is_wrong(of: Callable[[], Object], spoil: Spoil, says: str) -> None:
    item = of()
    spoil(item)
    assert any(says in fault for fault in find_faults(item)), find_faults(item)


def test_the_runtimes_command_is_one_that_the_server_takes() -> None:
    (container,) = get_runtime()["spec"]["containers"]
    assert container["command"] == ["python3", "-m", "components.serve"]
    settings = parse_arguments([word.replace("{{.Name}}", "churn") for word in container["args"]])
    assert (settings.model_name, str(settings.model_dir)) == ("churn", "/mnt/models")
    (port,) = container["ports"]
    assert port["containerPort"] == settings.http_port
    probed = {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")}
    assert probed == {settings.http_port}
    annotations = get_runtime()["spec"]["annotations"]
    assert annotations["prometheus.kserve.io/port"] == str(settings.http_port)


def test_nobody_gets_our_server_without_naming_it() -> None:
    assert [each["autoSelect"] for each in get_runtime()["spec"]["supportedModelFormats"]] == [False]


def test_what_guards_servers_knows_them_by_labels_and_not_by_a_models_name() -> None:
    objects = build("serving")
    expected = {"app.kubernetes.io/part-of": "kfp-tabular", "app.kubernetes.io/component": "serve"}
    budget = get_object(objects, "PodDisruptionBudget", "kfp-tabular-serving")["spec"]["selector"]
    policy = get_object(objects, "NetworkPolicy", "kfp-tabular-serving")["spec"]["podSelector"]
    assert budget == policy == {"matchLabels": expected}
    assert get_runtime()["spec"]["labels"] == expected
    assert get_model()["metadata"]["labels"] == {**expected, "app.kubernetes.io/name": "model"}


@pytest.mark.parametrize(
    ("name", "mode", "scaler"),
    [
        ("serving", "Standard", "hpa"),
        ("serving-knative", "Knative", None),
        ("serving-keda", "Standard", "keda"),
    ],
)
def test_each_component_deploys_and_scales_its_way(name: str, mode: str, scaler: str | None) -> None:
    annotations = get_model(name)["metadata"]["annotations"]
    assert annotations["serving.kserve.io/deploymentMode"] == mode
    assert annotations.get("serving.kserve.io/autoscalerClass") == scaler


def test_models_are_scaled_by_requests_that_the_server_counts() -> None:
    item = get_model("serving-keda")
    (metric,) = item["spec"]["predictor"]["autoScaling"]["metrics"]
    query = metric["external"]["metric"]["query"]
    assert "tabular_requests_total" in query
    assert f'namespace="{item["metadata"]["namespace"]}"' in query
    assert f'pod=~"{item["metadata"]["name"]}-predictor-' in query
