"""The server as a process: how it starts, stops and is kept running."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pipelines.catalogue import ROOT
from tests.components.serve.models import PREDICT, ROW
from tests.model_server import run_model_server
from tests.sweeps_proxy import find_free_port


@pytest.mark.slow
@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_no_request_is_lost_when_the_server_stops(folder: Path, workers: str) -> None:
    body = json.dumps({"instances": [ROW]})
    # Kubernetes takes a moment to send new connections elsewhere.
    is_elsewhere = threading.Event()

    def ask(address: tuple[str, int]) -> int:
        n_answered = 0
        with HttpClient(*address) as client:
            while client.is_connected or not is_elsewhere.is_set():
                assert client.post(PREDICT, body) == 200
                n_answered += 1
        return n_answered

    with run_model_server(folder, "--workers", workers) as running, ThreadPoolExecutor(8) as pool:
        address = ("127.0.0.1", int(running.url.rpartition(":")[2]))
        asking = [pool.submit(ask, address) for _ in range(8)]
        time.sleep(1)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        is_elsewhere.set()
        counts = [client.result(timeout=20) for client in asking]
        assert running.process.wait(20) == 0
    assert min(counts) > 20


class HttpClient:
    """A client that keeps its connection until the server closes it."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=10)

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def is_connected(self) -> bool:
        return self._connection.sock is not None

    def post(self, path: str, body: str) -> int:
        self._connection.request("POST", path, body, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(folder: Path) -> None:
    with run_model_server(folder, "--workers", "2") as running, httpx.Client(base_url=running.url) as client:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
        before = children.read_text().split()
        os.kill(int(before[0]), signal.SIGKILL)
        end = time.monotonic() + 20
        while len(children.read_text().split()) < 2 or before[0] in children.read_text().split():
            assert time.monotonic() < end, "no other worker was started"
            time.sleep(0.05)
        for _ in range(20):
            # The kernel may have given the dead one's connection to nobody yet.
            assert httpx.post(f"{running.url}{PREDICT}", json={"instances": [ROW]}).status_code == 200
        assert client.get("/v1/models/small").json()["ready"]


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "components.serve", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--model_dir", "/nowhere"),
            "error: /nowhere is not a complete model folder. signature.json: FileNotFound",
        ),
        (
            ("--model_dir", ".", "--http_port", "0"),
            "error: http_port = 0 is out of range.\nhttp_port must be from 1",
        ),
        (("--model_dir", ".", "--model_name", "a/b"), "error: model_name = 'a/b' is out of range."),
    ],
)
def test_what_cannot_be_served_ends_the_server_with_the_reason(
    options: tuple[str, ...], message: str
) -> None:
    ended = run(*options)
    assert ended.returncode == 1
    assert ended.stderr.startswith(message)
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("--model_dir", str(folder), "--http_port", str(port))
    assert (ended.returncode, ended.stderr.splitlines()[-2:]) == (
        1,
        [f"error: The server cannot listen on port {port}: Address already in use.", "Choose another port."],
    )


@pytest.mark.slow
def test_a_grpc_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::", 0))
        taken.listen()
        port = taken.getsockname()[1]
        quick = ("--drain_seconds", "0")
        ended = run(
            "--model_dir", str(folder), "--http_port", str(find_free_port()), "--grpc_port", str(port), *quick
        )
    assert ended.returncode == 1
    assert f"error: gRPC cannot listen on port {port}: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_the_server_says_once_that_it_is_ready_and_warns_of_nothing(folder: Path, workers: str) -> None:
    with run_model_server(folder, "--workers", workers) as running:
        with HttpClient("127.0.0.1", int(running.url.rpartition(":")[2])) as client:
            assert client.post(PREDICT, json.dumps({"instances": [ROW]})) == 200
        # KServe's own route.
        assert httpx.get(f"{running.url}/v2/health/ready").status_code == 200
        deadline = time.monotonic() + 10
        while "Ready: " not in running.read_output() and time.monotonic() < deadline:
            time.sleep(0.1)
        output = running.read_output()
    assert output.count("Ready: ") == 1
    assert "Warning" not in output
