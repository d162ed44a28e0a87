"""The sink's HTTP interface: events of KServe's logger, metrics, and whether the sink is alive."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from components._inference_log.kserve_events import InvalidEvent, parse_cloud_event
from components._problem.registration import CHECK_ID
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.version_collectors import VersionCollectors

# The address of a version's events: the model's name and the version's number.
_ADDRESS = re.compile(r"/(?P<model>[^/]+)/(?P<version>[1-9][0-9]{0,9})")
_TEXT = "text/plain; charset=utf-8"

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answer = tuple[HTTPStatus, str]


class EventApp:
    """An ASGI application, https://asgi.readthedocs.io/en/latest/specs/www.html.

    It answers an event once it is in the queue. KServe sends none a second time, so an event that finds no
    room is lost, and counted.

    Parameters
    ----------
    collectors : VersionCollectors
        The logs.
    metrics : SinkMetrics
        The metrics, which it shows, too.
    max_bytes : int
        Most bytes of an event.
    """

    def __init__(self, collectors: VersionCollectors, metrics: SinkMetrics, max_bytes: int) -> None:
        self._collectors = collectors
        self._metrics = metrics
        self._max_bytes = max_bytes

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        method, path = scope["method"], scope["path"]
        if method == "GET" and path == "/metrics":
            await _send(send, HTTPStatus.OK, generate_latest(self._metrics.registry), CONTENT_TYPE_LATEST)
            return
        if method == "GET" and path == "/healthz":
            status, text = HTTPStatus.OK, "alive"
        elif method == "POST":
            status, text = await self._take_event(path, scope["headers"], receive)
        else:
            status, text = HTTPStatus.NOT_FOUND, "POST events to /<model>/<version>"
        await _send(send, status, f"{text}\n".encode(), _TEXT)

    async def _take_event(self, path: str, headers: list[tuple[bytes, bytes]], receive: Receive) -> Answer:
        self._metrics.count_event()
        body = await self._read_body(receive)
        if body is None:
            self._metrics.count_dropped("too_large", detail=f"it has more than {self._max_bytes:,} bytes")
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {self._max_bytes} bytes"
        address = _ADDRESS.fullmatch(path)
        if address is None or address["model"] in (".", ".."):
            return self._refuse(f"its address {path!r} is not /<model>/<number of the version>")
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        try:
            event = parse_cloud_event(named, body, datetime.now(UTC))
        except InvalidEvent as error:
            return self._refuse(str(error))
        if event.id.startswith(CHECK_ID):
            self._metrics.count_dropped("check")
            return HTTPStatus.OK, "a check of deploy is not logged"
        if self._collectors.put(address["model"], address["version"], event):
            return HTTPStatus.OK, "taken"
        return HTTPStatus.SERVICE_UNAVAILABLE, "too many events wait"

    def _refuse(self, detail: str) -> Answer:
        self._metrics.count_dropped("invalid", detail=detail)
        return HTTPStatus.BAD_REQUEST, detail

    async def _read_body(self, receive: Receive) -> bytes | None:
        """Return the body; None if it is too long."""
        parts, n_bytes, is_complete = [], 0, False
        while not is_complete:
            message = await receive()
            # A client that leaves ends its body, too.
            part = message.get("body", b"")
            is_complete = not message.get("more_body", False)
            n_bytes += len(part)
            if n_bytes <= self._max_bytes:
                parts.append(part)
        return b"".join(parts) if n_bytes <= self._max_bytes else None


async def _send(send: Send, status: HTTPStatus, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
