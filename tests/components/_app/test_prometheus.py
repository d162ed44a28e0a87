"""Figures from a real Prometheus that reads a real server and the exporter of monitoring reports."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeVar

import httpx
import pytest

from components._app.prometheus import WINDOWS, Prometheus, PrometheusFailed
from pipelines.catalogue import ROOT
from tests.components.monitor.reports import make_report
from tests.components.serve.models import PREDICT, ROW, write_model
from tests.loopback import Handler, serve_http
from tests.model_server import run_model_server
from tests.prometheus import run_prometheus, wait_until
from tests.sweeps_proxy import find_free_port

pytestmark = pytest.mark.slow

T = TypeVar("T")


def ask(url: str, model: str, use: Callable[[Prometheus], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        return await use(Prometheus(url, model))

    # Tests of pages leave an event loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that has seen requests to two models, and a report about one."""
    model, other, monitoring, work = (
        tmp_path_factory.mktemp(name) for name in ("model", "other", "monitoring", "work")
    )
    write_model(model, threshold=0.4)
    write_model(other, "regression")
    reports = monitoring / "small" / "reports"
    reports.mkdir(parents=True)
    (reports / "1.json").write_text(make_report(model="small").to_json())
    port = find_free_port()
    words = ["-m", "components.monitor.exporter", "--folder", str(monitoring), "--port", str(port)]
    exporter = subprocess.Popen([sys.executable, *words], cwd=ROOT)
    try:
        with (
            run_model_server(model, name="small") as server,
            run_model_server(other, name="other") as second,
            run_prometheus(
                work,
                {
                    server.url.removeprefix("http://"): {"job": "small"},
                    second.url.removeprefix("http://"): {"job": "other"},
                    f"127.0.0.1:{port}": {"job": "monitor"},
                },
                [],
            ) as prometheus,
        ):
            # Prometheus must see the counts before they rise.
            wait_until(lambda: len(prometheus.query("tabular_model_info")) == 2, "both servers are read")
            time.sleep(1.5)
            for _ in range(6):
                rows = [{**ROW, "amount": None, "visits": 99_999}, ROW]
                httpx.post(server.url + PREDICT, json={"instances": rows}).raise_for_status()
                httpx.post(second.url + "/v1/models/other:predict", json={"instances": [ROW] * 50})
            assert httpx.post(server.url + PREDICT, content="{").status_code == 400
            seen = 'tabular_requests_total{outcome="answered",protocol="v1"} >= 6'
            wait_until(lambda: len(prometheus.query(seen)) == 2, "the requests are counted")
            time.sleep(1.5)
            wait_until(lambda: prometheus.query("tabular_monitor_rows"), "the report is read")
            yield prometheus.url
    finally:
        exporter.terminate()
        exporter.wait(20)


def test_the_counts_of_a_window_are_those_of_one_model(url: str) -> None:
    counts = ask(url, "small", lambda asked: asked.read_counts(WINDOWS["1h"]))
    outcomes = counts["outcomes"]
    assert outcomes["answered"] == pytest.approx(6, rel=0.5)
    assert outcomes["invalid_json"] > 0
    assert counts["rows"] == pytest.approx(12, rel=0.5)
    assert counts["nulls"]["amount"] == pytest.approx(6, rel=0.5)
    assert counts["out_of_range"]["visits"] > 0
    assert sum(counts["decisions"].values()) == pytest.approx(12, rel=0.5)
    bounds, numbers = zip(*counts["seconds"], strict=True)
    assert bounds[-1] == "+Inf"
    assert list(numbers) == sorted(numbers)


@pytest.mark.parametrize("name", WINDOWS)
def test_the_course_has_a_figure_for_each_step(name: str, url: str) -> None:
    window, now = WINDOWS[name], time.time()
    history = ask(url, "small", lambda asked: asked.read_history(window, now))
    times = history["times"]
    assert len(times) == window.seconds / window.step
    assert times[-1] == pytest.approx(now)
    courses = [history["outcomes"]["answered"], history["rows"], history["median"], history["p95"]]
    assert {len(course) for course in courses} == {len(times)}
    assert all(course[-1] > 0 for course in courses)
    assert history["median"][-1] <= history["p95"][-1] < 10
    assert history["rows"][0] is None


def test_the_newest_report_has_its_figures(url: str) -> None:
    report = ask(url, "small", Prometheus.read_monitoring)
    assert report == {
        "version": "3",
        "made": "2026-11-29T06:00:00+00:00",
        "decision": "alert",
        "loss": {"value": 120.0, "low": 80.0, "high": 160.0, "budget": 100.0},
        "columns": [{"name": "age", "drift": pytest.approx(4.0), "loss": 90.0}],
        "performance": {
            "metric": "ROC AUC",
            "reference": {"value": 0.8, "low": 0.78, "high": 0.82},
            "labelled": {"value": 0.75},
        },
        "is_worse": False,
        "rows": 500.0,
    }


def test_of_a_model_that_nobody_knows_there_is_nothing(url: str) -> None:
    name = 'a"b\\'
    counts = ask(url, name, lambda asked: asked.read_counts(WINDOWS["1h"]))
    assert (counts["outcomes"], counts["rows"], counts["seconds"]) == ({}, 0.0, [])
    history = ask(url, name, lambda asked: asked.read_history(WINDOWS["1h"], time.time()))
    assert history["outcomes"] == {}
    assert set(history["rows"]) == {None}
    assert ask(url, name, Prometheus.read_monitoring) is None


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, b'{"status": "error", "error": "bad query"}', "Prometheus refuses a query: bad query."),
        (200, b"<html>", "Prometheus does not answer: JSONDecodeError"),
        (200, b"[]", "Prometheus refuses a query"),
    ],
)
def test_an_answer_that_is_none_is_said_by_a_stand_in(status: int, body: bytes, message: str) -> None:
    class Refusing(Handler):
        def do_GET(self) -> None:
            self.reply(status, body)

    handler: type[BaseHTTPRequestHandler] = Refusing
    with serve_http(handler) as url, pytest.raises(PrometheusFailed, match=message):
        ask(url, "small", Prometheus.read_monitoring)
