"""The rules, kept by every build, and each shown to find what breaks it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.manifests.builds import BUILDS, Object, build, get_object
from tests.manifests.policies import RULES

OTHER_LABEL = {"app.kubernetes.io/component": "other"}
Spoil = Callable[[list[Object]], Any]
BY_NAME = {rule.__name__: rule for rule in RULES}


@pytest.mark.parametrize("name", BUILDS)
@pytest.mark.parametrize("rule", sorted(BY_NAME))
def test_every_build_keeps_the_rule(name: str, rule: str) -> None:
    assert list(BY_NAME[rule](build(name))) == []


def get_mlflow(objects: list[Object]) -> Object:
    return dict(get_object(objects, "Deployment", "mlflow")["spec"]["template"]["spec"])


def get_container(objects: list[Object]) -> Object:
    return dict(get_mlflow(objects))["containers"][0]


def get_server(objects: list[Object]) -> Object:
    return dict(get_object(objects, "ServingRuntime", "kfp-tabular")["spec"])["containers"][0]


def get_model(objects: list[Object]) -> Object:
    return dict(get_object(objects, "InferenceService", "model")["spec"]["predictor"])["model"]


def remove(objects: list[Object], kind: str, name: str, namespace: str | None = None) -> None:
    objects.remove(get_object(objects, kind, name, namespace))


def change(place: Object, **values: Any) -> None:
    place.update(values)


# The rule, what is done to a build that keeps it, and a part of what it then says.
SPOILED: list[tuple[str, str, Spoil, str]] = [
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: change(get_mlflow(o)["securityContext"], runAsNonRoot=False),
        "mlflow may run as root",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: change(get_mlflow(o)["securityContext"], runAsUser=0),
        "mlflow may run as root",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: change(get_container(o)["securityContext"], runAsUser=0),
        "mlflow: mlflow may run as root",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: get_mlflow(o)["securityContext"].pop("seccompProfile"),
        "no seccomp profile",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: change(get_container(o)["securityContext"], privileged=True),
        "may gain rights",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: get_container(o)["securityContext"].pop("capabilities"),
        "keeps capabilities",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: change(get_mlflow(o)["volumes"][0], hostPath={"path": "/"}),
        "mounts the volume tmp",
    ),
    (
        "check_pods_are_restricted",
        "kind",
        lambda o: change(get_object(o, "Deployment", "mlflow")["spec"]["template"]["spec"], hostNetwork=True),
        "shares the node's namespaces",
    ),
    (
        "check_root_is_read_only",
        "kind",
        lambda o: change(get_mlflow(o)["initContainers"][0]["securityContext"], readOnlyRootFilesystem=False),
        "migrate can write to its root",
    ),
    (
        "check_namespaces_are_restricted",
        "kind",
        lambda o: change(
            get_object(o, "Namespace", "kfp-tabular")["metadata"]["labels"],
            **{"pod-security.kubernetes.io/enforce": "baseline"},
        ),
        "does not enforce",
    ),
    (
        "check_containers_have_requests_and_limits",
        "kind",
        lambda o: get_container(o)["resources"]["limits"].pop("memory"),
        "mlflow has no limits.memory",
    ),
    (
        "check_services_are_probed",
        "kind",
        lambda o: get_container(o).pop("livenessProbe"),
        "mlflow has no livenessProbe",
    ),
    *(
        (
            "check_images_are_pinned",
            "kind",
            lambda o, image=image: change(get_container(o), image=image),
            "is not pinned",
        )
        for image in ("r.example.org/mlflow", "r.example.org:5000/mlflow:latest", "mlflow:3", "m@sha256:1")
    ),
    (
        "check_images_are_pinned",
        "production",
        lambda o: change(get_object(o, "Cluster", "postgres")["spec"], imageName="postgresql:17"),
        "Cluster/postgres: postgresql:17 is not pinned",
    ),
    (
        "check_nothing_secret_is_rendered",
        "kind",
        lambda o: o.append({"kind": "Secret", "metadata": {"name": "s"}, "data": {}}),
        "Secret/s is rendered",
    ),
    (
        "check_nothing_secret_is_rendered",
        "kind",
        lambda o: get_container(o)["env"].append({"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}),
        "AWS_SECRET_ACCESS_KEY is rendered",
    ),
    (
        "check_nothing_secret_is_rendered",
        "kind",
        lambda o: change(
            get_object(o, "ConfigMap", "kfp-tabular", "kubeflow")["data"],
            MLFLOW_TRACKING_URI="http://a:b@host",
        ),
        "ConfigMap/kfp-tabular holds an address with a password",
    ),
    *(
        (
            "check_references_lead_somewhere",
            build_name,
            lambda o, kind=kind, name=name, space=space: remove(o, kind, name, space),
            f"refers to {kind} {space}/{name}",
        )
        for build_name, kind, name, space in (
            ("kind", "ConfigMap", "kfp-tabular", "kfp-tabular"),
            ("kind", "ConfigMap", "minio-set-up", "kfp-tabular"),
            ("kind", "ServiceAccount", "mlflow", "kfp-tabular"),
            ("kind", "ServiceAccount", "kfp-tabular", "kubeflow"),
            ("kind", "Role", "kfp-tabular", "kubeflow"),
        )
    ),
    (
        "check_references_lead_somewhere",
        "kind",
        lambda o: change(get_container(o)["env"][0]["valueFrom"]["secretKeyRef"], name="mlfow"),
        "refers to Secret kfp-tabular/mlfow",
    ),
    (
        "check_references_lead_somewhere",
        "kind",
        lambda o: get_mlflow(o)["volumes"].append({"persistentVolumeClaim": {"claimName": "c"}, "name": "c"}),
        "refers to PersistentVolumeClaim kfp-tabular/c",
    ),
    (
        "check_references_lead_somewhere",
        "kind",
        lambda o: change(get_object(o, "RoleBinding", "kfp-tabular")["subjects"][0], namespace="default"),
        "refers to ServiceAccount default/kfp-tabular",
    ),
    (
        "check_references_lead_somewhere",
        "production",
        lambda o: change(get_object(o, "Ingress", "mlflow")["spec"]["tls"][0], secretName="tls"),
        "refers to Secret kfp-tabular/tls",
    ),
    (
        "check_references_lead_somewhere",
        "production",
        lambda o: change(
            get_object(o, "Cluster", "postgres")["spec"]["managed"]["roles"][0]["passwordSecret"], name="p"
        ),
        "refers to Secret kfp-tabular/p",
    ),
    (
        "check_selectors_find_pods",
        "kind",
        lambda o: change(
            get_object(o, "Service", "minio")["spec"]["selector"], **{"app.kubernetes.io/name": "m"}
        ),
        "Service/minio selects no pod",
    ),
    (
        "check_selectors_find_pods",
        "kind",
        lambda o: change(get_object(o, "Service", "minio")["spec"]["ports"][0], targetPort="http"),
        "Service/minio leads to port http",
    ),
    (
        "check_selectors_find_pods",
        "kind",
        lambda o: remove(o, "Deployment", "mlflow"),
        "PodDisruptionBudget/mlflow selects no pod",
    ),
    (
        "check_ingresses_lead_to_services",
        "production",
        lambda o: remove(o, "Service", "mlflow"),
        "Ingress/mlflow leads to mlflow, which is no service",
    ),
    (
        "check_ingresses_lead_to_services",
        "production",
        lambda o: get_object(o, "Ingress", "mlflow")["spec"].pop("tls"),
        "without TLS",
    ),
    (
        "check_network_policies_cover_every_pod",
        "kind",
        lambda o: remove(o, "NetworkPolicy", "default-deny"),
        "Job/minio-set-up has no network policy for ingress",
    ),
    (
        "check_network_policies_cover_every_pod",
        "schedules",
        lambda o: remove(o, "NetworkPolicy", "kfp-tabular-submit"),
        "CronJob/kfp-tabular-training has no network policy for egress",
    ),
    (
        "check_replicated_services_have_a_budget_and_spread",
        "production",
        lambda o: remove(o, "PodDisruptionBudget", "mlflow"),
        "no budget for disruptions",
    ),
    (
        "check_replicated_services_have_a_budget_and_spread",
        "production",
        lambda o: change(get_object(o, "PodDisruptionBudget", "mlflow")["spec"], maxUnavailable=2),
        "no budget for disruptions",
    ),
    (
        "check_replicated_services_have_a_budget_and_spread",
        "production",
        lambda o: get_object(o, "Deployment", "mlflow")["spec"]["template"]["spec"].pop(
            "topologySpreadConstraints"
        ),
        "all its replicas on one node",
    ),
    (
        "check_pods_have_a_priority",
        "kind",
        lambda o: get_object(o, "Deployment", "mlflow")["spec"]["template"]["spec"].pop("priorityClassName"),
        "mlflow has no priority",
    ),
    (
        "check_only_who_uses_kubernetes_gets_a_token_for_it",
        "kind",
        lambda o: get_object(o, "Deployment", "mlflow")["spec"]["template"]["spec"].pop(
            "automountServiceAccountToken"
        ),
        "gets a token",
    ),
    (
        "check_only_who_uses_kubernetes_gets_a_token_for_it",
        "postgres+minio",
        lambda o: o.remove(get_object(o, "RoleBinding", "kfp-tabular-dask-operator")),
        "kfp-tabular-dask-operator gets a token",
    ),
    (
        "check_only_who_uses_kubernetes_gets_a_token_for_it",
        "kind",
        lambda o: get_object(o, "Deployment", "mlflow")["spec"]["template"]["spec"].pop("serviceAccountName"),
        "shares the account default",
    ),
    *(
        (
            "check_roles_are_narrow",
            "kind",
            lambda o, rule=rule: get_object(o, "Role", "kfp-tabular")["rules"].append(rule),
            says,
        )
        for rule, says in (
            ({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}, "wildcard"),
            ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}, "may read all secrets"),
            ({"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}, "may enter pods"),
        )
    ),
    (
        "check_roles_are_narrow",
        "kind",
        lambda o: o.append({"kind": "ClusterRole", "metadata": {"name": "c"}}),
        "ClusterRole/c holds in every namespace",
    ),
    (
        "check_pods_are_restricted",
        "serving",
        lambda o: get_server(o)["securityContext"].pop("runAsUser"),
        "InferenceService/model may run as root",
    ),
    (
        "check_pods_are_restricted",
        "serving",
        lambda o: get_server(o)["securityContext"].pop("seccompProfile"),
        "InferenceService/model has no seccomp profile",
    ),
    (
        "check_services_are_probed",
        "serving",
        lambda o: get_server(o).pop("startupProbe"),
        "has no startupProbe",
    ),
    (
        "check_references_lead_somewhere",
        "serving",
        lambda o: change(get_object(o, "ServiceAccount", "kfp-tabular-serving"), secrets=[{"name": "other"}]),
        "refers to Secret kubeflow/other",
    ),
    (
        "check_selectors_find_pods",
        "serving",
        lambda o: (
            change(get_object(o, "ServingRuntime", "kfp-tabular")["spec"]["labels"], **OTHER_LABEL)
            or change(get_object(o, "InferenceService", "model")["metadata"]["labels"], **OTHER_LABEL)
        ),
        "PodDisruptionBudget/kfp-tabular-serving selects no pod",
    ),
    *(
        (
            "check_models_are_somewhere",
            "serving",
            lambda o, uri=uri: change(get_model(o), storageUri=uri),
            "is no place",
        )
        for uri in ("s3://SAY-WHERE/model", "s3://mlflow", "pvc://claim/model")
    ),
    (
        "check_models_name_a_runtime_that_reads_them",
        "serving",
        lambda o: change(get_model(o), modelFormat={"name": "sklearn", "version": "1"}),
        "of a format that kfp-tabular does not read",
    ),
    (
        "check_models_name_a_runtime_that_reads_them",
        "serving",
        lambda o: change(get_model(o), protocolVersion="v3"),
        "a protocol that kfp-tabular does not speak",
    ),
    (
        "check_models_say_how_they_are_deployed_and_scaled",
        "serving",
        lambda o: get_object(o, "InferenceService", "model")["metadata"].pop("annotations"),
        "is deployed as None and scaled by None",
    ),
    (
        "check_models_say_how_they_are_deployed_and_scaled",
        "serving-keda",
        lambda o: change(get_object(o, "InferenceService", "model")["spec"]["predictor"], minReplicas=0),
        "could not be woken",
    ),
    (
        "check_models_say_how_they_are_deployed_and_scaled",
        "serving-keda",
        lambda o: change(get_object(o, "InferenceService", "model")["spec"]["predictor"], scaleMetric="cpu"),
        "in another's words",
    ),
    (
        "check_objects_say_what_they_are_part_of",
        "kind",
        lambda o: get_object(o, "Service", "mlflow")["metadata"].pop("labels"),
        "Service/mlflow does not say",
    ),
    (
        "check_objects_say_what_they_are_part_of",
        "kind",
        lambda o: get_object(o, "Deployment", "mlflow")["spec"]["template"]["metadata"]["labels"].pop(
            "app.kubernetes.io/part-of"
        ),
        "its pods do not say",
    ),
]


@pytest.mark.parametrize(("rule", "name", "spoil", "says"), SPOILED)
def test_the_rule_finds_what_breaks_it(rule: str, name: str, spoil: Spoil, says: str) -> None:
    objects = build(name)
    spoil(objects)
    found = list(BY_NAME[rule](objects))
    assert any(says in fault for fault in found), found


def test_every_rule_is_shown_to_find_something() -> None:
    assert {rule for rule, *_ in SPOILED} == set(BY_NAME)
