"""The component app: a command that the image has, the models that an overlay lists, and two ways to it."""

from typing import Any

import jsonschema
import pytest
import yaml

from components.app.__main__ import parse_arguments
from tests.cluster.definitions import GATEWAY_API, read_definitions
from tests.manifests.builds import build, get_object, list_containers, list_models, list_pods, render_parts

NAME = "kfp-tabular-app"
BUILD = "postgres+minio"


def find_models(objects: list[dict[str, Any]]) -> dict[str, str]:
    """Return the list of models that the Deployment mounts."""
    pod = dict(list_pods(objects))[f"Deployment/{NAME}"]
    (volume,) = (volume for volume in pod["spec"]["volumes"] if volume["name"] == "models")
    (app,) = list_containers(pod)
    (mount,) = (mount for mount in app["volumeMounts"] if mount["name"] == "models")
    assert mount["mountPath"] == str(parse_arguments(app["args"]).models)
    return dict(get_object(objects, "ConfigMap", volume["configMap"]["name"])["data"])


def test_the_app_is_ours_and_listens_where_its_service_leads() -> None:
    objects = build(BUILD)
    (app,) = list_containers(dict(list_pods(objects))[f"Deployment/{NAME}"])
    assert app["image"] == "kfp-tabular-app:1.2.3"
    assert app["command"] == ["python", "-m", "components.app"]
    given = parse_arguments(app["args"])
    (service,) = get_object(objects, "Service", NAME)["spec"]["ports"]
    (port,) = app["ports"]
    assert given.port == port["containerPort"] == service["port"]
    assert service["targetPort"] == port["name"]
    assert given.namespace is not None
    # It needs no key, so none can be lost with it.
    assert app["env"] == [
        {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    ]
    assert given.namespace == "$(NAMESPACE)"


def test_the_app_restarts_when_an_overlay_changes_the_list() -> None:
    names = []
    for models in (["model"], ["churn", "value"]):
        text = render_parts([], ["app"], configMapGenerator=[list_models(*models)])
        objects = list(yaml.load_all(text, yaml.CSafeLoader))
        assert find_models(objects) == {name: f"http://{name}-predictor" for name in models}
        (listed,) = (item for item in objects if item["kind"] == "ConfigMap")
        names.append(listed["metadata"]["name"])
    assert names[0] != names[1]


def test_in_the_namespace_of_a_profile_nothing_stays_in_kubeflow() -> None:
    text = render_parts(
        [], ["app", "app-istio", "app-gateway"], namespace="team", configMapGenerator=[list_models("model")]
    )
    objects = list(yaml.load_all(text, yaml.CSafeLoader))
    assert {item["metadata"]["namespace"] for item in objects} == {"team"}
    assert find_models(objects) == {"model": "http://model-predictor"}


@pytest.mark.parametrize("kind", ["HTTPRoute", "VirtualService"])
def test_a_way_leads_to_the_service_without_its_prefix(kind: str) -> None:
    objects = build(BUILD)
    (port,) = get_object(objects, "Service", NAME)["spec"]["ports"]
    spec = get_object(objects, kind, NAME)["spec"]
    redirect, way = spec["rules" if kind == "HTTPRoute" else "http"]
    if kind == "HTTPRoute":
        assert redirect["matches"] == [{"path": {"type": "Exact", "value": "/kfp-tabular"}}]
        (filter_,) = redirect["filters"]
        assert filter_["requestRedirect"]["path"]["replaceFullPath"] == "/kfp-tabular/"
        assert way["matches"] == [{"path": {"type": "PathPrefix", "value": "/kfp-tabular"}}]
        (filter_,) = way["filters"]
        assert filter_["urlRewrite"]["path"]["replacePrefixMatch"] == "/"
        assert way["backendRefs"] == [{"name": NAME, "port": port["port"]}]
    else:
        assert redirect["match"] == [{"uri": {"exact": "/kfp-tabular"}}]
        assert redirect["redirect"] == {"uri": "/kfp-tabular/"}
        assert way["match"] == [{"uri": {"prefix": "/kfp-tabular/"}}]
        assert way["rewrite"] == {"uri": "/"}
        (route,) = way["route"]
        assert route["destination"] == {"host": NAME, "port": {"number": port["port"]}}


def test_the_mesh_lets_only_the_gateway_in() -> None:
    objects = build(BUILD)
    spec = get_object(objects, "AuthorizationPolicy", NAME)["spec"]
    pod = dict(list_pods(objects))[f"Deployment/{NAME}"]
    assert spec["selector"]["matchLabels"].items() <= pod["labels"].items()
    ((rule,),) = (spec["rules"],)
    (source,) = rule["from"]
    assert source["source"]["principals"] == [
        "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
    ]


@pytest.mark.slow
def test_the_gateway_api_takes_the_route() -> None:
    (schema,) = (
        item["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for item in read_definitions(GATEWAY_API)
        if item["spec"]["names"]["kind"] == "HTTPRoute"
    )
    route = get_object(build(BUILD), "HTTPRoute", NAME)
    assert [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(route)] == []
    route["spec"]["rules"][0]["filters"][0]["type"] = "Redirect"
    assert any(jsonschema.Draft4Validator(schema).iter_errors(route))
