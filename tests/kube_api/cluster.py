"""A namespace in which KServe's controller works."""

import json
from typing import Any
from urllib.parse import urlsplit

from tests.kube_api.revisions import Revisions
from tests.kube_api.store import Object, ObjectStore


class KubeApi(ObjectStore):
    """A namespace; its controller does at once what KServe's does.

    Attributes
    ----------
    servers : dict of str to str
        Address of the server of each storageUri. One that is not there has pods that crash.
    crash : str
        The last words of such a pod.
    waiting_reason : str
        Why such a pod waits.
    hidden : set of str
        Kinds that the cluster does not have.
    rules : list of dict
        Those of the Role of whoever asks.
    forbidden : set of tuple of str
        Methods and kinds that nobody may, whatever the rules.
    statuses : list of int
        Statuses of the next answers, one for each request; after them all is well.
    shares : list of tuple
        What was asked for: with Knative a service's newest revision and its per cent, else a route's
        backends.
    traffic : list of dict of str to int
        With Knative, what came of it: per cent of the requests by storageUri.
    """

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self.namespace = namespace
        self.servers: dict[str, str] = {}
        self.crash = "error: the model is damaged"
        self.waiting_reason = "CrashLoopBackOff"
        self.hidden: set[str] = set()
        self.rules: list[Object] = []
        self.forbidden: set[tuple[str, str]] = set()
        self.statuses: list[int] = []
        self.shares: list[tuple[Any, ...]] = []
        self.traffic: list[dict[str, int]] = []
        self._served: dict[str, list[str]] = {}
        self._services: dict[str, Revisions] = {}

    def can(self, group: str, resource: str, verb: str) -> bool:
        """Tell whether a rule permits a verb."""
        return any(
            group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
            for rule in self.rules
        )

    def delete(self, kind: str, name: str) -> Object:
        """Delete an object, and those that a service owns with it."""
        found = super().delete(kind, name)
        if kind == "InferenceService":
            self._served.pop(name, None)
            self._services.pop(name, None)
            self._delete_owned(name)
        return found

    def _delete_owned(self, owner: str, *kinds: str) -> None:
        for key in [key for key, of in self.objects.items() if of.get("owner") == owner]:
            if not kinds or key[0] in kinds:
                del self.objects[key]

    def _react(self, kind: str, changed: Object, *, is_new: bool) -> None:
        if kind == "InferenceService" and is_new:
            self._reconcile(changed)
        if kind == "HTTPRoute":
            backends = changed["spec"]["rules"][0]["backendRefs"]
            self.shares.append(tuple((of["name"], of["weight"]) for of in backends))

    def _reconcile(self, service: Object) -> None:
        uri = service["spec"]["predictor"]["model"]["storageUri"]
        is_knative = service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"
        is_sound = uri in self.servers
        (self._roll_out_knative if is_knative else self._roll_out_standard)(service, uri, is_sound)
        status = service["status"]
        status["observedGeneration"] = service["metadata"]["generation"]
        status["modelStatus"] = {"transitionStatus": "UpToDate" if is_sound else "InProgress"}

    def _roll_out_standard(self, service: Object, uri: str, is_sound: bool) -> None:
        name, replicas = service["metadata"]["name"], service["spec"]["predictor"]["minReplicas"]
        known = self._served.setdefault(name, [])
        self._start_pod(name, {}, uri, replaces=True)
        if is_sound:
            known.append(uri)
        # The old pods go on where the new ones crash, and the Deployment counts as available.
        self.objects["Deployment", f"{name}-predictor"] = {
            "metadata": {"name": f"{name}-predictor", "generation": 1},
            "owner": name,
            "spec": {"replicas": replicas},
            "status": {
                "observedGeneration": 1,
                "replicas": replicas + (not is_sound),
                "updatedReplicas": replicas if is_sound else 1,
                "availableReplicas": replicas if known else 0,
            },
        }
        answers = self.servers.get(known[-1]) if known else None
        service["status"] = {
            "conditions": [{"type": "Ready", "status": "True" if known else "False"}],
            "address": {"url": answers} if answers else {},
        }

    def _roll_out_knative(self, service: Object, uri: str, is_sound: bool) -> None:
        name, predictor = service["metadata"]["name"], service["spec"]["predictor"]
        known = self._services.setdefault(name, Revisions())
        created = known.find_or_create(name, json.dumps(predictor["model"], sort_keys=True), uri)
        self._start_pod(name, {"serving.knative.dev/revision": created}, uri, replaces=False)
        if is_sound:
            known.ready = created
        percent = predictor.get("canaryTrafficPercent")
        shares = known.share(percent)
        self.shares.append((created, 100 if percent is None else percent))
        self.traffic.append({known.uris[revision]: share for revision, share in shares.items() if share})
        most = max(shares, key=lambda revision: shares[revision], default=None)
        answers = None if most is None else self.servers.get(known.uris[most])
        service["status"] = {
            "conditions": [{"type": "Ready", "status": "True" if is_sound else "False"}],
            "address": {"url": answers} if answers else {},
            "components": {
                "predictor": {
                    "latestCreatedRevision": created,
                    "latestReadyRevision": known.ready,
                    "traffic": [{"tag": "latest", "revisionName": created, "url": self.servers.get(uri, "")}],
                }
            },
        }

    def _start_pod(self, service: str, labels: dict[str, str], uri: str, *, replaces: bool) -> None:
        name = f"{service}-{len(self.history)}"
        server = urlsplit(self.servers.get(uri, ""))
        container: Object = {"name": "kserve-container", "ports": [{"containerPort": server.port or 8080}]}
        state: Object = {"name": "kserve-container", "state": {"running": {}}}
        if uri not in self.servers:
            state["state"] = {"waiting": {"reason": self.waiting_reason, "message": "back-off"}}
            if self.crash:
                state["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "message": self.crash}}
        elif replaces:
            self._delete_owned(service, "Pod")
        self.objects["Pod", name] = {
            "metadata": {"name": name, "labels": {"serving.kserve.io/inferenceservice": service, **labels}},
            "owner": service,
            "spec": {"containers": [container]},
            "status": {
                "podIP": server.hostname or "",
                "containerStatuses": [state],
                "conditions": [{"type": "PodScheduled", "status": "True"}],
            },
        }
