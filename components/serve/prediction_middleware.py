"""A layer before KServe's application, which answers requests for predictions and passes on all others."""

import asyncio
import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

from components._app.application import Application, Message, Receive, Scope, Send
from components.serve.documentation import JSON, ServedDocument
from components.serve.request_decoder import RequestError, decode_body
from components.serve.request_handler import Request, RequestHandler
from components.serve.server_metrics import Protocol, ServerMetrics

# Bytes of a body above which a thread answers, not the event loop.
_LARGE = 32_768
# Headers of requests in a form that KServe's own code parses.
_JSON_LENGTH = b"inference-header-content-length"
_KSERVE_HEADERS = frozenset((b"ce-specversion", _JSON_LENGTH))
_MODEL = re.compile(r"/v[12]/models/([^/:]+)[/:]")
_UNKNOWN = sys.maxsize
# A protocol, and whether to explain predictions.
Operation = tuple[Protocol, bool]


class PredictionMiddleware:
    """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html) around KServe's.

    Parameters
    ----------
    application : callable
        KServe's.
    handler : RequestHandler
        Answers requests for predictions.
    metrics : ServerMetrics
        Counts requests that are refused before they are parsed.
    most_bytes : int
        Most bytes in a body.
    documents : mapping of str to ServedDocument
        What it answers itself, by its paths. KServe's own documents do not describe the model.
    aliases : mapping of str to str
        Further paths, and the server's own that each stands for.

    Attributes
    ----------
    is_closing : bool
        Whether to close each connection after its next answer, so that its client finds another server.
    """

    def __init__(
        self,
        application: Application,
        handler: RequestHandler,
        metrics: ServerMetrics,
        most_bytes: int,
        documents: Mapping[str, ServedDocument],
        aliases: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._application = application
        self._handler = handler
        self._metrics = metrics
        self._most_bytes = most_bytes
        self.is_closing = False
        self._executor = ThreadPoolExecutor(1, "large-requests")
        v1, v2 = f"/v1/models/{handler.name}", f"/v2/models/{handler.name}"
        self._paths: dict[str, Operation] = {
            f"{v1}:predict": ("v1", False),
            f"{v1}:explain": ("v1", True),
            f"{v2}/infer": ("v2", False),
            f"{v2}/explain": ("v2", True),
        }
        self._aliases = aliases
        self._paths |= {alias: self._paths[path] for alias, path in aliases.items() if path in self._paths}
        self._documents = documents

    def match_fast_path(self, scope: Mapping[str, Any]) -> Operation | None:
        """Return the operation of a request for predictions, if it is JSON and of moderate length."""
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
            elif name in _KSERVE_HEADERS:
                return None
        return operation if length <= min(_LARGE, self._most_bytes) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for predictions; pass on any other."""
        if scope["type"] != "http" or scope["method"] != "POST":
            is_get = scope["type"] == "http" and scope["method"] == "GET"
            if is_get and (document := self._documents.get(scope["path"])) is not None:
                await self._send(send, 200, document.content, document.content_type)
            elif is_get and scope["path"] in self._aliases:
                await self._application({**scope, "path": self._aliases[scope["path"]]}, receive, send)
            else:
                await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        operation = None if _KSERVE_HEADERS & headers.keys() else self._paths.get(scope["path"])
        content_type = headers.get(b"content-type", b"")
        body = await self._read_body(int(headers.get(b"content-length", 0)), receive)
        fault: RequestError | None
        loop = asyncio.get_running_loop()
        if body is None:
            text = f"The body is larger than the allowed {self._most_bytes:,} bytes."
            fault = RequestError(413, "too_large", text)
        elif operation is None or content_type.startswith(b"application/cloudevents"):
            fault = await loop.run_in_executor(self._executor, self._find_fault, scope["path"], headers, body)
            if fault is None:
                await self._application(scope, _BodyBuffer(body, receive), send)
                return
        elif content_type and not content_type.startswith(b"application/json"):
            text = f"The body is {content_type.decode('latin-1')[:60]!r}; send application/json."
            fault = RequestError(415, "wrong_type", text)
        else:
            request = Request(operation[0], body, operation[1], scope["headers"])
            # The body may be large, and the event loop must answer probes meanwhile.
            (answer,) = await loop.run_in_executor(self._executor, self._handler.answer, [request])
            await self._send(send, *answer)
            return
        if (operation := self._paths.get(scope["path"])) is not None:
            self._metrics.count_request(operation[0], fault.outcome, 0.0)
        await self._send(send, fault.status, fault.encode())

    async def _send(self, send: Send, status: int, content: bytes, content_type: bytes = JSON) -> None:
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(content))]
        if self.is_closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
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
        """Return why not to pass on a request: KServe's application would answer some bad ones with 500."""
        match = _MODEL.match(path)
        if match is None:
            return None
        if match[1] != self._handler.name:
            text = f"There is no model {match[1][:60]!r}; this server's model is {self._handler.name!r}."
            return RequestError(404, "invalid_input", text)
        try:
            length = headers.get(_JSON_LENGTH)
            if length is not None and not (length.isdigit() and int(length) <= len(body)):
                text = f"inference-header-content-length is {length.decode('latin-1')[:60]!r}"
                text = f"{text}, but the body has {len(body):,} bytes."
                return RequestError(400, "invalid_input", text)
            decode_body(body if length is None else body[: int(length)])
        except RequestError as error:
            return error
        return None


class _BodyBuffer:
    """A request whose body has been read."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
