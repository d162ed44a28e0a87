"""The app as a process, in front of predictors that come and go."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from pipelines.catalogue import ROOT
from tests.app_server import run_app_server, write_addresses
from tests.components.serve.models import PREDICT, ROW, write_model
from tests.model_server import run_model_server
from tests.prometheus import run_prometheus, wait_until
from tests.sweeps_proxy import find_free_port

SMALL = "/app/models/small"


@pytest.mark.slow
def test_a_predictor_may_be_away_return_and_have_another_version(folder: Path, tmp_path: Path) -> None:
    port = find_free_port()
    write_model(tmp_path, threshold=0.6)

    with (
        run_app_server({"small": f"http://127.0.0.1:{port}"}) as running,
        httpx.Client(base_url=running.url + SMALL) as client,
    ):

        def predict() -> httpx.Response:
            return client.post(PREDICT, json={"instances": [ROW]})

        assert client.get("/app/").status_code == 200
        assert (client.get("/app/description.json").status_code, predict().status_code) == (503, 503)
        versions = []
        for model in (folder, tmp_path):
            with run_model_server(model, "--model_version", model.name, port=port):
                time.sleep(1.1)
                versions.append(client.get("/app/description.json").json()["version"])
                assert predict().json()["model_version"] == versions[-1]
            assert predict().status_code == 503
            # The page keeps its form, and says that there is no answer.
            assert client.get("/app/description.json").json()["version"] == versions[-1]
        assert versions == [folder.name, tmp_path.name]


@pytest.mark.slow
def test_a_request_is_answered_while_the_server_stops(folder: Path) -> None:
    with (
        run_model_server(folder) as server,
        run_app_server({"small": server.url}, "--drain_seconds", "1") as running,
    ):
        running.process.send_signal(signal.SIGTERM)
        answer = httpx.post(running.url + SMALL + PREDICT, json={"instances": [ROW]})
        assert answer.status_code == 200
        assert running.process.wait(20) == 0


def start(folder: Path, port: int) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "components.app", "--models", str(folder), "--port", str(port)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True)


def test_what_cannot_be_served_ends_the_server_with_the_reason(tmp_path: Path) -> None:
    done = start(tmp_path, 8080)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: The models' folder {tmp_path} names no model.")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    models = write_addresses(tmp_path / "models", {"small": "http://127.0.0.1:1"})
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        done = start(models, port)
    assert done.returncode == 1
    assert f"The server cannot listen on port {port}" in done.stderr


@pytest.mark.slow
def test_health_is_what_prometheus_knows_of_the_model_in_its_namespace(folder: Path, tmp_path: Path) -> None:
    with run_model_server(folder) as server, run_model_server(folder) as other:
        targets = {
            one.url.removeprefix("http://"): {"job": namespace, "namespace": namespace}
            for one, namespace in ((server, "kubeflow"), (other, "team"))
        }
        with run_prometheus(tmp_path, targets, []) as prometheus:
            words = ("--prometheus", prometheus.url, "--namespace", "kubeflow")
            # Prometheus must see the counts before they rise.
            wait_until(lambda: len(prometheus.query("tabular_model_info")) == 2, "both servers are read")
            time.sleep(1.5)
            with run_app_server({"small": server.url}, *words) as running:
                for one, path in ((running, SMALL + PREDICT), (other, PREDICT)):
                    for _ in range(3):
                        answer = httpx.post(one.url + path, json={"instances": [ROW, ROW]})
                        assert answer.status_code == 200

                def read_rows() -> float:
                    found = httpx.get(f"{running.url}{SMALL}/app/health.json", params={"window": "1h"}).json()
                    assert found["windows"] == ["1h", "24h", "7d"]
                    return float(found["rows"])

                # An increase is extrapolated to the ends of its window.
                assert wait_until(read_rows, "the rows are counted") < 11
                monitoring = httpx.get(f"{running.url}{SMALL}/app/monitoring.json").json()
                assert monitoring == {"report": None}


@pytest.mark.slow
def test_a_prometheus_that_is_away_is_said(folder: Path) -> None:
    with run_model_server(folder) as server:
        options = ("--prometheus", "http://127.0.0.1:1")
        with run_app_server({"small": server.url}, *options) as running:
            answer = httpx.get(f"{running.url}{SMALL}/app/health.json")
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("Prometheus does not answer")
