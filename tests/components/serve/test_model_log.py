"""The inference log of a server, which answers, is killed, and cannot write."""

import json
import logging
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from components._inference_log.reader import LogReader
from components._inference_log.segments import list_segments
from components.serve.model_log import build_record_builder, open_log
from components.serve.served_model import ServedModel, UnusableModel
from components.serve.server_metrics import ServerMetrics
from components.serve.settings import Settings
from tests.components._model.tables import KINDS, make_problem
from tests.components.serve.models import INFER, PREDICT, ROW, make_tensors, write_model
from tests.model_server import ModelServer, run_model_server

ALL_ROWS = ("--log_rows_per_second", "100000")


@pytest.fixture(scope="module")
def logged_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model whose problem has an identifier, and a sensitive column that the model uses."""
    path = tmp_path_factory.mktemp("logged") / "model"
    shutil.copytree(folder, path)
    problem = make_problem("binary", identifiers=["customer"], sensitive=["city"], keep=["city"])
    problem.save(path / "problem.json")
    return path


def read_records(logs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in list_segments(logs) for line in path.read_text().splitlines()]


def read_metrics(url: str) -> dict[str, float]:
    found = re.findall(r"^(tabular_log_\S+) (\S+)$", httpx.get(f"{url}/metrics").text, re.MULTILINE)
    return {name: float(value) for name, value in found}


@pytest.mark.slow
def test_every_kind_of_request_is_logged(logged_folder: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    row = {**ROW, "customer": "C-1"}
    with run_model_server(logged_folder, "--model_version", "v7", "--log_dir", str(logs)) as running:
        with httpx.Client(base_url=running.url) as client:
            client.post(PREDICT, json={"instances": [row, {**row, "customer": 5}]})
            answer = client.post(PREDICT, json={"instances": [row]}, headers={"X-Request-Id": "of-header"})
            client.post(INFER, json=make_tensors(ROW), headers={"x-request-id": "not this"})
            client.post(INFER, json={**make_tensors(ROW), "id": None}, headers={"ce-id": "of-event"})
            # A thread answers large ones.
            large = {"instances": [{**row, "x": "y" * 40_000}]}
            client.post(PREDICT, json=large, headers={"x-request-id": "large"})
            # KServe's own code parses this one.
            event = {"ce-specversion": "1.0", "ce-id": "event", "ce-source": "a", "ce-type": "b"}
            client.post(PREDICT, json={"instances": [row]}, headers=event)
            client.post(PREDICT, json={"instances": [{**row, "visits": "bad"}]})
        time.sleep(1)
        metrics = read_metrics(running.url)
    records = read_records(logs)
    (folder,) = {path.parent for path in list_segments(logs)}
    assert re.fullmatch("v7-[0-9a-f]{12}", folder.name)
    ids = [record["id"] for record in records]
    assert ids[0] == ids[1]
    assert re.fullmatch("[0-9a-f]{32}", ids[0])
    assert ids[2:] == ["of-header", "one", "of-event", "large", "event"]
    assert [record["row"] for record in records] == [0, 1, 0, 0, 0, 0, 0]
    assert [record["keys"] for record in records[:4]] == [
        {"customer": "C-1"},
        {"customer": "5"},
        {"customer": "C-1"},
        {},
    ]
    (prediction,) = answer.json()["predictions"]
    of_header = records[2]
    assert of_header["outputs"] == [prediction["probabilities"]["left"]]
    assert of_header["decision"] == ["stayed", "left"].index(prediction["decision"])
    assert of_header["values"] == {name: value for name, value in ROW.items() if name != "city"}
    assert metrics['tabular_log_rows_total{outcome="kept"}'] == 7
    assert metrics['tabular_log_rows_total{outcome="lost"}'] == 0
    # What is masked is in no file.
    assert all(b"Bern" not in path.read_bytes() for path in list_segments(logs))
    (table,) = LogReader(list_segments(logs), KINDS, ["customer"]).read()
    assert table["key:customer"].to_pylist()[:3] == ["C-1", "5", "C-1"]


def ask(url: str, seconds: float, name: str) -> Iterator[tuple[str, float]]:
    """Yield the id of each answered request and when it was answered, until the server is gone."""
    end = time.monotonic() + seconds
    with httpx.Client(base_url=url) as client:
        number = 0
        while time.monotonic() < end:
            number += 1
            body = {"instances": [{**ROW, "customer": number}]}
            try:
                # A new connection for each, so that every process gets some.
                headers = {"x-request-id": f"{name}-{number}", "connection": "close"}
                answer = client.post(PREDICT, json=body, headers=headers)
            except httpx.TransportError:
                return
            assert answer.status_code == 200
            yield f"{name}-{number}", time.monotonic()


def ask_all(url: str, name: str) -> list[tuple[str, float]]:
    return list(ask(url, 30, name))


def list_writers(logs: Path) -> set[str]:
    """Return the numbers of the processes that have a file."""
    return {path.name.split("-")[1] for path in list_segments(logs)}


def send_load(running: ModelServer, logs: Path, workers: set[str]) -> tuple[list[tuple[str, float]], float]:
    """Ask with four clients, kill the server once every process has logged for a while.

    Returns what was answered when, and the time of the kill.
    """
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_all, running.url, f"c{i}") for i in range(4)]
        end = time.monotonic() + 20
        # The first process answers before the second has started.
        while list_writers(logs) != workers and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(2)
        killed = time.monotonic()
        os.killpg(running.process.pid, signal.SIGKILL)
        return [answer for client in asking for answer in client.result(timeout=40)], killed


@pytest.mark.slow
@pytest.mark.parametrize("workers", [{"0"}, {"0", "1"}], ids=["one", "two"])
def test_a_killed_server_loses_the_last_second_at_most(
    logged_folder: Path, tmp_path: Path, workers: set[str]
) -> None:
    options = ("--log_dir", str(tmp_path), "--workers", str(len(workers)), *ALL_ROWS)
    with run_model_server(logged_folder, *options) as running:
        answered, killed = send_load(running, tmp_path, workers)
    logged = [record["id"] for record in read_records(tmp_path)]
    assert len(logged) == len(set(logged))
    assert len(logged) > 50
    lost = [at - killed for name, at in answered if name not in set(logged)]
    assert min(lost, default=0) > -1
    assert list_writers(tmp_path) == workers


@pytest.mark.slow
def test_a_server_that_stops_has_logged_every_row(logged_folder: Path, tmp_path: Path) -> None:
    # More than the requests, so that none is left out.
    limit = ("--log_rows_per_second", "1000")
    with run_model_server(logged_folder, "--log_dir", str(tmp_path), *limit) as running:
        answered = [name for name, _ in ask(running.url, 0.3, "c")]
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
    assert [record["id"] for record in read_records(tmp_path)] == answered


@pytest.mark.slow
def test_a_server_that_cannot_write_its_log_answers_all_the_same(logged_folder: Path) -> None:
    with run_model_server(logged_folder, "--log_dir", "/proc/nowhere") as running:
        for _ in range(3):
            assert httpx.post(f"{running.url}{PREDICT}", json={"instances": [ROW]}).status_code == 200
            time.sleep(0.6)
        assert read_metrics(running.url)['tabular_log_rows_total{outcome="lost"}'] == 3
        assert running.read_output().count("The inference log loses rows: ") == 1


def test_without_a_folder_there_is_no_log(served: ServedModel, folder: Path) -> None:
    metrics = ServerMetrics([], [], [])
    builder = build_record_builder(folder, served)
    with open_log(builder, Settings(folder), "v", metrics, 0) as log:
        assert log is None
    with open_log(None, Settings(folder, log_dir=folder / "logs"), "v", metrics, 0) as log:
        assert log is None
    assert not (folder / "logs").exists()


def test_a_model_without_a_problem_is_logged_with_a_warning(
    folder: Path, served: ServedModel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        build_record_builder(folder, served)
    assert "The model has no problem.json: its log has no identifiers, and masks no column." in caplog.text


def test_a_damaged_problem_ends_the_server(tmp_path: Path, served: ServedModel) -> None:
    write_model(tmp_path)
    (tmp_path / "problem.json").write_text('{"target": 5}')
    with pytest.raises(UnusableModel, match=r"not a complete model folder. problem.json: ValidationError"):
        build_record_builder(tmp_path, served)
