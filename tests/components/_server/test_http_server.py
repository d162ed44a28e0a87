"""An HTTP server that answers until a signal stops it."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from components._server.http_server import HttpServer
from components._server.port import open_socket
from tests.sweeps_proxy import find_free_port

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def answer_hello(scope: object, receive: object, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def listening() -> socket.socket:
    return open_socket(find_free_port())


def get_url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_signal_stops_it_and_it_answers_until_it_is_drained(listening: socket.socket) -> None:
    seen = []

    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            seen.append((await client.get(get_url(listening))).text)

    async def serve() -> None:
        server = HttpServer(answer_hello, 5, 5)
        await server.answer(listening, ask, lambda: os.kill(os.getpid(), signal.SIGTERM))

    asyncio.run(serve())
    assert seen == ["hello"]


def test_the_error_of_a_server_beside_it_stops_it_and_is_raised(listening: socket.socket) -> None:
    drained = []

    async def fail() -> None:
        raise RuntimeError("port in use")

    async def drain() -> None:
        drained.append(True)

    async def serve() -> None:
        await HttpServer(answer_hello, 5, 5).answer(listening, drain, others=[fail()])

    with pytest.raises(RuntimeError, match="port in use"):
        asyncio.run(serve())
    assert drained == [True]
