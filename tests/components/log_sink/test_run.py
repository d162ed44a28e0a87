"""The sink as a process, with a real registry and a real object storage."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from components._inference_log.segments import list_segments
from components._problem.registration import CHECK_ID
from components.monitor.record import MonitoringReport
from components.monitor.run import Settings as MonitorSettings
from components.monitor.run import run as monitor
from pipelines.catalogue import ROOT
from tests.components._model.tables import KINDS
from tests.components.log_sink.models import answer, register_model
from tests.components.monitor.models import convert_cell, draw_day
from tests.components.serve.models import ROW, make_tensors
from tests.log_sink import LogSink, run_log_sink
from tests.outage import return_after
from tests.s3 import S3Server, make_secret
from tests.tables import write_frame

AT_ONCE = ("--upload_seconds", "0.5")
ROWS = [{**ROW, "customer": "C-1"}, {**ROW, "amount": None, "customer": 2}]
V1, V2 = {"instances": ROWS}, make_tensors(*ROWS)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> tuple[str, Path]:
    """A registry with two versions of the model ``y``, and the model's folder."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{shutil.copy(mlflow_database, folder)}"
    return uri, register_model(folder, uri, n_versions=2)


@pytest.fixture
def model(tracking: tuple[str, Path]) -> Path:
    return tracking[1]


@pytest.fixture
def environment(tracking: tuple[str, Path], s3: S3Server) -> dict[str, str]:
    return make_environment(tracking[0], s3.endpoint)


def make_environment(tracking_uri: str, endpoint: str) -> dict[str, str]:
    return {
        "MLFLOW_TRACKING_URI": tracking_uri,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "owner",
        "AWS_SECRET_ACCESS_KEY": make_secret("owner"),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }


@pytest.fixture
def place(empty_bucket: str) -> str:
    return f"s3://{empty_bucket}/models"


def read_bucket(s3: S3Server, place: str) -> dict[str, list[dict[str, Any]]]:
    """Return the records in a bucket, by the folder of their file below the place."""
    bucket, _, key = place.removeprefix("s3://").partition("/")
    found: dict[str, list[dict[str, Any]]] = {}
    for item in s3.client.list_objects(bucket, prefix=f"{key}/", recursive=True):
        name = str(item.object_name).removeprefix(f"{key}/")
        assert re.fullmatch(r".*/\d{8}T\d{6}-0-[0-9a-f]{8}\.jsonl", name), name
        content = s3.client.get_object(bucket, str(item.object_name)).read()
        found.setdefault(name.rpartition("/")[0], []).extend(map(json.loads, content.splitlines()))
    return found


def read_folder(place: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the records in a folder, by the folder of their file below the place."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in list_segments(place):
        records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found.setdefault(path.parent.relative_to(place).as_posix(), []).extend(records)
    return found


def count_rows(sink: LogSink, outcome: str = "kept") -> float:
    return sum(
        value
        for name, value in sink.read_metrics().items()
        if name.startswith("rows_total") and f'outcome="{outcome}"' in name
    )


@pytest.mark.slow
def test_the_events_of_a_version_become_its_log(
    environment: dict[str, str], s3: S3Server, place: str, model: Path, tmp_path: Path
) -> None:
    with run_log_sink(place, tmp_path / "spool", environment, *AT_ONCE) as sink:
        asked, answered = json.dumps(V1).encode(), answer(model, V1)
        # The response may come first, and an event twice.
        for kind, body in (("response", answered), ("request", asked)):
            assert sink.send("y/1", kind, "first", body) == 200
        for kind, body in (("request", asked), ("request", asked), ("response", answered)):
            assert sink.send("y/1", kind, "second", body) == 200
        sink.send_pair("y/1", V2, answer(model, V2))
        sink.wait_until(lambda: count_rows(sink) == 6)
        sink.wait_until(lambda: sink.read_metrics()['uploads_total{outcome="stored"}'] >= 1)
        assert sink.count_dropped("incomplete") == 1
        assert sink.end() == 0
    ((folder, records),) = read_bucket(s3, place).items()
    assert re.fullmatch(r"y/logs/1-[0-9a-f]{12}", folder)
    records.sort(key=lambda of: ("first", "second", "one").index(of["id"]))
    assert [(of["id"], of["row"]) for of in records] == [
        (name, i) for name in ("first", "second", "one") for i in (0, 1)
    ]
    assert [of["keys"] for of in records[:2]] == [{"customer": "C-1"}, {"customer": "2"}]
    assert "city" not in records[0]["values"]
    assert records[0]["values"]["amount"] == 12.5
    assert records[0]["outputs"] == records[4]["outputs"]
    assert [of["weight"] for of in records] == [1.0] * 6
    assert list_segments(tmp_path / "spool") == []


@pytest.mark.slow
def test_two_versions_at_once_are_two_logs(
    environment: dict[str, str], s3: S3Server, place: str, model: Path, tmp_path: Path
) -> None:
    answered = answer(model, V1)
    with run_log_sink(place, tmp_path / "spool", environment) as sink:
        for number in range(6):
            sink.send_pair(f"y/{1 + number % 3 % 2}", V1, answered)
        # The ids of two versions do not meet.
        sink.send("y/1", "request", "split", json.dumps(V1).encode())
        sink.send("y/2", "response", "split", answered)
        sink.wait_until(lambda: count_rows(sink) == 12)
        assert sink.end() == 0
    found = read_bucket(s3, place)
    assert {folder.partition("-")[0]: len(records) for folder, records in found.items()} == {
        "y/logs/1": 8,
        "y/logs/2": 4,
    }


@pytest.mark.slow
def test_what_cannot_be_logged_is_counted_and_said_once(
    environment: dict[str, str], s3: S3Server, place: str, model: Path, tmp_path: Path
) -> None:
    with run_log_sink(place, tmp_path / "spool", environment, "--max_bytes", "100000") as sink:
        for _ in range(2):
            sink.send_pair("nobody/1", V1, answer(model, V1))
            sink.wait_until(lambda: sink.count_dropped("unknown_model") >= 2)
        sink.send_pair("y/3", V1, answer(model, V1))
        assert sink.send("y/1", "request", "a", b"x", {"ce-type": "com.example"}) == 400
        assert sink.send("y/1", "request", "", b"x") == 400
        assert sink.send("y/champion", "request", "a", b"x") == 400
        assert sink.send("y", "request", "a", b"x") == 400
        assert sink.send("y/1", "request", "a", b"x" * 100_001) == 413
        assert sink.send("y/1", "request", f"{CHECK_ID}1", json.dumps(V1).encode()) == 200
        sink.send_pair("y/1", V1, b'{"predictions": [1]}')
        sink.send_pair("y/1", {"instances": [{**ROW, "visits": "x"}]}, answer(model, {"instances": [ROW]}))
        sink.send_pair("y/1", V1, answer(model, V1))
        sink.wait_until(lambda: count_rows(sink) == 2)
        sink.wait_until(lambda: sink.count_dropped("unknown_model") == 6)
        counts = {reason: sink.count_dropped(reason) for reason in ("invalid", "too_large", "check")}
        assert counts == {"invalid": 4, "too_large": 1, "check": 1}
        assert sink.count_dropped("unconvertible") == 4
        assert sink.end() == 0
        output = sink.read_output()
    assert output.count("'nobody' is not logged (unknown_model): The registry has no version 1") == 1
    assert output.count("(unknown_model)") == 2
    assert output.count("'y' is not logged (unconvertible): the request") == 1
    assert "Traceback" not in output
    assert sum(len(records) for records in read_bucket(s3, place).values()) == 2


@pytest.mark.slow
def test_after_sigkill_the_spool_is_uploaded_at_the_next_start(
    environment: dict[str, str], s3: S3Server, place: str, model: Path, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    with run_log_sink(place, spool, environment) as sink:
        for _ in range(5):
            sink.send_pair("y/1", V1, answer(model, V1))
        sink.wait_until(lambda: count_rows(sink) == 10)
        assert sink.end(signal.SIGKILL) == -signal.SIGKILL
    assert read_bucket(s3, place) == {}
    assert len(list_segments(spool)) == 1
    with run_log_sink(place, spool, environment) as sink:
        sink.wait_until(lambda: not list_segments(spool))
    ((_, records),) = read_bucket(s3, place).items()
    assert len(records) == 10


@pytest.mark.slow
def test_a_storage_that_is_away_is_waited_for(
    tracking: tuple[str, Path], s3: S3Server, place: str, model: Path, tmp_path: Path
) -> None:
    spool, port = tmp_path / "spool", int(s3.endpoint.rpartition(":")[2])
    with return_after(40, port) as front:
        environment = make_environment(tracking[0], f"http://127.0.0.1:{front}")
        with run_log_sink(place, spool, environment, *AT_ONCE) as sink:
            sink.send_pair("y/1", V1, answer(model, V1))
            sink.wait_until(lambda: sink.read_metrics()['uploads_total{outcome="failed"}'] >= 1)
            assert len(list_segments(spool)) == 1
            assert read_bucket(s3, place) == {}
            sink.wait_until(lambda: not list_segments(spool))
            ((_, records),) = read_bucket(s3, place).items()
            assert len(records) == 2
            output = sink.read_output()
    assert output.count("Nothing can be uploaded") == 1
    assert output.count("Uploads work again.") == 1


@pytest.mark.slow
def test_monitoring_judges_the_log_that_was_uploaded(
    environment: dict[str, str],
    place: str,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = draw_day("binary", 1, n_rows=400)
    rows = [{name: convert_cell(row[name]) for name in KINDS} for row in day.to_dict("records")]
    body = {"instances": [{**row, "customer": f"c{i}"} for i, row in enumerate(rows)]}
    with run_log_sink(place, tmp_path / "spool", environment, "--rows_per_second", "100") as sink:
        sink.send_pair("y/2", body, answer(model, body))
        sink.wait_until(lambda: count_rows(sink) == len(rows))
        assert sink.end() == 0
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    registration = tmp_path / "registration"
    registration.mkdir()
    (registration / "registration.json").write_text('{"model": "y", "version": "2"}')
    truth = pd.DataFrame({"customer": [f"c{i}" for i in range(len(rows))], "y": day["y"].to_numpy()})
    write_frame(truth, {"customer": "string", "y": "string"}, tmp_path / "truth")
    outcome = monitor(
        truth=str(tmp_path / "truth"),
        model=str(model),
        registration=str(registration),
        record=str(tmp_path / "record"),
        report=str(tmp_path / "report"),
        settings=MonitorSettings(folder=place),
    )
    report = MonitoringReport.load(tmp_path / "record")
    assert (report.rows, report.rows_logged, report.performance.labelled_rows) == (len(rows),) * 3
    assert outcome.decision == "nothing"


@pytest.mark.slow
def test_a_busy_version_is_sampled_and_its_weights_count_all_rows(
    environment: dict[str, str], s3: S3Server, place: str, model: Path, tmp_path: Path
) -> None:
    body = {"instances": [ROW] * 500}
    answered = answer(model, body)
    with run_log_sink(place, tmp_path / "spool", environment, "--rows_per_second", "2") as sink:
        for _ in range(4):
            sink.send_pair("y/1", body, answered)
        sink.wait_until(lambda: count_rows(sink) + count_rows(sink, "sampled_out") == 2_000)
        assert sink.end() == 0
    ((_, records),) = read_bucket(s3, place).items()
    assert 90 <= len(records) <= 200
    assert sum(of["weight"] for of in records) == pytest.approx(2_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({"MLFLOW_TRACKING_URI": ""}, (), "MLFLOW_TRACKING_URI is not set"),
        ({"AWS_ACCESS_KEY_ID": ""}, (), "AWS_ACCESS_KEY_ID not set"),
        ({}, ("--folder", "s3://bucket"), "names a bucket but no object in it"),
        ({}, ("--port", "0"), "port = 0 is out of range"),
        ({}, ("--spool", "/proc/none"), "The spool /proc/none cannot be created"),
    ],
)
def test_what_it_cannot_work_with_ends_it_with_the_reason(
    environment: dict[str, str],
    tmp_path: Path,
    changed: dict[str, str],
    options: tuple[str, ...],
    message: str,
) -> None:
    words = ["--folder", "s3://shared/models", "--spool", str(tmp_path), *options]
    done = subprocess.run(
        [sys.executable, "-m", "components.log_sink", *words],
        cwd=ROOT,
        env={**os.environ, **environment, **changed},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
