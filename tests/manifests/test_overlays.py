"""What the overlays build: valid for Kubernetes, and what each promises."""

import functools
import json
import re
from importlib.util import find_spec
from typing import Any

import kubernetes_validate
import pytest
import yaml

from components.log_sink.__main__ import parse_arguments as parse_log_sink_arguments
from pipelines.task_settings import CONFIGURATION, SETTINGS
from tests.manifests.builds import (
    BUILDS,
    COMBINATIONS,
    MANIFESTS,
    ON_TOP,
    OVERLAYS,
    STORAGES,
    Object,
    build,
    get_object,
    get_title,
    list_containers,
    list_pods,
)

# The oldest that docs/cluster.md names, and the newest that the validator knows.
KUBERNETES = ("1.29", "1.37")
BASES = [name for name in (*OVERLAYS, *COMBINATIONS) if name not in ON_TOP]
PROBES = ("startup", "readiness", "liveness")
# The pipelines that git starts, and the accounts of their runs.
SCHEDULES = {"training": "kfp-tabular", "monitoring": "kfp-tabular-monitoring"}
OPERATORS = {
    "Cluster",
    "Database",
    "ServingRuntime",
    "InferenceService",
    "PodMonitor",
    "PrometheusRule",
    "HTTPRoute",
    "VirtualService",
    "AuthorizationPolicy",
}


@functools.cache
def find_fault(text: str, version: str) -> str | None:
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return error.message
    return None


@pytest.mark.slow_variants
@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", BUILDS)
def test_kubernetes_takes_every_object(name: str, version: str) -> None:
    objects = [item for item in build(name) if item["kind"] not in OPERATORS]
    found = {get_title(item): find_fault(json.dumps(item, sort_keys=True), version) for item in objects}
    assert {name: fault for name, fault in found.items() if fault} == {}


def spoil_type(item: Object) -> None:
    item["spec"]["replicas"] = "two"


def spoil_field(item: Object) -> None:
    item["spec"]["template"]["spec"]["restartPolice"] = "Always"


@pytest.mark.parametrize(("spoil", "says"), [(spoil_type, "two"), (spoil_field, "restartPolice")])
def test_kubernetes_does_not_take_what_is_wrong(spoil: Any, says: str) -> None:
    item = get_object(build("kind"), "Deployment", "mlflow")
    spoil(item)
    assert says in str(find_fault(json.dumps(item), KUBERNETES[0]))


@pytest.mark.parametrize("name", BUILDS)
def test_no_object_is_built_twice_and_all_but_the_clusters_own_have_a_namespace(name: str) -> None:
    objects = build(name)
    keys = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects]
    assert len(keys) == len(set(keys))
    without = {item["kind"] for item in objects if "namespace" not in item["metadata"]}
    assert without <= {"Namespace", "PriorityClass"}


@pytest.mark.parametrize("name", [*BASES, "profile"])
def test_runs_find_every_variable_that_a_task_reads_from_the_configmap(name: str) -> None:
    namespace = "team" if name == "profile" else "kubeflow"
    assert set(get_object(build(name), "ConfigMap", SETTINGS, namespace)["data"]) == set(CONFIGURATION)


@pytest.mark.parametrize("storage", STORAGES)
def test_mlflow_and_runs_are_told_of_the_same_storage(storage: str) -> None:
    objects = build(f"postgres+{storage}")
    data = [
        get_object(objects, "ConfigMap", SETTINGS, place)["data"] for place in ("kfp-tabular", "kubeflow")
    ]
    expected = {"minio": "http://minio.kfp-tabular:9000", "seaweedfs": "http://seaweedfs.kubeflow:9000"}
    assert [each["AWS_ENDPOINT_URL"] for each in data] == [expected.get(storage, "")] * 2
    assert len({each["MLFLOW_ARTIFACTS_DESTINATION"] for each in data}) == 1


@pytest.mark.parametrize("name", BASES)
def test_mlflow_answers_to_the_name_by_which_runs_ask_it(name: str) -> None:
    # It answers 403 to others, but /health to all, so that probes would not show it.
    objects = build(name)
    uri = get_object(objects, "ConfigMap", SETTINGS, "kubeflow")["data"]["MLFLOW_TRACKING_URI"]
    answered = get_object(objects, "ConfigMap", SETTINGS, "kfp-tabular")["data"][
        "MLFLOW_SERVER_ALLOWED_HOSTS"
    ]
    assert uri.removeprefix("http://") in answered.split(",")
    service = get_object(objects, "Service", "mlflow")
    place, port = service["metadata"]["namespace"], service["spec"]["ports"][0]["port"]
    assert uri == f"http://mlflow.{place}:{port}"


def test_the_hosts_name_of_production_is_said_once() -> None:
    text = (MANIFESTS / "overlays" / "production" / "kustomization.yaml").read_text(encoding="utf-8")
    objects = build("production")
    (rule,) = get_object(objects, "Ingress", "mlflow")["spec"]["rules"]
    assert text.count(rule["host"]) == 1
    assert get_object(objects, "Ingress", "mlflow")["spec"]["tls"][0]["hosts"] == [rule["host"]]
    data = get_object(objects, "ConfigMap", SETTINGS, "kfp-tabular")["data"]
    assert rule["host"] in data["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert data["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == f"https://{rule['host']}"


def test_what_is_reachable_from_outside_asks_who_is_there() -> None:
    for name in OVERLAYS:
        objects = build(name)
        if any(item["kind"] == "Ingress" for item in objects):
            assert (
                "--app-name=basic-auth"
                in list_containers(dict(list_pods(objects))["Deployment/mlflow"])[1]["args"]
            )


def test_on_aws_there_are_roles_and_no_keys() -> None:
    objects = build("aws")
    accounts = {
        name: get_object(objects, "ServiceAccount", name)["metadata"]["annotations"][
            "eks.amazonaws.com/role-arn"
        ]
        for name in ("mlflow", *SCHEDULES.values())
    }
    assert all(re.fullmatch(r"arn:aws:iam::\d{12}:role/[\w-]+", role) for role in accounts.values())
    assert "ACCESS_KEY" not in json.dumps(objects)
    images = {container["image"] for _, pod in list_pods(objects) for container in list_containers(pod)}
    assert all(".dkr.ecr." in image for image in images)


def test_the_profile_holds_nothing_but_what_its_namespace_may() -> None:
    objects = build("profile")
    assert {item["metadata"]["namespace"] for item in objects} == {"team"}
    (subject,) = get_object(objects, "RoleBinding", "kfp-tabular")["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": "kfp-tabular", "namespace": "team"}


def test_the_database_of_production_survives_a_node() -> None:
    spec = get_object(build("production"), "Cluster", "postgres")["spec"]
    assert spec["instances"] == 3
    assert spec["affinity"] == {
        "enablePodAntiAffinity": True,
        "podAntiAffinityType": "required",
        "topologyKey": "kubernetes.io/hostname",
    }
    assert spec["postgresql"]["synchronous"] == {"method": "any", "number": 1}
    assert spec["enablePDB"] is True
    assert spec["resources"]["requests"]["memory"] == spec["resources"]["limits"]["memory"]


def test_the_database_of_production_has_the_names_that_the_secrets_use() -> None:
    objects = build("production")
    cluster, database = get_object(objects, "Cluster", "postgres"), get_object(objects, "Database", "sweeps")
    assert (cluster["apiVersion"], database["apiVersion"]) == ("postgresql.cnpg.io/v1",) * 2
    (service,) = cluster["spec"]["managed"]["services"]["additional"]
    assert (service["selectorType"], service["serviceTemplate"]["metadata"]["name"]) == ("rw", "postgres")
    first = cluster["spec"]["bootstrap"]["initdb"]
    assert (first["database"], first["owner"], first["secret"]["name"]) == (
        "mlflow",
        "mlflow",
        "postgres-mlflow",
    )
    (role,) = cluster["spec"]["managed"]["roles"]
    assert (role["name"], role["login"], role["passwordSecret"]["name"]) == (
        "sweeps",
        True,
        "postgres-sweeps",
    )
    assert database["spec"] == {
        "cluster": {"name": "postgres"},
        "name": "sweeps",
        "owner": "sweeps",
        "databaseReclaimPolicy": "retain",
    }


def test_the_proxy_is_ours_and_listens_where_its_service_leads() -> None:
    objects = build("postgres+minio")
    (proxy,) = list_containers(dict(list_pods(objects))["Deployment/sweeps-proxy"])
    assert proxy["image"] == "kfp-tabular-tune:1.2.3"
    assert proxy["command"] == ["python", "-m", "components.tune.proxy"]
    assert find_spec(proxy["command"][-1]) is not None
    (service,) = get_object(objects, "Service", "sweeps-proxy")["spec"]["ports"]
    (port,) = proxy["ports"]
    assert proxy["args"] == ["--host=0.0.0.0", f"--port={port['containerPort']}"]
    assert (service["targetPort"], service["port"]) == (port["name"], port["containerPort"])


def test_the_log_sink_is_ours_and_listens_where_its_service_leads() -> None:
    objects = build("postgres+minio")
    pod = dict(list_pods(objects))["Deployment/kfp-tabular-log-sink"]
    (sink,) = list_containers(pod)
    assert sink["image"] == "kfp-tabular-log-sink:1.2.3"
    assert sink["command"] == ["python", "-m", "components.log_sink"]
    given = parse_log_sink_arguments(sink["args"])
    assert given.folder.startswith("s3://")
    # It may fill its volume, and not more.
    mounts = {mount["mountPath"]: mount["name"] for mount in sink["volumeMounts"]}
    volumes = {volume["name"]: volume["emptyDir"] for volume in pod["spec"]["volumes"]}
    limit = volumes[mounts[str(given.spool)]]["sizeLimit"]
    assert given.spool_bytes < int(limit.removesuffix("Mi")) * 2**20
    # A request and its response must meet.
    assert get_object(objects, "Deployment", "kfp-tabular-log-sink")["spec"]["replicas"] == 1
    (service,) = get_object(objects, "Service", "kfp-tabular-log-sink")["spec"]["ports"]
    (port,) = sink["ports"]
    assert given.port == port["containerPort"] == service["port"]
    assert service["targetPort"] == port["name"]
    variables = {variable["name"]: variable["valueFrom"] for variable in sink["env"]}
    assert {next(iter(source.values()))["name"] for source in variables.values()} == {SETTINGS}
    # All that MLflow and the storage need, and nothing of what tasks have beside it.
    assert set(variables) == {
        *(f"MLFLOW_TRACKING_{name}" for name in ("URI", "USERNAME", "PASSWORD", "TOKEN")),
        "MLFLOW_WORKSPACE",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    }


@pytest.mark.parametrize("name", [*BASES, "profile"])
def test_the_watcher_is_ours_and_takes_what_it_is_given(name: str) -> None:
    from components.notify.kubeflow_api import TOKEN
    from pipelines.task_settings import COMPONENTS

    pod = dict(list_pods(build(name)))["Deployment/kfp-tabular-watch"]
    (watcher,) = list_containers(pod)
    assert "kfp-tabular-notify:" in watcher["image"]
    assert find_spec(watcher["command"][-1]) is not None
    # It reads its own namespace, and the variables that notify reads.
    variables = {variable["name"]: variable["valueFrom"] for variable in watcher["env"]}
    assert variables.pop("NAMESPACE") == {"fieldRef": {"fieldPath": "metadata.namespace"}}
    assert set(variables) == set(COMPONENTS["notify"].uses)
    # Its sign of life is where it may write and its probes look.
    mounts = {mount["mountPath"]: mount["name"] for mount in watcher["volumeMounts"]}
    (file,) = (word.removeprefix("--sign-of-life=") for word in watcher["args"] if "sign" in word)
    assert mounts[file.rpartition("/")[0]] == "tmp"
    assert all(file in " ".join(watcher[f"{kind}Probe"]["exec"]["command"]) for kind in PROBES)
    # Its token is the one that Kubeflow's API accepts, and where the code looks for it.
    (source,) = next(volume for volume in pod["spec"]["volumes"] if volume["name"] == "token")["projected"][
        "sources"
    ]
    assert source["serviceAccountToken"]["audience"] == "pipelines.kubeflow.org"
    assert mounts[str(TOKEN.parent)] == "token"
    assert source["serviceAccountToken"]["path"] == TOKEN.name


def test_only_the_runs_that_deploy_may() -> None:
    bindings = [item for item in build("kind") if item["kind"] == "RoleBinding"]
    bound = {
        account: {
            binding["roleRef"]["name"]
            for binding in bindings
            if account in [subject["name"] for subject in binding["subjects"]]
        }
        for account in SCHEDULES.values()
    }
    assert bound == {
        "kfp-tabular": {"kfp-tabular", "kfp-tabular-deploy"},
        "kfp-tabular-monitoring": {"kfp-tabular"},
    }


def test_schedules_of_git_start_every_pipeline_of_the_list() -> None:
    names = {item["metadata"]["name"] for item in build("schedules") if item["kind"] == "CronJob"}
    assert names == {f"kfp-tabular-{pipeline}" for pipeline in SCHEDULES}


@pytest.mark.parametrize("pipeline", SCHEDULES)
def test_a_schedules_parameters_are_those_of_the_pipeline(pipeline: str) -> None:
    from pipelines.spec_compiler import load_pipeline

    objects = build("schedules")
    cron = get_object(objects, "CronJob", f"kfp-tabular-{pipeline}")["spec"]
    (volume,) = (
        volume
        for volume in cron["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "parameters"
    )
    given = yaml.safe_load(
        get_object(objects, "ConfigMap", volume["configMap"]["name"])["data"]["parameters.yaml"]
    )
    inputs = load_pipeline(pipeline).pipeline_spec.root.input_definitions.parameters
    assert set(given) <= set(inputs)
    assert {name for name, kind in inputs.items() if not kind.is_optional} <= set(given)


@pytest.mark.parametrize(("pipeline", "account"), SCHEDULES.items())
def test_a_schedules_command_is_one_that_the_command_line_takes(pipeline: str, account: str) -> None:
    from pipelines.cli.parser import CommandParser
    from pipelines.cli.submit import add_options

    pod = dict(list_pods(build("schedules")))[f"CronJob/kfp-tabular-{pipeline}"]
    command, *words = list_containers(pod)[0]["args"]
    assert command == "submit"
    parser = CommandParser()
    add_options(parser)
    given = parser.parse_args(words)
    mounts = {mount["mountPath"] for mount in list_containers(pod)[0]["volumeMounts"]}
    assert given.pipeline == pipeline
    assert str(given.parameters.parent) in mounts
    assert given.service_account == account
    assert get_object(build("kind"), "ServiceAccount", account, "kubeflow")


def test_a_schedule_asks_for_the_token_that_kubeflow_takes_where_the_command_looks_for_it() -> None:
    from pipelines.remote.kubeflow_connection import POD_NAMESPACE, POD_TOKEN

    pod = dict(list_pods(build("schedules")))["CronJob/kfp-tabular-training"]
    paths = {mount["name"]: mount["mountPath"] for mount in list_containers(pod)[0]["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    (source,) = volumes["token"]["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == "pipelines.kubeflow.org"
    assert f"{paths['token']}/{source['serviceAccountToken']['path']}" == str(POD_TOKEN)
    (item,) = volumes["namespace"]["downwardAPI"]["items"]
    assert f"{paths['namespace']}/{item['path']}" == str(POD_NAMESPACE)
