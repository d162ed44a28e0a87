"""Who can talk to whom, worked out from the network policies of a build."""

from typing import Any

import pytest
import yaml

from tests.manifests.builds import COMBINATIONS, Object, build, get_object, list_pods, render_parts
from tests.manifests.network import End, is_allowed

NAME, PART, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/component"


def make_service(name: str) -> End:
    return End("kfp-tabular", {NAME: name, PART: "kfp-tabular"})


def make_task(component: str, namespace: str = "kubeflow") -> End:
    return End(namespace, {PART: "kfp-tabular", COMPONENT: component})


MLFLOW, POSTGRES, MINIO = make_service("mlflow"), make_service("postgresql"), make_service("minio")
MODEL, WATCH = make_task("serve"), make_task("watch")
PROXY = make_service("sweeps-proxy")
SET_UP, SUBMIT = (
    make_service("minio-set-up"),
    End("kubeflow", {NAME: "kfp-tabular-submit", PART: "kfp-tabular", COMPONENT: "submit"}),
)
SEAWEEDFS, PIPELINES = End("kubeflow", {"app": "seaweedfs"}), End("kubeflow", {"app": "ml-pipeline"})
# The store of Kubeflow Pipelines up to 2.14.
OLD_STORE = End("kubeflow", {"app": "minio"})
HUB = End("kubeflow", {"component": "model-registry-server"})
METADATA, DNS = (
    End("kubeflow", {"component": "metadata-grpc-server"}),
    End("kube-system", {"k8s-app": "kube-dns"}),
)
CONTROLLER = End("ingress-nginx", {COMPONENT: "controller"})
OPERATOR = End("cnpg-system", {NAME: "cloudnative-pg"})
STRANGER, NEIGHBOUR = End("default", {NAME: "shell"}), End("kubeflow", {"app": "notebook"})
GATEWAY, ACTIVATOR = End("istio-system", {"app": "istio-ingressgateway"}), End("knative-serving")
TRAEFIK = End("traefik", {NAME: "traefik"})
PROMETHEUS = End("monitoring", {NAME: "prometheus"})
EXPORTER = End(
    "kubeflow",
    {NAME: "kfp-tabular-monitor-exporter", PART: "kfp-tabular", COMPONENT: "monitor-exporter"},
)
SINK = End("kubeflow", {NAME: "kfp-tabular-log-sink", PART: "kfp-tabular", COMPONENT: "log-sink"})
APP = End("kubeflow", {NAME: "kfp-tabular-app", PART: "kfp-tabular", COMPONENT: "app"})
DASK, DASK_OPERATOR = make_task("dask"), make_task("dask-operator")
INTERNET, METADATA_SERVICE = End(address="93.184.216.34"), End(address="169.254.169.254")
KUBERNETES, DATABASE = End(address="172.18.0.2"), End(address="10.4.5.6")

ALLOWED = [
    ("kind", MLFLOW, POSTGRES, 5432),
    ("kind", MLFLOW, MINIO, 9000),
    ("kind", SET_UP, MINIO, 9000),
    ("kind", make_task("tune"), POSTGRES, 5432),
    ("kind", make_task("train"), MLFLOW, 5000),
    ("kind", make_task("register"), HUB, 8080),
    ("kind", make_task("ingest"), MINIO, 9000),
    ("kind", make_task("ingest"), INTERNET, 443),
    ("kind", make_task("ingest-plan"), INTERNET, 443),
    ("kind", make_task("ingest-plan"), MINIO, 9000),
    ("kind", make_task("notify"), INTERNET, 443),
    ("kind", WATCH, INTERNET, 443),
    ("kind", WATCH, PIPELINES, 8888),
    ("profile", make_task("watch", "team"), PIPELINES, 8888),
    # Kubeflow's launcher and Argo's executor, in the pod of every task.
    ("kind", make_task("split"), PIPELINES, 8887),
    ("kind", make_task("split"), METADATA, 8080),
    ("kind", make_task("split"), SEAWEEDFS, 8333),
    ("kind", make_task("split"), OLD_STORE, 9000),
    ("kind", make_task("split"), KUBERNETES, 6443),
    ("profile", make_task("split", "team"), KUBERNETES, 6443),
    ("profile", make_task("train", "team"), MLFLOW, 5000),
    ("production", CONTROLLER, MLFLOW, 5000),
    ("production", OPERATOR, POSTGRES, 8000),
    ("production", POSTGRES, POSTGRES, 5432),
    ("production", POSTGRES, KUBERNETES, 6443),
    ("production", MLFLOW, POSTGRES, 5432),
    ("production", MLFLOW, INTERNET, 443),
    ("production", make_task("split"), INTERNET, 443),
    ("aws", MLFLOW, DATABASE, 5432),
    ("aws", make_task("tune"), DATABASE, 5432),
    ("aws", MLFLOW, INTERNET, 443),
    ("kind+schedules", SUBMIT, PIPELINES, 8888),
    ("serving", GATEWAY, MODEL, 8080),
    ("serving", TRAEFIK, MODEL, 8080),
    ("serving", make_task("deploy"), MODEL, 8080),
    ("serving", PROMETHEUS, MODEL, 8080),
    ("serving", MODEL, MINIO, 9000),
    ("serving", MODEL, SEAWEEDFS, 8333),
    ("serving-knative", ACTIVATOR, MODEL, 8012),
    ("serving-knative", GATEWAY, MODEL, 8012),
    ("serving-knative", ACTIVATOR, MODEL, 9090),
    ("serving-knative", make_task("deploy"), GATEWAY, 8081),
    ("production+serving", MODEL, INTERNET, 443),
    ("kind+serving", MODEL, MINIO, 9000),
    ("kind+serving", make_task("deploy"), MODEL, 8080),
    ("kind+serving", make_task("tune"), POSTGRES, 5432),
    ("kind+serving", make_task("split"), KUBERNETES, 6443),
    ("postgres+seaweedfs", MLFLOW, SEAWEEDFS, 8333),
    *(
        ("postgres+minio", make_task(name, space), PROXY, 13000)
        for name in ("tune", "tune-plan")
        for space in ("kubeflow", "team")
    ),
    ("profile", make_task("tune", "team"), PROXY, 13000),
    ("postgres+minio", PROXY, POSTGRES, 5432),
    ("cloudnativepg+minio", PROXY, POSTGRES, 5432),
    ("external+external", PROXY, DATABASE, 5432),
    ("postgres+minio", PROMETHEUS, EXPORTER, 9108),
    ("postgres+minio", EXPORTER, MINIO, 9000),
    ("postgres+seaweedfs", EXPORTER, SEAWEEDFS, 8333),
    ("external+external", EXPORTER, INTERNET, 443),
    ("postgres+minio+serving", MODEL, SINK, 8080),
    ("postgres+minio+serving", GATEWAY, MODEL, 9081),
    ("postgres+minio+serving", make_task("deploy"), MODEL, 9081),
    ("postgres+minio", PROMETHEUS, SINK, 8080),
    ("postgres+minio", SINK, MLFLOW, 5000),
    ("postgres+minio", SINK, MINIO, 9000),
    ("postgres+seaweedfs", SINK, SEAWEEDFS, 8333),
    ("external+external", SINK, INTERNET, 443),
    *(
        ("postgres+minio", End(namespace, {"app": "gateway"}), APP, 8080)
        for namespace in ("istio-system", "envoy-gateway-system", "ingress-nginx", "traefik")
    ),
    ("postgres+minio+serving", APP, MODEL, 8080),
    ("postgres+minio+serving", APP, MODEL, 9081),
    ("postgres+minio", APP, PROMETHEUS, 9090),
    *(("postgres+minio", make_task(stage), DASK, 8786) for stage in ("preprocess", "train", "score")),
    ("postgres+minio", DASK_OPERATOR, DASK, 8787),
    ("postgres+minio", DASK_OPERATOR, KUBERNETES, 6443),
    # Workers connect to each other at ports that nobody knows before.
    ("postgres+minio", DASK, DASK, 39871),
    ("postgres+minio", DASK, OLD_STORE, 9000),
    ("postgres+seaweedfs", DASK, SEAWEEDFS, 8333),
    ("external+external", DASK, INTERNET, 443),
]
REFUSED = [
    ("kind", STRANGER, POSTGRES, 5432),
    ("kind", STRANGER, MLFLOW, 5000),
    ("kind", STRANGER, MINIO, 9000),
    ("kind", NEIGHBOUR, MLFLOW, 5000),
    ("kind", NEIGHBOUR, make_task("tune"), 8080),
    ("kind", CONTROLLER, MLFLOW, 5000),
    ("kind", MINIO, POSTGRES, 5432),
    ("kind", POSTGRES, MINIO, 9000),
    ("kind", SET_UP, POSTGRES, 5432),
    ("kind", MLFLOW, INTERNET, 443),
    ("kind", MINIO, INTERNET, 443),
    ("kind", POSTGRES, INTERNET, 443),
    ("kind", MLFLOW, KUBERNETES, 6443),
    ("kind", make_task("tune"), INTERNET, 443),
    ("kind", make_task("tune"), make_task("tune"), 8080),
    ("kind", make_task("ingest"), METADATA_SERVICE, 80),
    ("kind", WATCH, METADATA_SERVICE, 80),
    ("kind", NEIGHBOUR, WATCH, 8080),
    ("kind", make_task("ingest"), DATABASE, 5432),
    ("production", STRANGER, POSTGRES, 5432),
    ("production", MLFLOW, METADATA_SERVICE, 443),
    ("aws", make_task("tune"), METADATA_SERVICE, 80),
    ("aws", MLFLOW, METADATA_SERVICE, 80),
    ("postgres+minio", make_task("train"), PROXY, 13000),
    ("postgres+minio", MLFLOW, PROXY, 13000),
    ("postgres+minio", NEIGHBOUR, PROXY, 13000),
    ("postgres+minio", End("kubeflow", {COMPONENT: "tune"}), PROXY, 13000),
    ("postgres+minio", PROXY, MINIO, 9000),
    ("postgres+minio", PROXY, INTERNET, 443),
    ("external+external", PROXY, METADATA_SERVICE, 80),
    ("kind+schedules", SUBMIT, INTERNET, 443),
    ("serving", NEIGHBOUR, MODEL, 8080),
    ("serving", STRANGER, MODEL, 8080),
    ("serving", End("monitoring", {NAME: "grafana"}), MODEL, 8080),
    ("serving", MODEL, INTERNET, 443),
    ("serving", MODEL, METADATA_SERVICE, 80),
    ("serving", MODEL, MODEL, 8080),
    ("serving", GATEWAY, MODEL, 8012),
    ("serving-knative", NEIGHBOUR, MODEL, 8012),
    ("kind+serving", make_task("train"), MODEL, 8080),
    ("kind+serving", MODEL, MLFLOW, 5000),
    ("kind+serving", MODEL, POSTGRES, 5432),
    ("kind+serving", MODEL, PIPELINES, 8888),
    ("kind+serving", MODEL, KUBERNETES, 6443),
    ("production+serving", MODEL, METADATA_SERVICE, 80),
    ("external+external+serving", MODEL, DATABASE, 5432),
    ("kind+schedules", SUBMIT, KUBERNETES, 6443),
    ("kind+schedules", SUBMIT, MLFLOW, 5000),
    ("kind+schedules", SUBMIT, POSTGRES, 5432),
    ("kind+schedules", SUBMIT, MINIO, 9000),
    ("kind+schedules", NEIGHBOUR, SUBMIT, 8080),
    ("postgres+minio", NEIGHBOUR, EXPORTER, 9108),
    ("postgres+minio", make_task("train"), EXPORTER, 9108),
    ("postgres+minio", EXPORTER, INTERNET, 443),
    ("external+external", EXPORTER, METADATA_SERVICE, 80),
    ("kind+serving", MODEL, SINK, 8080),
    ("kind+serving", GATEWAY, MODEL, 9081),
    ("postgres+minio+serving", NEIGHBOUR, MODEL, 9081),
    ("postgres+minio", NEIGHBOUR, SINK, 8080),
    ("postgres+minio", STRANGER, SINK, 8080),
    ("postgres+minio", make_task("train"), SINK, 8080),
    ("postgres+minio", SINK, INTERNET, 443),
    ("external+external", SINK, METADATA_SERVICE, 80),
    ("postgres+minio", NEIGHBOUR, APP, 8080),
    ("postgres+minio", STRANGER, APP, 8080),
    ("postgres+minio", make_task("train"), APP, 8080),
    ("postgres+minio", APP, APP, 8080),
    ("postgres+minio", APP, MLFLOW, 5000),
    ("postgres+minio", APP, POSTGRES, 5432),
    ("postgres+minio", APP, MINIO, 9000),
    ("postgres+minio", APP, PIPELINES, 8888),
    ("postgres+minio", APP, KUBERNETES, 6443),
    ("postgres+minio", APP, SINK, 8080),
    ("postgres+minio", APP, INTERNET, 443),
    ("postgres+seaweedfs", APP, SEAWEEDFS, 8333),
    ("external+external", APP, INTERNET, 443),
    ("external+external", APP, DATABASE, 5432),
    ("kind+serving", APP, MODEL, 8080),
    ("postgres+minio", make_task("eda"), DASK, 8786),
    ("postgres+minio", make_task("train"), DASK, 39871),
    ("postgres+minio", NEIGHBOUR, DASK, 8786),
    ("postgres+minio", STRANGER, DASK, 8786),
    ("postgres+minio", DASK, INTERNET, 443),
    ("external+external", DASK, METADATA_SERVICE, 80),
    ("kind", make_task("train"), DASK, 8786),
]


def build_together(name: str) -> list[Object]:
    """Return the objects of a build, with those of an overlay on top where it is named after it."""
    for overlay in ("serving", "schedules"):
        if name.endswith(f"+{overlay}"):
            return build(name.removesuffix(f"+{overlay}")) + build(overlay)
    return build(name)


def name_case(values: Any) -> str:
    name, source, target, port = values
    return f"{name}: {source} to {target} {port}"


@pytest.mark.slow_variants
@pytest.mark.parametrize("values", ALLOWED, ids=name_case)
def test_what_needs_to_talk_can(values: tuple[str, End, End, int]) -> None:
    name, source, target, port = values
    assert is_allowed(build_together(name), source, target, port)


@pytest.mark.parametrize("values", REFUSED, ids=name_case)
def test_everything_else_is_refused(values: tuple[str, End, End, int]) -> None:
    name, source, target, port = values
    assert not is_allowed(build_together(name), source, target, port)


@pytest.mark.parametrize("values", REFUSED, ids=name_case)
def test_without_policies_nothing_would_be_refused(values: tuple[str, End, End, int]) -> None:
    name, source, target, port = values
    objects = [item for item in build_together(name) if item["kind"] != "NetworkPolicy"]
    assert is_allowed(objects, source, target, port)


@pytest.mark.parametrize(
    ("deployment", "target", "port"),
    [("kfp-tabular-monitor-exporter", MINIO, 9000), ("kfp-tabular-watch", PIPELINES, 8888)],
)
def test_our_pods_beside_runs_need_no_label_of_an_overlay(deployment: str, target: End, port: int) -> None:
    parts = ["object-storage/minio", "prometheus"]
    text = render_parts(["base/namespace", "base/mlflow", "base/runs"], parts, labels=[])
    objects = list(yaml.load_all(text, yaml.CSafeLoader))
    pod = dict(list_pods(objects))[f"Deployment/{deployment}"]
    assert is_allowed(objects, End("kubeflow", pod["labels"]), target, port)
    assert not is_allowed(objects, End("kubeflow", pod["labels"]), METADATA_SERVICE, 80)


@pytest.mark.parametrize("pod", [MLFLOW, POSTGRES, MINIO, SET_UP, make_task("ingest")], ids=str)
def test_names_can_be_looked_up(pod: End) -> None:
    objects = build("kind")
    assert is_allowed(objects, pod, DNS, 53, "UDP")
    assert is_allowed(objects, pod, DNS, 53, "TCP")


@pytest.mark.slow_variants
@pytest.mark.parametrize("name", COMBINATIONS)
def test_in_every_combination_mlflow_reaches_its_database_and_its_storage(name: str) -> None:
    objects = build(name)
    database, _, storage = name.partition("+")
    assert is_allowed(objects, MLFLOW, DATABASE if database == "external" else POSTGRES, 5432)
    place, port = {"minio": (MINIO, 9000), "seaweedfs": (SEAWEEDFS, 8333), "external": (INTERNET, 443)}[
        storage
    ]
    assert is_allowed(objects, MLFLOW, place, port)
    assert is_allowed(objects, make_task("ingest"), place, port)


def remove_policy(objects: list[Object], name: str) -> list[Object]:
    objects.remove(get_object(objects, "NetworkPolicy", name))
    return objects


@pytest.mark.parametrize(
    ("policy", "source", "target", "port"),
    [
        ("services-to-postgres", MLFLOW, POSTGRES, 5432),
        ("services-to-minio", SET_UP, MINIO, 9000),
        ("postgres", MLFLOW, POSTGRES, 5432),
        ("kfp-tabular-tasks-outside", make_task("notify"), INTERNET, 443),
        ("kfp-tabular-tasks-outside", make_task("ingest-rows"), INTERNET, 443),
        ("kfp-tabular-tasks-outside", make_task("ingest-truth"), INTERNET, 443),
        ("kfp-tabular-tasks-outside", make_task("monitor"), INTERNET, 443),
        ("kfp-tabular-tasks-outside", WATCH, INTERNET, 443),
    ],
)
def test_each_connection_hangs_on_its_policy(policy: str, source: End, target: End, port: int) -> None:
    assert not is_allowed(remove_policy(build("kind"), policy), source, target, port)
