"""The app's tab Health in a browser: a real server's counts, a real Prometheus, and monitoring reports."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from components._problem.registration import RegisteredModel
from tests.browser import Browser
from tests.components.monitor.reports import make_report
from tests.components.serve.models import PREDICT, ROW, write_model
from tests.end_to_end.test_app import PHONE, wait_for_answer
from tests.model_server import ModelServer, run_app_of_runs, run_model_server
from tests.pipelines.local.test_run_list import write_run, write_trained
from tests.prometheus import run_prometheus, wait_until
from tests.sweeps_proxy import find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

# More than the page waits between two looks.
PATIENCE = 12_000


def open_health(page: "Page") -> None:
    wait_for_answer(page)
    page.locator("#tab-health").click()
    page.locator(".tiles dd").first.wait_for()


def read_tile(page: "Page", title: str) -> str:
    term = page.locator("dt").get_by_text(title, exact=True)
    return page.locator(".tiles div", has=term).locator("dd").inner_text()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run, two reports about its model, and the run that made the newer one."""
    folder = tmp_path_factory.mktemp("machine")
    trained = write_trained(folder / "runs")
    RegisteredModel("churn", "3").save(trained.artifacts / "one" / "register" / "registration")
    reports = folder / "monitoring" / "churn" / "reports"
    reports.mkdir(parents=True)
    report = make_report()
    (reports / "1.json").write_text(report.to_json())
    (reports / "2.json").write_text("{")
    monitored = write_run(folder / "runs", "watch", pipeline="monitoring", stages=[{"name": "monitor"}])
    record = monitored.artifacts / "one" / "monitor" / "record"
    record.parent.mkdir(parents=True)
    record.write_text(report.to_json())
    monitored.pages.mkdir()
    (monitored.pages / "monitor.html").write_text("<!doctype html><title>m</title><h1>Monitoring</h1>")
    return folder / "runs"


@pytest.fixture(scope="module")
def server(runs: Path) -> Iterator[ModelServer]:
    with run_app_of_runs(runs, "first", "--model-name", "small", "--workers", "2") as running:
        yield running


def test_the_counts_of_all_workers_are_shown_and_follow_the_requests(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, visit):
        open_health(page)
        before = int(read_tile(page, "Requests").replace(",", ""))
        for _ in range(30):
            rows = [{**ROW, "amount": None, "visits": 99_999}, ROW]
            httpx.post(server.url + PREDICT, json={"instances": rows}).raise_for_status()
        httpx.post(server.url + PREDICT, content="{")
        expected = f"{before + 31:,}"
        page.locator(".tiles dd").first.get_by_text(expected, exact=True).wait_for(timeout=PATIENCE)
        assert read_tile(page, "Median time").endswith(" ms")
        assert read_tile(page, "Refused") != "0.0%"
        assert page.get_by_role("row", name="refused: not JSON").is_visible()
        unusual = page.get_by_role("region", name="Unusual values")
        assert unusual.get_by_role("row", name=re.compile(r"^amount \d")).is_visible()
        assert unusual.get_by_role("row", name=re.compile(r"^visits 0\.0%")).is_visible()
        page.locator(".chart path").first.wait_for(state="attached", timeout=PATIENCE)
        details = page.locator(".chart details").first
        details.locator("summary").click()
        assert details.get_by_role("columnheader", name="refused or failed").is_visible()
        # The next figures do not close it.
        page.wait_for_timeout(6000)
        assert details.get_attribute("open") is not None
        # A tab that is not seen asks nothing.
        page.locator("#tab-predict").click()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(6000)
        assert not [url for url in asked if "health.json" in url]
        assert (visit.faults, visit.requests) == ([], [])


def test_the_newest_report_is_told_and_its_page_opened_in_place(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, visit):
        open_health(page)
        page.get_by_text("Somebody must look at it").wait_for()
        text = page.locator("#panel-health").inner_text()
        for words in (
            "The expected loss is above the budget.",
            "model version 3",
            "A day costs 120 euros more than at training",
            "ROC AUC",
            "These reports are newer and cannot be read: 2.json: JSONDecodeError",
        ):
            assert words in text
        assert page.get_by_role("row", name="age 4").is_visible()
        page.get_by_role("button", name="Open the report").click()
        page.frame_locator("iframe").get_by_role("heading", name="Monitoring").wait_for()
        page.get_by_role("button", name="Back").click()
        assert page.get_by_text("Somebody must look at it").is_visible()
        assert visit.faults == []


def test_a_server_that_stops_is_said(runs: Path, browser: Browser) -> None:
    with run_app_of_runs(runs, "first") as running, browser.open_served(f"{running.url}/app/") as (page, _):
        open_health(page)
        running.process.kill()
        running.process.wait()
        page.get_by_text("The figures cannot be had at the moment").wait_for(timeout=PATIENCE)


def test_the_past_comes_from_prometheus_and_without_a_report_there_is_a_hint(
    tmp_path: Path, browser: Browser
) -> None:
    model, work = tmp_path / "model", tmp_path / "work"
    work.mkdir()
    write_model(model, threshold=0.4)
    port = find_free_port()
    with run_prometheus(work, {f"127.0.0.1:{port}": {"job": "small"}}, []) as prometheus:
        options = ("--app", "--app_prometheus", prometheus.url)
        with (
            run_model_server(model, *options, port=port) as running,
            browser.open_served(f"{running.url}/app/") as (page, visit),
        ):
            wait_until(lambda: prometheus.query("tabular_model_info"), "the server is read")
            open_health(page)
            page.get_by_text("There is no monitoring report of this model yet.").wait_for()
            assert page.get_by_text("make app LOG=1").is_visible()
            httpx.post(running.url + PREDICT, json={"instances": [ROW] * 20}).raise_for_status()
            wait_until(
                lambda: prometheus.query("increase(tabular_request_rows_sum[1h]) > 10"), "rows are counted"
            )
            page.get_by_label("Time", exact=True).select_option("1h")
            page.get_by_text("From Prometheus, since").wait_for()
            assert float(read_tile(page, "Rows")) > 10
            assert page.locator(".chart path").count() == 5
            assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, PHONE])
def test_axe_has_no_serious_findings_and_nothing_is_wider_than_the_page(
    server: ModelServer, browser: Browser, color_scheme: str, width: int
) -> None:
    settings = {"color_scheme": color_scheme, "locale": "de-DE" if width == PHONE else "en-GB"}
    httpx.post(server.url + PREDICT, json={"instances": [{**ROW, "amount": None}]}).raise_for_status()
    with browser.open_served(f"{server.url}/app/", width=width, **settings) as (page, _):
        open_health(page)
        page.locator(".chart path").first.wait_for(state="attached", timeout=PATIENCE)
        found = Axe().run(page).response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
