"""The way of a request for predictions to a model's predictor, and of the answer back."""

import logging
from collections.abc import AsyncIterator

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from components._app.application import Message, Receive, Scope, Send
from components.network import explain_connection_error

# Seconds. Predictors keep idle connections for 75; a shorter time here never meets a closed one.
KEEP_IDLE = 30.0
_MOST_CONNECTIONS = 64
# A large request with explanations takes a predictor some seconds.
_TIMEOUT = httpx.Timeout(60.0, connect=2.0, pool=5.0)
# What of a request concerns the predictor; not who sent it.
_SENT = ("content-type", "content-length", "x-request-id")
_RETURNED = ("content-type", "content-length")

_log = logging.getLogger(__name__)


class _TooLarge(Exception):
    """A body is longer than allowed."""


def build_client(url: str) -> httpx.AsyncClient:
    """Return a client for a predictor; proxies of the environment are for addresses outside a cluster."""
    limits = httpx.Limits(max_connections=_MOST_CONNECTIONS, keepalive_expiry=KEEP_IDLE)
    return httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, limits=limits, trust_env=False)


class PredictionProxy:
    """An ASGI application that passes a request on to one address of a predictor.

    Neither body is kept or logged, and both are streamed.

    Parameters
    ----------
    client : httpx.AsyncClient
        The predictor's client.
    path : str
        The address at the predictor.
    max_bytes : int
        Most bytes of a request.
    """

    def __init__(self, client: httpx.AsyncClient, path: str, max_bytes: int) -> None:
        self._client = client
        self._path = path
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        try:
            await self._pass_on(request, send)
        except _TooLarge:
            fault, text = 413, f"The body is larger than the allowed {self._max_bytes:,} bytes."
        except ClientDisconnect:
            return
        except httpx.HTTPError as error:
            reason = explain_connection_error(error).reason
            _log.warning("%s does not answer: %s", self._client.base_url.host, reason)
            fault = 504 if isinstance(error, httpx.TimeoutException) else 503
            text = "The model's server does not answer at the moment."
        else:
            return
        await JSONResponse({"error": text}, fault)(scope, receive, send)

    async def _pass_on(self, request: Request, send: Send) -> None:
        if int(request.headers.get("content-length", 0)) > self._max_bytes:
            raise _TooLarge
        headers = {name: request.headers[name] for name in _SENT if name in request.headers}
        body = self._read(request)
        async with self._client.stream("POST", self._path, headers=headers, content=body) as answer:
            returned = [
                (name.encode(), answer.headers[name].encode()) for name in _RETURNED if name in answer.headers
            ]
            returned += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": returned})
            try:
                async for part in answer.aiter_raw():
                    await send(_build_part(part, is_more=True))
            except httpx.HTTPError as error:
                # Without its end, the client takes the answer for one that broke off.
                _log.warning("%s broke off an answer: %r", self._client.base_url.host, error)
                return
        await send(_build_part(b"", is_more=False))

    async def _read(self, request: Request) -> AsyncIterator[bytes]:
        n_bytes = 0
        async for part in request.stream():
            n_bytes += len(part)
            if n_bytes > self._max_bytes:
                raise _TooLarge
            yield part


def build_proxy_routes(name: str, client: httpx.AsyncClient, max_bytes: int) -> list[BaseRoute]:
    """Return the routes to all addresses of a predictor that the app uses.

    Parameters
    ----------
    name : str
        The model's name.
    client : httpx.AsyncClient
        The predictor's client.
    max_bytes : int
        Most bytes of a request.
    """
    v1, v2 = f"/v1/models/{name}", f"/v2/models/{name}"
    return [
        Route(path, PredictionProxy(client, path, max_bytes), methods=["POST"])
        for path in (f"{v1}:predict", f"{v1}:explain", f"{v2}/infer")
    ]


def _build_part(body: bytes, *, is_more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": is_more}
