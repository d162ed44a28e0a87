"""The door before KServe's application: requests for predictions are answered here, all others there."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from components.serve.openapi import PATH
from components.serve.request_handler import Request, RequestError, RequestHandler, decode_body
from components.serve.server_metrics import Outcome, Protocol, ServerMetrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Bodies beyond this are answered beside the event loop, in bytes.
_LARGE = 32_768
# Headers by which a request of V1 or V2 is in a form that KServe's own code unpacks.
_LENGTH_OF_JSON = b"inference-header-content-length"
_UNPACKED_THERE = frozenset((b"ce-specversion", _LENGTH_OF_JSON))
_MODEL = re.compile(r"/v[12]/models/([^/:]+)[/:]")
_UNKNOWN = sys.maxsize
# A protocol, and whether predictions are to be explained.
Asked = tuple[Protocol, bool]


class PredictionMiddleware:
    """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html) around KServe's.

    Parameters
    ----------
    application : callable
        KServe's.
    answering : Answering
        What answers.
    tally : Tally
        Where requests are counted that are refused unread.
    most_bytes : int
        Bytes of a body at most.
    described : bytes
        What the server takes and gives, as OpenAPI in JSON.

    Attributes
    ----------
    is_closing : bool
        Whether each connection is closed after its next answer, so that its client finds another server.
    """

    def __init__(
        self,
        application: Application,
        handler: RequestHandler,
        metrics: ServerMetrics,
        most_bytes: int,
        openapi: bytes,
    ) -> None:
        self._application = application
        self._handler = handler
        self._metrics = metrics
        self._most_bytes = most_bytes
        self._openapi = openapi
        self.is_closing = False
        self._executor = ThreadPoolExecutor(1, "large-requests")
        v1, v2 = f"/v1/models/{handler.name}", f"/v2/models/{handler.name}"
        self._paths: dict[str, Asked] = {
            f"{v1}:predict": ("v1", False),
            f"{v1}:explain": ("v1", True),
            f"{v2}/infer": ("v2", False),
            f"{v2}/explain": ("v2", True),
        }

    def match_fast_path(self, scope: Mapping[str, Any]) -> Asked | None:
        """Return what a request asks, if it is one for predictions, in JSON and of moderate length."""
        operation = self._paths.get(scope["path"])
        if operation is None or scope["method"] != "POST":
            return None
        length = _UNKNOWN
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value)
            elif name == b"content-type":
                if not value.startswith(b"application/json"):
                    return None
            elif name in _UNPACKED_THERE:
                return None
        return operation if length <= min(_LARGE, self._most_bytes) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for predictions, or hand on another."""
        if scope["type"] != "http" or scope["method"] != "POST":
            # KServe's own says nothing of the model.
            if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == PATH:
                await self._send(send, 200, self._openapi)
            else:
                await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        operation = None if _UNPACKED_THERE & headers.keys() else self._paths.get(scope["path"])
        content_type = headers.get(b"content-type", b"")
        body = await self._read_body(int(headers.get(b"content-length", 0)), receive)
        if body is None:
            text = f"The body is larger than the {self._most_bytes:,} bytes that are taken."
            status, content = self._build_refusal(413, "too_large", text, operation)
        elif operation is None or content_type.startswith(b"application/cloudevents"):
            refused = await asyncio.get_running_loop().run_in_executor(
                self._executor, self._find_fault, scope["path"], headers, body
            )
            if refused is None:
                await self._application(scope, _BodyBuffer(body, receive), send)
                return
            protocol = self._paths.get(scope["path"])
            status, content = self._build_refusal(refused.status, refused.outcome, str(refused), protocol)
        elif content_type and not content_type.startswith(b"application/json"):
            text = f"The body is {content_type.decode('latin-1')[:60]!r}; send application/json."
            status, content = self._build_refusal(415, "wrong_type", text, operation)
        else:
            request = Request(operation[0], body, operation[1])
            # It may be large, and probes must be answered meanwhile.
            ((status, content),) = await asyncio.get_running_loop().run_in_executor(
                self._executor, self._handler.answer, [request]
            )
        await self._send(send, status, content)

    async def _send(self, send: Send, status: int, content: bytes) -> None:
        told = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        if self.is_closing:
            told.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": content})

    async def _read_body(self, length: int, receive: Receive) -> bytes | None:
        """Return a body; None if it is too large."""
        parts, size, is_more = [b""], length, True
        while is_more and size <= self._most_bytes:
            message = await receive()
            parts.append(message.get("body", b""))
            size = max(length, sum(map(len, parts)))
            is_more = message.get("more_body", False)
        return b"".join(parts) if size <= self._most_bytes else None

    def _find_fault(self, path: str, headers: Mapping[bytes, bytes], body: bytes) -> RequestError | None:
        """Return why a request is not handed on: of some, KServe's application would make a defect."""
        named = _MODEL.match(path)
        if named is None:
            return None
        if named[1] != self._handler.name:
            text = f"There is no model {named[1][:60]!r}; this is {self._handler.name!r}."
            return RequestError(404, "invalid_input", text)
        try:
            length = headers.get(_LENGTH_OF_JSON)
            if length is not None and not (length.isdigit() and int(length) <= len(body)):
                text = f"Of the body's {len(body):,} bytes {length.decode('latin-1')[:60]!r} cannot be JSON."
                return RequestError(400, "invalid_input", f"{text} Correct inference-header-content-length.")
            decode_body(body if length is None else body[: int(length)])
        except RequestError as refused:
            return refused
        return None

    def _build_refusal(
        self, status: int, outcome: Outcome, text: str, operation: Asked | None
    ) -> tuple[int, bytes]:
        if operation is not None:
            self._metrics.count_request(operation[0], outcome, 0.0)
        return status, msgspec.json.encode({"error": text})


class _BodyBuffer:
    """A request whose body was read already."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
