"""The server: it reads a request, checks the rules, and passes the request to the objects."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from tests.kube_api.cluster import KubeApi
from tests.kube_api.store import Object, Refusal
from tests.loopback import Handler, serve_http

_PATH = re.compile(
    r"/(?:api|apis)/(?:([a-z0-9.]+)/)?v[a-z0-9]+/namespaces/([a-z0-9-]+)/([a-z]+)(?:/([a-z0-9-]+))?"
)
_KINDS = {
    "leases": "Lease",
    "pods": "Pod",
    "events": "Event",
    "deployments": "Deployment",
    "inferenceservices": "InferenceService",
    "servingruntimes": "ServingRuntime",
    "httproutes": "HTTPRoute",
    "daskclusters": "DaskCluster",
}
_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@contextmanager
def serve_kube_api(namespace: str = "team") -> Iterator[tuple[str, KubeApi]]:
    """Answer as Kubernetes until the block ends; yield the address and the objects."""
    api = KubeApi(namespace)
    with serve_http(type("KubeHandler", (_KubeHandler,), {"api": api, "lock": threading.Lock()})) as address:
        yield address, api


class _KubeHandler(Handler):
    api: KubeApi
    lock: threading.Lock

    def _answer(self) -> None:
        url, body = urlsplit(self.path), json.loads(self.read_body() or "{}")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        status = 200
        try:
            with self.lock:
                answer = self._find_answer(url.path, query, body)
        except Refusal as refusal:
            status, reason = refusal.status, refusal.reason
            answer = {"kind": "Status", "status": "Failure", "reason": reason, "message": str(refusal)}
        self.reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _find_answer(self, path: str, query: dict[str, str], body: Object) -> Object:
        api, method = self.api, self.command
        if api.statuses:
            raise Refusal(api.statuses.pop(0), "Unavailable", "the server is currently unable")
        found = _PATH.fullmatch(path)
        group, namespace, plural, name = found.groups() if found else ("", "", "", "")
        kind = _KINDS.get(plural)
        if kind is None or kind in api.hidden:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        is_list = method == "GET" and name is None
        verbs = ["list" if is_list else _VERBS[method]]
        if method == "PATCH" and (kind, name) not in api.objects:
            verbs.append("create")
        can = all(api.can(group or "", plural, verb) for verb in verbs)
        if namespace != api.namespace or not can or (method, kind) in api.forbidden:
            raise Refusal(403, "Forbidden", f"{plural} is forbidden: cannot {method.lower()} them")
        if is_list:
            labels, fields = (
                dict(part.split("=") for part in query.get(name, "").split(",") if part)
                for name in ("labelSelector", "fieldSelector")
            )
            return {"items": api.select(kind, labels, fields)}
        if method == "GET":
            return api.get(kind, name)
        if method == "POST":
            return api.post(kind, body)
        if method == "PUT":
            return api.put(kind, name, body)
        if method == "DELETE":
            return api.delete(kind, name)
        if self.headers["Content-Type"] != "application/apply-patch+yaml":
            raise Refusal(415, "UnsupportedMediaType", "the body is no apply patch")
        return api.apply(kind, name, body, query["fieldManager"], is_forced=query.get("force") == "true")
