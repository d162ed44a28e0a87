"""An HTTP server that answers until a signal stops it."""

import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from components._server.http_server import HttpServer
from components._server.port import open_socket
from pipelines.catalogue import ROOT
from tests.sweeps_proxy import find_free_port

_MODULE = "tests.components._server.test_http_server"
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def answer_hello(scope: object, receive: object, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def serve_until_signal() -> None:
    """Stop by a signal, and write what is answered afterwards."""
    listening = open_socket(find_free_port())

    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            sys.stdout.write((await client.get(f"http://127.0.0.1:{listening.getsockname()[1]}")).text)

    def stop() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    await HttpServer(answer_hello, 5, 5).answer(listening, ask, stop)


async def serve_beside_failure() -> None:
    """Run beside a server that fails, and write that requests were drained."""

    async def fail() -> None:
        raise RuntimeError("port in use")

    async def drain() -> None:
        sys.stdout.write("drained")

    await HttpServer(answer_hello, 5, 5).answer(open_socket(find_free_port()), drain, others=[fail()])


def run_process(name: str) -> "subprocess.CompletedProcess[str]":
    """Run a function of this module as a process: signals go to a process."""
    code = f"import asyncio; from {_MODULE} import {name}; asyncio.run({name}())"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_signal_stops_it_and_it_answers_until_it_is_drained() -> None:
    done = run_process("serve_until_signal")
    assert (done.returncode, done.stdout) == (0, "hello"), done.stderr


def test_the_error_of_a_server_beside_it_stops_it_and_is_raised() -> None:
    done = run_process("serve_beside_failure")
    assert (done.returncode, done.stdout) == (1, "drained")
    assert "RuntimeError: port in use" in done.stderr
