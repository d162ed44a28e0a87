"""A model that is served on this machine, its log, and what monitoring makes of both, as a user starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pandas as pd
import pytest

from components.monitor.record import MonitoringReport
from tests.end_to_end.test_run import ROOT, find_artifact
from tests.end_to_end.test_scoring import run_command
from tests.sweeps_proxy import find_free_port

pytestmark = pytest.mark.slow

ROWS = 400


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a trained model of the sample, and the log of requests that were answered."""
    folder = tmp_path_factory.mktemp("monitoring")
    words = ["--runs", str(folder / "runs"), "--name", "first", "--trials", "3"]
    done = run_command("run", "training", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    test = pd.read_parquet(find_artifact(folder / "runs" / "first", "split", "test")).head(ROWS)
    test[["customer_id", "churned"]].to_csv(folder / "truth.csv", index=False)
    serve(folder, json.loads(test.drop(columns="churned").to_json(orient="records", date_format="iso")))
    return folder


def serve(folder: Path, rows: list[dict[str, object]]) -> None:
    """Serve the model, send it rows, and stop it."""
    port = find_free_port()
    words = ["serve", "--runs", str(folder / "runs"), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-m", "pipelines", *words], cwd=ROOT, env=environment) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, server)
            for start in range(0, len(rows), 20):
                answer = httpx.post(
                    f"{address}/v1/models/model:predict", json={"instances": rows[start : start + 20]}
                )
                assert answer.status_code == 200, answer.text
        finally:
            server.send_signal(signal.SIGTERM)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert server.poll() is None
        try:
            if httpx.get(f"{address}/v2/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not start within a minute")


def test_the_log_of_a_served_model_is_compared_with_its_training(place: Path) -> None:
    words = ["--runs", str(place / "runs"), "--name", "monitored", "--truth", str(place / "truth.csv")]
    done = run_command("run", "monitoring", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to do" in done.stdout
    report = MonitoringReport.load(find_artifact(place / "runs" / "monitored", "monitor", "record"))
    assert (report.rows, report.rows_logged, report.performance.labelled_rows) == (ROWS, ROWS, ROWS)
    assert report.loss.unit == "EUR"
    (stored,) = (place / "monitoring" / "churned" / "reports").iterdir()
    assert MonitoringReport.load(stored) == report
    page = (place / "runs" / "monitored" / "pages" / "monitor.html").read_text(encoding="utf-8")
    assert "A day costs" in page


def test_without_a_log_it_says_how_to_get_one(place: Path, tmp_path: Path) -> None:
    words = ["--runs", str(place / "runs"), "--folder", str(tmp_path / "nowhere")]
    done = run_command("run", "monitoring", *words)
    assert done.returncode == 2
    assert "There is no inference log" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_drill_names_the_alert_and_the_day(place: Path) -> None:
    done = run_command("drill", "--runs", str(place / "runs"), "--kind", "concept")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the day before the fault: no column drifts" in done.stdout
    assert "reaches the data-scientist" in done.stdout
    assert "The model's owner is Customer care." in done.stdout
