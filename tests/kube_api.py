"""A stand-in for the API server of Kubernetes with KServe's controller behind it, on loopback.

It keeps objects, counts resourceVersion and generation, refuses a write of an older object, and does
server-side apply with an owner for each field: another owner's field is a conflict, and a field that its
owner no longer applies goes away. Lists are whole values. The controller writes the statuses that KServe's
would; that KServe's own does so on a cluster is not shown by it.
"""

import copy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
Path = tuple[str, ...]

_PATH = re.compile(
    r"/(?:api|apis)/(?:([a-z0-9.]+)/)?v[a-z0-9]+/namespaces/([a-z0-9-]+)/([a-z]+)(?:/([a-z0-9-]+))?"
)
_KINDS = {
    "leases": "Lease",
    "pods": "Pod",
    "deployments": "Deployment",
    "inferenceservices": "InferenceService",
    "servingruntimes": "ServingRuntime",
    "httproutes": "HTTPRoute",
}


_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


class _Revisions:
    """The revisions of a service, and how KServe 0.21 has Knative share requests among them.

    Read in its ksvc_reconciler.go and inference_service_status.go.
    """

    def __init__(self) -> None:
        self.uris: dict[str, str] = {}
        self.ready = ""
        self._created, self._template = "", ""
        self._rolled_out, self._rolled_out_before = "", ""

    def made(self, service: str, template: str, uri: str) -> str:
        """Return the revision of a template: a new one, if it is another than the last."""
        if template != self._template:
            self._template = template
            self._created = f"{service}-predictor-{len(self.uris) + 1:05d}"
            self.uris[self._created] = uri
        return self._created

    def shared(self, percent: int | None) -> dict[str, int]:
        """Return the per cent of each revision."""
        while True:
            before = self._rolled_out
            is_split = percent is not None and bool(before)
            of_latest = percent if percent is not None and is_split else 100
            shares = {self.ready: of_latest} if self.ready else {}
            if of_latest < 100:
                shares[before] = shares.get(before, 0) + 100 - of_latest
            if self.ready and before != self.ready:
                if of_latest == 100:
                    self._rolled_out_before, self._rolled_out = before, self.ready
            elif self.ready == self._created and of_latest < 100 and self._rolled_out_before:
                self._rolled_out = self._rolled_out_before
            if self._rolled_out == before or not is_split:
                return shares


class KubeApi:
    """The objects of one namespace.

    Attributes
    ----------
    objects : dict
        By kind and name.
    servers : dict of str to str
        Address of the server of each storageUri. One that is not there has pods that crash.
    crash : str
        The last words of such a pod.
    history : list of tuple
        Verb, kind and name of each write.
    hidden : set of str
        Kinds that the cluster does not have.
    rules : list of dict
        Those of the Role of whoever asks.
    forbidden : set of tuple of str
        Methods and kinds that nobody may, whatever the rules.
    shares : list of tuple
        What was asked for: with Knative a service's newest revision and its per cent, else a route's
        backends.
    traffic : list of dict of str to int
        With Knative, what came of it: per cent of the requests by storageUri.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.objects: dict[tuple[str, str], Object] = {}
        self.servers: dict[str, str] = {}
        self.crash = "error: the model is damaged"
        self.waiting_reason = "CrashLoopBackOff"
        self.history: list[tuple[str, str, str]] = []
        self.hidden: set[str] = set()
        self.rules: list[Object] = []
        self.forbidden: set[tuple[str, str]] = set()
        self.shares: list[tuple[str, int]] = []
        self.traffic: list[dict[str, int]] = []
        self._owners: dict[tuple[str, str], dict[Path, str]] = {}
        self._served: dict[str, list[str]] = {}
        self._services: dict[str, _Revisions] = {}
        self._version = 0
        self.lock = threading.RLock()

    def may(self, group: str, resource: str, verb: str) -> bool:
        return any(
            group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
            for rule in self.rules
        )

    def get(self, kind: str, name: str) -> Object:
        if (kind, name) not in self.objects:
            raise Refused(404, "NotFound", f'{kind.lower()}s "{name}" not found')
        return self.objects[kind, name]

    def select(self, kind: str, labels: dict[str, str]) -> list[Object]:
        return [
            of
            for (known, _), of in self.objects.items()
            if known == kind and labels.items() <= of["metadata"].get("labels", {}).items()
        ]

    def apply(self, kind: str, name: str, wanted: Object, manager: str, *, is_forced: bool = False) -> Object:
        key = (kind, name)
        before = self.objects.get(key)
        fields = {path: value for path, value in _leaves(wanted) if path[:2] != ("metadata", "name")}
        owners = self._owners.setdefault(key, {})
        live = dict(_leaves(before or {}))
        taken = {
            path: owners[path]
            for path, value in fields.items()
            if owners.get(path, manager) != manager and live.get(path) != value
        }
        if taken and not is_forced:
            path, owner = next(iter(taken.items()))
            raise Refused(
                409,
                "Conflict",
                f'Apply failed with 1 conflict: conflict with "{owner}": .{".".join(path)}',
            )
        changed = copy.deepcopy(before) if before else {"metadata": {"name": name}}
        for path in [path for path, owner in owners.items() if owner == manager and path not in fields]:
            _remove(changed, path)
            del owners[path]
        for path, value in fields.items():
            _set(changed, path, value)
            owners[path] = manager
        return self._write("apply", kind, changed)

    def put(self, kind: str, name: str, wanted: Object) -> Object:
        before = self.get(kind, name)
        if wanted["metadata"].get("resourceVersion") != before["metadata"]["resourceVersion"]:
            raise Refused(409, "Conflict", "the object has been modified; please apply your changes to it")
        return self._write("put", kind, wanted)

    def post(self, kind: str, wanted: Object) -> Object:
        name = wanted["metadata"]["name"]
        if (kind, name) in self.objects:
            raise Refused(409, "AlreadyExists", f'{kind.lower()}s "{name}" already exists')
        return self._write("post", kind, wanted)

    def delete(self, kind: str, name: str) -> Object:
        found = self.get(kind, name)
        del self.objects[kind, name]
        self._owners.pop((kind, name), None)
        if kind == "InferenceService":
            self._served.pop(name, None)
            self._services.pop(name, None)
            owned = [key for key, of in self.objects.items() if of.get("owner") == name]
            for key in owned:
                del self.objects[key]
        self.history.append(("delete", kind, name))
        return found

    def _write(self, verb: str, kind: str, changed: Object) -> Object:
        name = changed["metadata"]["name"]
        before = self.objects.get((kind, name))
        self._version += 1
        metadata = changed["metadata"]
        is_new = before is None or before.get("spec") != changed.get("spec")
        generation = (before or {}).get("metadata", {}).get("generation", 0) + is_new
        metadata |= {"resourceVersion": str(self._version), "generation": generation, "uid": f"{kind}-{name}"}
        self.objects[kind, name] = changed
        self.history.append((verb, kind, name))
        if kind == "InferenceService" and is_new:
            self._reconcile(changed)
        if kind == "HTTPRoute":
            self.shares.append(
                tuple((of["name"], of["weight"]) for of in changed["spec"]["rules"][0]["backendRefs"])
            )  # type: ignore[arg-type]
        return changed

    def _reconcile(self, service: Object) -> None:
        """Do what KServe's controller does, at once."""
        name, predictor = service["metadata"]["name"], service["spec"]["predictor"]
        uri = predictor["model"]["storageUri"]
        is_knative = service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"
        is_sound = uri in self.servers
        (self._knative if is_knative else self._standard)(service, name, predictor, uri, is_sound)
        status = service["status"]
        status["observedGeneration"] = service["metadata"]["generation"]
        status["modelStatus"] = {"transitionStatus": "UpToDate" if is_sound else "InProgress"}

    def _standard(self, service: Object, name: str, predictor: Object, uri: str, is_sound: bool) -> None:
        known = self._served.setdefault(name, [])
        replicas = predictor["minReplicas"]
        self._pod(name, {}, uri, is_sound, replaces=True)
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

    def _knative(self, service: Object, name: str, predictor: Object, uri: str, is_sound: bool) -> None:
        known = self._services.setdefault(name, _Revisions())
        created = known.made(name, json.dumps(predictor["model"], sort_keys=True), uri)
        self._pod(name, {"serving.knative.dev/revision": created}, uri, is_sound, replaces=False)
        if is_sound:
            known.ready = created
        percent = predictor.get("canaryTrafficPercent")
        shares = known.shared(percent)
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

    def _pod(self, service: str, labels: dict[str, str], uri: str, is_sound: bool, *, replaces: bool) -> None:
        name = f"{service}-{len(self.history)}"
        server = urlsplit(self.servers.get(uri, ""))
        container: Object = {"name": "kserve-container", "ports": [{"containerPort": server.port or 8080}]}
        state: Object = {"name": "kserve-container", "state": {"running": {}}}
        if not is_sound:
            state["state"] = {"waiting": {"reason": self.waiting_reason, "message": "back-off"}}
            if self.crash:
                state["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "message": self.crash}}
        if is_sound and replaces:
            for key in [
                key for key, of in self.objects.items() if key[0] == "Pod" and of["owner"] == service
            ]:
                del self.objects[key]
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


def _leaves(of: Object, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, value in of.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _set(of: Object, path: Path, value: Any) -> None:
    for name in path[:-1]:
        of = of.setdefault(name, {})
    of[path[-1]] = value


def _remove(of: Object, path: Path) -> None:
    for name in path[:-1]:
        of = of.get(name, {})
    of.pop(path[-1], None)


class _Handler(BaseHTTPRequestHandler):
    api: KubeApi

    def _answer(self, status: int, body: Object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _do(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        try:
            with self.api.lock:
                self._answer(200, self._result(url.path, query, body))
        except Refused as refused:
            told = {"kind": "Status", "status": "Failure", "reason": refused.reason, "message": str(refused)}
            self._answer(refused.status, told)

    def _result(self, path: str, query: dict[str, str], body: Object) -> Object:
        found = _PATH.fullmatch(path)
        if found is None:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        group, namespace, plural, name = found.groups()
        kind = _KINDS[plural]
        api = self.api
        if kind in api.hidden:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        verb = "list" if self.command == "GET" and name is None else _VERBS[self.command]
        verbs = [verb, "create"] if verb == "patch" and (kind, name) not in api.objects else [verb]
        may = all(api.may(group or "", plural, each) for each in verbs)
        if namespace != api.namespace or not may or (self.command, kind) in api.forbidden:
            raise Refused(403, "Forbidden", f"{plural} is forbidden: cannot {self.command.lower()} them")
        if self.command == "GET" and name is None:
            labels = dict(part.split("=") for part in query.get("labelSelector", "").split(",") if part)
            return {"items": api.select(kind, labels)}
        if self.command == "GET":
            return api.get(kind, name)
        if self.command == "POST":
            return api.post(kind, body)
        if self.command == "PUT":
            return api.put(kind, name, body)
        if self.command == "DELETE":
            return api.delete(kind, name)
        if self.headers["Content-Type"] != "application/apply-patch+yaml":
            raise Refused(415, "UnsupportedMediaType", "the body is no apply patch")
        return api.apply(kind, name, body, query["fieldManager"], is_forced=query.get("force") == "true")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_kube_api(namespace: str = "team") -> Iterator[tuple[str, KubeApi]]:
    """Answer as Kubernetes until the block ends; gives the address and the objects."""
    api = KubeApi(namespace)
    handler = type("Handler", (_Handler,), {"api": api})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", api
        server.shutdown()
