"""The sink of KServe's logger as a process on loopback, and events as KServe sends them."""

import json
import re
import signal
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.server_process import ServerProcess, start_server
from tests.sweeps_proxy import find_free_port

_SAMPLE = re.compile(r"^(tabular_log_sink_.+) (\S+)$", re.MULTILINE)


class LogSink(ServerProcess):
    """A sink that answers."""

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
    words = ["components.log_sink", "--folder", folder, "--spool", str(spool), "--port", str(port)]
    with start_server([*words, "--drain_seconds", "0.1", *options], environment) as started:
        sink = LogSink(f"http://127.0.0.1:{port}", *started)
        sink.wait_until(lambda: sink.is_alive("/healthz"))
        yield sink
