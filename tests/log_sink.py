"""The sink of KServe's logger as a process on loopback, and events as KServe sends them."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import httpx

from pipelines.catalogue import ROOT
from tests.sweeps_proxy import find_free_port

_PATIENCE = 60
_SAMPLE = re.compile(r"^(tabular_log_sink_.+) (\S+)$", re.MULTILINE)


class LogSink(NamedTuple):
    """A sink that answers.

    Attributes
    ----------
    url : str
        Its address.
    process : Popen
        The process that was started.
    log : file
        What it writes.
    """

    url: str
    process: "subprocess.Popen[str]"
    log: IO[str]

    def read_output(self) -> str:
        """Return what the sink has written so far."""
        self.log.seek(0)
        return self.log.read()

    def read_metrics(self) -> dict[str, float]:
        """Return the metrics by name and labels, without their common prefix."""
        found = _SAMPLE.findall(httpx.get(f"{self.url}/metrics").text)
        return {name.removeprefix("tabular_log_sink_"): float(value) for name, value in found}

    def count_dropped(self, reason: str) -> float:
        return self.read_metrics().get(f'dropped_events_total{{reason="{reason}"}}', 0)

    def send(
        self, place: str, kind: str, name: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> int:
        """Send an event as KServe 0.16 does, and return the status of the answer.

        Parameters
        ----------
        place : str
            The path of the logger's URL.
        kind : str
            request or response.
        name : str
            The request's id.
        """
        event = {
            "ce-id": name,
            "ce-type": f"org.kubeflow.serving.inference.{kind}",
            "ce-specversion": "1.0",
            "ce-source": "small-predictor-00001-deployment-6f9",
            "ce-time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}.123456789Z",
            "ce-inferenceservicename": "small",
            "ce-namespace": "kubeflow",
            "ce-component": "predictor",
            "ce-endpoint": "",
            "ce-metadata": "{}",
            "content-type": "application/json",
        }
        return httpx.post(
            f"{self.url}/{place}", content=body, headers={**event, **(headers or {})}
        ).status_code

    def send_pair(self, place: str, asked: Any, answered: bytes) -> None:
        """Send a request and its response."""
        name = str(uuid.uuid4())
        for kind, body in (("request", json.dumps(asked).encode()), ("response", answered)):
            assert self.send(place, kind, name, body) == 200

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the status with which the process ends."""
        self.process.send_signal(number)
        return self.process.wait(40)


@contextmanager
def run_log_sink(
    folder: str, spool: Path, environment: Mapping[str, str], *options: str
) -> Iterator[LogSink]:
    """Run a sink until the block ends."""
    port = find_free_port()
    command = [sys.executable, "-m", "components.log_sink", "--folder", folder, "--spool", str(spool)]
    command += ["--port", str(port), "--drain_seconds", "0.1", *options]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        sink = LogSink(f"http://127.0.0.1:{port}", process, log)
        try:
            wait_until(lambda: _is_alive(sink), sink)
            yield sink
        finally:
            process.kill()
            process.wait(20)


def wait_until(is_done: Callable[[], object], sink: LogSink, seconds: float = _PATIENCE) -> None:
    """Wait until something holds; the sink must live as long."""
    end = time.monotonic() + seconds
    while not is_done():
        assert sink.process.poll() is None, sink.read_output()
        assert time.monotonic() < end, sink.read_output()
        time.sleep(0.1)


def _is_alive(sink: LogSink) -> bool:
    try:
        return httpx.get(f"{sink.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False
