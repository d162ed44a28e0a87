"""The rules that every build keeps, each a function from objects to the faults that it finds."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.manifests.builds import Object, get_object, get_title, list_containers, list_pods
from tests.manifests.network import End, is_selected, list_covering

PART_OF = ("app.kubernetes.io/part-of", "kfp-tabular")
# What a build refers to and somebody else makes; manifests/README.md says who.
BROUGHT: dict[str, set[Any]] = {
    "Secret": {
        ("kubeflow", "kfp-tabular"),
        ("team", "kfp-tabular"),
        ("kubeflow", "kfp-tabular-storage"),
        ("kfp-tabular", "postgres"),
        ("kfp-tabular", "postgres-mlflow"),
        ("kfp-tabular", "postgres-sweeps"),
        ("kfp-tabular", "mlflow"),
        ("kfp-tabular", "mlflow-authentication"),
        ("kfp-tabular", "mlflow-tls"),
        ("kfp-tabular", "minio"),
        ("kfp-tabular", "minio-users"),
        ("kfp-tabular", "sweeps-proxy"),
    },
    # Another overlay of the same cluster makes it.
    "PriorityClass": {(None, "kfp-tabular-jobs"), (None, "kfp-tabular-services")},
}
_VOLUMES = {"configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
_LASTING = ("Deployment", "StatefulSet", "InferenceService")
_TAG = re.compile(r"\d+\.\d+(\.\d+)?(-[a-z]+)*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|ACCESS_KEY)")
_OBJECT = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.=-]+)+")
_CREDENTIALS = re.compile(r"://[^/\s:@]+:[^/\s@]+@")


def check_pods_are_restricted(objects: list[Object]) -> Iterator[str]:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted."""
    for name, pod in list_pods(objects):
        spec = pod["spec"]
        # What the pod says, or each of its containers.
        for context in (
            [spec["securityContext"]]
            if "securityContext" in spec
            else [container.get("securityContext", {}) for container in list_containers(pod)]
        ):
            if not context.get("runAsNonRoot") or context.get("runAsUser", 0) == 0:
                yield f"{name} may run as root"
            if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
                yield f"{name} has no seccomp profile"
        if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{name} shares the node's namespaces"
        for volume in spec.get("volumes", []):
            if not set(volume) - {"name"} <= _VOLUMES:
                yield f"{name} mounts the volume {volume['name']}"
        for container in list_containers(pod):
            rights = container.get("securityContext", {})
            if rights.get("allowPrivilegeEscalation") is not False or rights.get("privileged"):
                yield f"{name}: {container['name']} may gain rights"
            if rights.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{name}: {container['name']} keeps capabilities"
            if rights.get("runAsNonRoot") is False or rights.get("runAsUser") == 0:
                yield f"{name}: {container['name']} may run as root"


def check_root_is_read_only(objects: list[Object]) -> Iterator[str]:
    for name, pod in list_pods(objects):
        for container in list_containers(pod):
            if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
                yield f"{name}: {container['name']} can write to its root"


def check_namespaces_are_restricted(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        if item["kind"] == "Namespace":
            for mode in ("enforce", "audit", "warn"):
                if item["metadata"]["labels"].get(f"pod-security.kubernetes.io/{mode}") != "restricted":
                    yield f"{get_title(item)} does not {mode} the restricted standard"


def check_containers_have_requests_and_limits(objects: list[Object]) -> Iterator[str]:
    for name, pod in list_pods(objects):
        for container in list_containers(pod):
            for kind in ("requests", "limits"):
                given = container.get("resources", {}).get(kind, {})
                for resource in ("cpu", "memory", "ephemeral-storage"):
                    if resource not in given:
                        yield f"{name}: {container['name']} has no {kind}.{resource}"


def check_services_are_probed(objects: list[Object]) -> Iterator[str]:
    lasting = {get_title(item) for item in objects if item["kind"] in _LASTING}
    for name, pod in list_pods(objects):
        for container in pod["spec"]["containers"] if name in lasting else []:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{name}: {container['name']} has no {probe}"


def check_images_are_pinned(objects: list[Object]) -> Iterator[str]:
    images = [
        (name, container["image"]) for name, pod in list_pods(objects) for container in list_containers(pod)
    ] + [(get_title(item), item["spec"]["imageName"]) for item in objects if item["kind"] == "Cluster"]
    for name, image in images:
        path, _, digest = image.partition("@")
        tag = path.rpartition("/")[2].partition(":")[2]
        if not (_DIGEST.fullmatch(digest) or _TAG.fullmatch(tag)):
            yield f"{name}: {image} is not pinned"


def check_nothing_secret_is_rendered(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        if item["kind"] == "Secret":
            yield f"{get_title(item)} is rendered"
        for text in _iterate_texts(item):
            if _CREDENTIALS.search(text):
                yield f"{get_title(item)} holds an address with a password"
    for name, pod in list_pods(objects):
        for container in list_containers(pod):
            for variable in container.get("env", []):
                if _SECRET_NAME.search(variable["name"]) and "value" in variable:
                    yield f"{name}: {variable['name']} is rendered"


def check_references_lead_somewhere(objects: list[Object]) -> Iterator[str]:
    there = {(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects}
    for user, kind, namespace, name in _list_references(objects):
        place = None if kind == "PriorityClass" else namespace
        if (kind, place, name) not in there and (place, name) not in BROUGHT.get(kind, set()):
            yield f"{user} refers to {kind} {place}/{name}, which nobody makes"


def check_selectors_find_pods(objects: list[Object]) -> Iterator[str]:
    made = [pod for _, pod in list_pods(objects)]
    # Pods of an operator's cluster; what it labels them with, since its version 1.28.
    made += [
        {"namespace": item["metadata"]["namespace"], "labels": {"app.kubernetes.io/name": "postgresql"}}
        for item in objects
        if item["kind"] == "Cluster"
    ]
    for item in objects:
        if item["kind"] not in ("Service", "PodDisruptionBudget"):
            continue
        selector = item["spec"]["selector"]
        wanted = selector if item["kind"] == "PodDisruptionBudget" else {"matchLabels": selector}
        found = [
            pod
            for pod in made
            if pod["namespace"] == item["metadata"]["namespace"] and is_selected(wanted, pod["labels"])
        ]
        if not found:
            yield f"{get_title(item)} selects no pod"
        for port in item["spec"].get("ports", []):
            names = {
                entry["name"]
                for pod in found
                for container in list_containers(pod)
                for entry in container.get("ports", [])
            }
            if port["targetPort"] not in names:
                yield f"{get_title(item)} leads to port {port['targetPort']}, which no pod has"


def check_ingresses_lead_to_services(objects: list[Object]) -> Iterator[str]:
    ports = {
        (item["metadata"]["namespace"], item["metadata"]["name"], port["name"])
        for item in objects
        if item["kind"] == "Service"
        for port in item["spec"]["ports"]
    }
    for item in objects:
        if item["kind"] != "Ingress":
            continue
        hosts = {host for entry in item["spec"].get("tls", []) for host in entry["hosts"]}
        for rule in item["spec"]["rules"]:
            if rule["host"] not in hosts:
                yield f"{get_title(item)} serves {rule['host']} without TLS"
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                key = (item["metadata"]["namespace"], service["name"], service["port"]["name"])
                if key not in ports:
                    yield f"{get_title(item)} leads to {service['name']}, which is no service"


def check_network_policies_cover_every_pod(objects: list[Object]) -> Iterator[str]:
    for name, pod in list_pods(objects):
        end = End(pod["namespace"], pod["labels"])
        for direction in ("Ingress", "Egress"):
            if not list_covering(objects, direction, end):
                yield f"{name} has no network policy for {direction.lower()}"


def check_replicated_services_have_a_budget_and_spread(objects: list[Object]) -> Iterator[str]:
    budgets = [item for item in objects if item["kind"] == "PodDisruptionBudget"]
    replicas = {get_title(item): item["spec"].get("replicas", 1) for item in objects if "spec" in item}
    for name, pod in list_pods(objects):
        if name.startswith(("Job/", "CronJob/")) or replicas[name] < 2:
            continue
        mine = [
            budget
            for budget in budgets
            if budget["metadata"]["namespace"] == pod["namespace"]
            and is_selected(budget["spec"]["selector"], pod["labels"])
        ]
        if not any(0 < budget["spec"].get("maxUnavailable", 0) < replicas[name] for budget in mine):
            yield f"{name} has {replicas[name]} replicas and no budget for disruptions"
        if not pod["spec"].get("topologySpreadConstraints"):
            yield f"{name} may have all its replicas on one node"


def check_pods_have_a_priority(objects: list[Object]) -> Iterator[str]:
    # Knative takes none, unless its operator allows it.
    exempt = {get_title(item) for item in objects if _get_mode(item) == "Knative"}
    for name, pod in list_pods(objects):
        if "priorityClassName" not in pod["spec"] and name not in exempt:
            yield f"{name} has no priority"


def check_only_who_uses_kubernetes_gets_a_token_for_it(objects: list[Object]) -> Iterator[str]:
    users = set(_list_accounts_of_kubernetes(objects))
    for name, pod in list_pods(objects):
        is_user = (pod["namespace"], pod["spec"].get("serviceAccountName")) in users
        if pod["spec"].get("automountServiceAccountToken") is not False and not is_user:
            yield f"{name} gets a token for Kubernetes"
        if pod["spec"].get("serviceAccountName", "default") == "default":
            yield f"{name} shares the account default"


def _list_accounts_of_kubernetes(objects: list[Object]) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of the accounts that a Role gives rights in Kubernetes' own API."""
    for binding in (item for item in objects if item["kind"] == "RoleBinding"):
        namespace = binding["metadata"]["namespace"]
        role = get_object(objects, "Role", binding["roleRef"]["name"], namespace)
        # Kubeflow's API checks rights of this group.
        if {group for rule in role["rules"] for group in rule["apiGroups"]} - {"pipelines.kubeflow.org"}:
            yield from ((namespace, subject["name"]) for subject in binding["subjects"])


def check_roles_are_narrow(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        if item["kind"] in ("ClusterRole", "ClusterRoleBinding"):
            yield f"{get_title(item)} holds in every namespace"
        for rule in item.get("rules", []) if item["kind"] == "Role" else []:
            if "*" in (*rule["apiGroups"], *rule["resources"], *rule["verbs"]):
                yield f"{get_title(item)} has a wildcard"
            named_only = {"secrets", "configmaps"} & set(rule["resources"])
            if named_only and not rule.get("resourceNames"):
                yield f"{get_title(item)} may read all {', '.join(sorted(named_only))}"
            if {"pods/exec", "pods/attach"} & set(rule["resources"]):
                yield f"{get_title(item)} may enter pods"


def check_models_are_somewhere(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        if item["kind"] == "InferenceService":
            uri = item["spec"]["predictor"]["model"]["storageUri"]
            if not _OBJECT.fullmatch(uri):
                yield f"{get_title(item)}: {uri} is no place of an object storage"


def check_models_name_a_runtime_that_reads_them(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        if item["kind"] == "InferenceService":
            model = item["spec"]["predictor"]["model"]
            runtime = get_object(objects, "ServingRuntime", model["runtime"])["spec"]
            formats = [(each["name"], each["version"]) for each in runtime["supportedModelFormats"]]
            if (model["modelFormat"]["name"], model["modelFormat"]["version"]) not in formats:
                yield f"{get_title(item)} is of a format that {model['runtime']} does not read"
            if model["protocolVersion"] not in runtime["protocolVersions"]:
                yield f"{get_title(item)} wants a protocol that {model['runtime']} does not speak"


def check_models_say_how_they_are_deployed_and_scaled(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        if item["kind"] != "InferenceService":
            continue
        mode, predictor = _get_mode(item), item["spec"]["predictor"]
        scaler = item["metadata"].get("annotations", {}).get("serving.kserve.io/autoscalerClass")
        if (mode, scaler) not in (("Standard", "hpa"), ("Standard", "keda"), ("Knative", None)):
            yield f"{get_title(item)} is deployed as {mode} and scaled by {scaler}"
        if predictor["minReplicas"] < (0 if mode == "Knative" else 1):
            yield f"{get_title(item)} could not be woken"
        # KServe refuses the words of one with another.
        is_keda = "autoScaling" in predictor and "scaleMetric" not in predictor
        if (scaler == "keda") != is_keda:
            yield f"{get_title(item)} is scaled by {scaler} in another's words"


def _get_mode(item: Object) -> str | None:
    annotations = item["metadata"].get("annotations", {})
    return annotations.get("serving.kserve.io/deploymentMode")


def check_objects_say_what_they_are_part_of(objects: list[Object]) -> Iterator[str]:
    key, value = PART_OF
    for item in objects:
        if item["metadata"].get("labels", {}).get(key) != value:
            yield f"{get_title(item)} does not say what it is part of"
    for name, pod in list_pods(objects):
        if pod["labels"].get(key) != value:
            yield f"{name}: its pods do not say what they are part of"


RULES: tuple[Callable[[list[Object]], Iterator[str]], ...] = (
    check_pods_are_restricted,
    check_root_is_read_only,
    check_namespaces_are_restricted,
    check_containers_have_requests_and_limits,
    check_services_are_probed,
    check_images_are_pinned,
    check_nothing_secret_is_rendered,
    check_references_lead_somewhere,
    check_selectors_find_pods,
    check_ingresses_lead_to_services,
    check_network_policies_cover_every_pod,
    check_replicated_services_have_a_budget_and_spread,
    check_pods_have_a_priority,
    check_only_who_uses_kubernetes_gets_a_token_for_it,
    check_roles_are_narrow,
    check_models_are_somewhere,
    check_models_name_a_runtime_that_reads_them,
    check_models_say_how_they_are_deployed_and_scaled,
    check_objects_say_what_they_are_part_of,
)


def _list_references(objects: list[Object]) -> Iterator[tuple[str, str, str | None, str]]:
    for name, pod in list_pods(objects):
        space, spec = pod["namespace"], pod["spec"]
        yield name, "ServiceAccount", space, spec["serviceAccountName"]
        if "priorityClassName" in spec:
            yield name, "PriorityClass", space, spec["priorityClassName"]
        for volume in spec.get("volumes", []):
            if "configMap" in volume:
                yield name, "ConfigMap", space, volume["configMap"]["name"]
            if "secret" in volume:
                yield name, "Secret", space, volume["secret"]["secretName"]
            if "persistentVolumeClaim" in volume:
                yield name, "PersistentVolumeClaim", space, volume["persistentVolumeClaim"]["claimName"]
        for container in list_containers(pod):
            for variable in container.get("env", []):
                source = variable.get("valueFrom", {})
                if "secretKeyRef" in source:
                    yield name, "Secret", space, source["secretKeyRef"]["name"]
                if "configMapKeyRef" in source:
                    yield name, "ConfigMap", space, source["configMapKeyRef"]["name"]
            for entry in container.get("envFrom", []):
                if "configMapRef" in entry:
                    yield name, "ConfigMap", space, entry["configMapRef"]["name"]
                if "secretRef" in entry:
                    yield name, "Secret", space, entry["secretRef"]["name"]
    for item in objects:
        space = item["metadata"].get("namespace")
        if item["kind"] == "ServiceAccount":
            for entry in item.get("secrets", []):
                yield get_title(item), "Secret", space, entry["name"]
        if item["kind"] == "RoleBinding":
            yield get_title(item), item["roleRef"]["kind"], space, item["roleRef"]["name"]
            for subject in item["subjects"]:
                yield get_title(item), subject["kind"], subject.get("namespace"), subject["name"]
        if item["kind"] == "Ingress":
            for entry in item["spec"].get("tls", []):
                yield get_title(item), "Secret", space, entry["secretName"]
        if item["kind"] == "Cluster":
            yield get_title(item), "PriorityClass", space, item["spec"]["priorityClassName"]
            yield get_title(item), "Secret", space, item["spec"]["bootstrap"]["initdb"]["secret"]["name"]
            for role in item["spec"]["managed"]["roles"]:
                yield get_title(item), "Secret", space, role["passwordSecret"]["name"]


def _iterate_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _iterate_texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _iterate_texts(part)
