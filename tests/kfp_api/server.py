"""The server: it finds the route of a request and answers, or lets go wrong what a test wants."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.kfp_api import experiments, pipelines, recurring_runs, runs
from tests.kfp_api.call import Call, Route
from tests.kfp_api.models import Refusal, check_model
from tests.kfp_api.state import KfpApi, Trouble
from tests.loopback import Handler, serve_http

_SECONDS_WITHOUT_ANSWER = 5.0
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 500: 13, 503: 14}


@contextmanager
def serve_kfp_api(api: KfpApi) -> Iterator[KfpApi]:
    """Serve an API on a free port of loopback; its address is then ``api.url``."""
    with serve_http(type("KfpHandler", (_KfpHandler,), {"api": api})) as api.url:
        try:
            yield api
        finally:
            api.is_over.set()


class _KfpHandler(Handler):
    api: KfpApi

    def _answer(self) -> None:
        path, body = urlsplit(self.path).path, self.read_body()
        with self.api.lock:
            self.api.requests.append((self.command, path))
            self.api.headers_seen.append(dict(self.headers.items()))
            trouble = _find_trouble(self.api, self.command, path)
            if trouble is None or trouble.is_done_first:
                status, answer = _answer(self.api, self.command, self.path, self.headers, body)
        if trouble is None:
            self.reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})
        elif trouble.status <= 0:
            if trouble.status < 0:
                self.api.is_over.wait(_SECONDS_WITHOUT_ANSWER)
            self.close_connection = True
            self.connection.close()
        else:
            kind = "text/html" if trouble.body else "application/json"
            text = trouble.body or json.dumps(_describe_error(trouble.status, "out of order"))
            content = text.encode("latin-1", "replace")
            self.reply(trouble.status, content, {"Content-Type": kind, **trouble.headers})

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815


def _find_trouble(api: KfpApi, method: str, path: str) -> Trouble | None:
    for trouble in api.troubles:
        if trouble.times and trouble.method == method and re.match(trouble.path, path):
            trouble.times -= 1
            return trouble
    return None


def _answer(
    api: KfpApi, method: str, address: str, headers: Message, body: bytes
) -> tuple[int, dict[str, Any]]:
    path, text = urlsplit(address).path, urlsplit(address).query
    query = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
    api.namespaces_seen.add(query.get("namespace", ""))
    try:
        call = Call(api, headers, query, body)
        for route in _ROUTES:
            found = re.fullmatch(f"/apis/{route.api}/{route.path}", path)
            if found and route.method == method:
                if unknown := set(query) - set(route.queries):
                    raise Refusal(400, f"unknown query parameters: {sorted(unknown)}")
                answer = route.answer(call, *found.groups())
                # The stand-in says nothing that the real one could not say.
                check_model(answer, route.model, "answer")
                return 200, answer
        raise Refusal(404, "Not Found")
    except Refusal as refusal:
        return refusal.status, _describe_error(refusal.status, str(refusal))


def _describe_error(status: int, message: str) -> dict[str, Any]:
    return {"error": message, "code": _CODES.get(status, 2), "message": message, "details": []}


def _get_health(call: Call) -> dict[str, Any]:
    return {"multi_user": call.api.is_multi_user, **call.api.health}


_ROUTES = [
    Route("GET", "healthz", _get_health, "object"),
    *pipelines.ROUTES,
    *experiments.ROUTES,
    *runs.ROUTES,
    *recurring_runs.ROUTES,
]
