"""The door before KServe's application: requests for predictions are answered here, all others there."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from components.serve.answering import Answering, Request
from components.serve.tally import Outcome, Protocol, Tally

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Bodies beyond this are answered beside the event loop, which has probes to answer meanwhile, in bytes.
_LARGE = 32_768
# Headers by which a request of V1 or V2 is in a form that KServe's own code unpacks.
_UNPACKED_THERE = frozenset((b"ce-specversion", b"inference-header-content-length"))
_NOT_OURS: tuple[Protocol | None, bool] = (None, False)
_JSON = (b"content-type", b"application/json")


class Front:
    """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html) around KServe's.

    KServe's own path takes 190 to 480 microseconds a request, many times a prediction.

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
    """

    def __init__(self, application: Application, answering: Answering, tally: Tally, most_bytes: int) -> None:
        self._application = application
        self._answering = answering
        self._tally = tally
        self._most_bytes = most_bytes
        self._is_closing = False
        self._beside = ThreadPoolExecutor(1, "large-requests")
        self._waiting: list[tuple[Request, asyncio.Future[tuple[int, bytes]]]] = []
        v1, v2 = f"/v1/models/{answering.name}", f"/v2/models/{answering.name}"
        self._paths: dict[str, tuple[Protocol | None, bool]] = {
            f"{v1}:predict": ("v1", False),
            f"{v1}:explain": ("v1", True),
            f"{v2}/infer": ("v2", False),
            f"{v2}/explain": ("v2", True),
        }

    def close_connections(self) -> None:
        """Have each connection closed after its next answer, so that its client finds another server."""
        self._is_closing = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._application(scope, receive, send)
            return
        content_type, length, is_ours = b"", 0, True
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                length = int(value)
            elif name in _UNPACKED_THERE:
                is_ours = False
        protocol, is_explained = self._paths.get(scope["path"], _NOT_OURS) if is_ours else _NOT_OURS
        message = await receive()
        body: bytes | None = message.get("body", b"")
        if length > self._most_bytes or message.get("more_body"):
            body = await self._rest(body or b"", length, receive)
        if body is None:
            text = f"The body is larger than the {self._most_bytes:,} bytes that are taken."
            status, content = self._refused(413, "too_large", text, protocol)
        elif protocol is None or content_type.startswith(b"application/cloudevents"):
            await self._application(scope, _Replayed(body, receive), send)
            return
        elif content_type and not content_type.startswith(b"application/json"):
            text = f"The body is {content_type.decode('latin-1')[:60]!r}; send application/json."
            status, content = self._refused(415, "wrong_type", text, protocol)
        else:
            status, content = await self._answered(Request(protocol, body, is_explained))
        headers = [_JSON, (b"content-length", b"%d" % len(content))]
        if self._is_closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answered(self, request: Request) -> "asyncio.Future[tuple[int, bytes]]":
        """Answer a request, together with all others that the event loop has read meanwhile.

        Each return from the kernel costs the processor what it knew of the code: answering many in one go is
        more than twice as fast.
        """
        loop = asyncio.get_running_loop()
        if len(request.body) > _LARGE:
            return loop.run_in_executor(self._beside, self._alone, request)
        answered: asyncio.Future[tuple[int, bytes]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._answer_waiting)
        self._waiting.append((request, answered))
        return answered

    def _alone(self, request: Request) -> tuple[int, bytes]:
        (answer,) = self._answering.answer([request])
        return answer

    def _answer_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        answers = self._answering.answer([request for request, _ in waiting])
        for (_, answered), answer in zip(waiting, answers, strict=True):
            # A client that has gone away waits no more.
            if not answered.done():
                answered.set_result(answer)

    async def _rest(self, body: bytes, length: int, receive: Receive) -> bytes | None:
        """Return a body that comes in parts; None if it is too large."""
        parts, size = [body], max(len(body), length)
        is_more = True
        while is_more and size <= self._most_bytes:
            message = await receive()
            parts.append(message.get("body", b""))
            size = max(length, sum(map(len, parts)))
            is_more = message.get("more_body", False)
        return b"".join(parts) if size <= self._most_bytes else None

    def _refused(
        self, status: int, outcome: Outcome, text: str, protocol: Protocol | None
    ) -> tuple[int, bytes]:
        if protocol is not None:
            self._tally.request(protocol, outcome, 0.0)
        return status, msgspec.json.encode({"error": text})


class _Replayed:
    """A request whose body was read already."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
