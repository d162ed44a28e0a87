"""The components prometheus and grafana: what the operator takes, and a command that the image has."""

import json
from importlib.util import find_spec
from typing import Any

import pytest

from components.monitor.exporter import PORT, parse_arguments
from pipelines.task_settings import SETTINGS
from tests.cluster.definitions import PROMETHEUS_OPERATOR, find_faults, list_schemas, read_definitions
from tests.manifests.builds import build, get_object, list_containers, list_pods

NAME = "postgres+minio"
EXPORTER = "kfp-tabular-monitor-exporter"
KINDS = ("PodMonitor", "PrometheusRule")
MONITORS = (
    "kfp-tabular-serving",
    EXPORTER,
    "kfp-tabular-log-sink",
    "kfp-tabular-kubeflow",
    "kfp-tabular-argo",
)


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return list_schemas(read_definitions(PROMETHEUS_OPERATOR))


@pytest.mark.slow
def test_the_operator_takes_every_object(schemas: dict[str, Any]) -> None:
    objects = [item for item in build(NAME) if item["kind"] in KINDS]
    assert len(objects) == len(MONITORS) + 1
    assert [fault for item in objects for fault in find_faults(schemas[item["kind"]], item)] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name", "spoil", "says"),
    [
        ("PodMonitor", EXPORTER, lambda s: s.pop("selector"), "'selector' is a required property"),
        ("PodMonitor", EXPORTER, lambda s: s["podMetricsEndpoints"][0].update(ports="x"), "ports is unknown"),
        ("PrometheusRule", "kfp-tabular", lambda s: s["groups"][0].update(rules=3), "3 is not of type"),
        (
            "PrometheusRule",
            "kfp-tabular",
            lambda s: s["groups"][-1]["rules"][0].update({"for": "soon"}),
            "'soon' does not match",
        ),
    ],
)
def test_the_operator_does_not_take_what_is_wrong(
    schemas: dict[str, Any], kind: str, name: str, spoil, says: str
) -> None:
    item = get_object(build(NAME), kind, name)
    spoil(item["spec"])
    assert any(says in fault for fault in find_faults(schemas[kind], item)), find_faults(schemas[kind], item)


def test_the_exporter_is_ours_and_takes_what_it_is_given() -> None:
    pod = dict(list_pods(build(NAME)))[f"Deployment/{EXPORTER}"]
    (exporter,) = list_containers(pod)
    assert exporter["image"] == "kfp-tabular-monitor:1.2.3"
    assert exporter["command"] == ["python", "-m", "components.monitor.exporter"]
    assert find_spec(exporter["command"][-1]) is not None
    given = parse_arguments(exporter["args"])
    assert given.folder.startswith("s3://")
    assert given.port == PORT == exporter["ports"][0]["containerPort"]
    variables = {variable["name"]: variable["valueFrom"] for variable in exporter["env"]}
    assert {next(iter(source.values()))["name"] for source in variables.values()} == {SETTINGS}
    # What the connection to the storage reads.
    assert set(variables) == {
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    }


def test_what_is_monitored_are_pods_that_are_there() -> None:
    objects = build(NAME) + build("serving")
    exporter = get_object(objects, "PodMonitor", EXPORTER)["spec"]
    pod = dict(list_pods(objects))[f"Deployment/{EXPORTER}"]
    assert exporter["selector"]["matchLabels"].items() <= pod["labels"].items()
    assert exporter["podMetricsEndpoints"][0]["port"] == list_containers(pod)[0]["ports"][0]["name"]
    sink = get_object(objects, "PodMonitor", "kfp-tabular-log-sink")["spec"]
    pod = dict(list_pods(objects))["Deployment/kfp-tabular-log-sink"]
    assert sink["selector"]["matchLabels"].items() <= pod["labels"].items()
    assert sink["podMetricsEndpoints"][0]["port"] == list_containers(pod)[0]["ports"][0]["name"]
    servers = get_object(objects, "PodMonitor", "kfp-tabular-serving")["spec"]
    runtime = get_object(objects, "ServingRuntime", "kfp-tabular")["spec"]
    assert servers["selector"]["matchLabels"] == runtime["labels"]
    assert runtime["containers"][0]["ports"][0]["name"] in {
        each["port"] for each in servers["podMetricsEndpoints"]
    }


def test_grafana_finds_every_dashboard_by_its_label() -> None:
    item = get_object(build(NAME), "ConfigMap", "kfp-tabular-dashboards")
    assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
    titles = {name: json.loads(text)["title"] for name, text in item["data"].items()}
    assert titles == {f"{name}.json": f"kfp-tabular: {name}" for name in ("service", "model", "pipelines")}
