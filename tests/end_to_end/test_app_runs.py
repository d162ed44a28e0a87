"""The app's tab Runs and its choice of a model, in a browser, with runs of the pipeline."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from pipelines.local.run_folder import RunFolder
from tests.browser import Browser
from tests.end_to_end.test_app import PHONE, wait_for_answer
from tests.end_to_end.test_run import train_tables
from tests.model_server import ModelServer, run_app_of_runs

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

BROKEN = {
    "name": "broken",
    "pipeline": "training",
    "status": "failed",
    "failed_task": "tune",
    "process": 1,
    "started": "2020-01-01T00:00:00+00:00",
    "seconds": 200.0,
    "parameters": {"source": "data/old.csv", "target": "bought"},
    "options": {},
    "commit": None,
    "stages": [],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs that have a model, one whose model is damaged, and bad ones."""
    folder = tmp_path_factory.mktemp("machine")
    for task, name in (("binary", "first"), ("regression", "second")):
        train_tables(folder, task, name, "--minutes", "0.3")
    runs = folder / "runs"
    broken = RunFolder(runs / "broken")
    (broken.artifacts / "one" / "train").mkdir(parents=True)
    (model,) = (runs / "second").glob("artifacts/*/train/model")
    (broken.artifacts / "one" / "train" / "model").mkdir()
    (broken.artifacts / "one" / "train" / "model" / "signature.json").write_bytes(
        (model / "signature.json").read_bytes()
    )
    broken.save_record(BROKEN)
    broken.events.write_text(json.dumps({"event": "error", "what": "No space left.", "remedy": "Free it."}))
    (runs / "damaged").mkdir()
    (runs / "damaged" / "run.json").write_text("{")
    return runs


@pytest.fixture(scope="module")
def server(runs: Path) -> Iterator[ModelServer]:
    with run_app_of_runs(runs, "first") as running:
        yield running


def open_runs(page: "Page") -> None:
    wait_for_answer(page)
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("rowheader", name="first").wait_for()


def list_names(page: "Page") -> list[str]:
    rows = page.locator(".listing tbody tr:visible th")
    return [text.split("\n")[0] for text in rows.all_inner_texts()]


def test_the_runs_are_listed_sorted_and_searched(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, visit):
        open_runs(page)
        assert list_names(page)[-1] == "broken"
        text = page.locator(".listing").inner_text()
        for words in ("Passed", "ROC AUC", "binary.csv", "240 rows", "Failed in tune", "No space left."):
            assert words in text
        assert "Its files cannot be read" in text
        page.get_by_role("button", name="Time", exact=True).click()
        assert list_names(page)[0] in ("first", "second")
        assert page.locator("[aria-sort=ascending]").inner_text() == "Time"
        assert page.evaluate("document.activeElement.textContent") == "Time"
        page.get_by_role("button", name="Time", exact=True).press("Enter")
        assert list_names(page)[:2] == ["damaged", "broken"]
        page.get_by_label("Search").fill("regression")
        assert list_names(page) == ["second"]
        assert page.get_by_text("1 of 4 runs").is_visible()
        assert (visit.faults, visit.requests) == ([], [])


def test_the_pages_of_a_run_are_opened_in_place(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, visit):
        open_runs(page)
        page.get_by_role("button", name="Open the pages of first").click()
        frame = page.frame_locator("iframe[sandbox='allow-scripts allow-popups']")
        frame.get_by_role("link", name="evaluate").click()
        inner = frame.frame_locator("iframe[title=evaluate]")
        inner.locator(".chart .plane").first.wait_for()
        # The pages have an origin of their own.
        opened = page.frames[1]
        assert opened.evaluate("origin") == "null"
        assert opened.evaluate("fetch('../../../description.json').then(() => 'had', () => 'refused')") == (
            "refused"
        )
        visit.faults = [fault for fault in visit.faults if "description.json" not in fault]
        address = page.get_by_role("link", name="Open in a new tab").get_attribute("href")
        assert address == "runs/first/pages/index.html"
        page.get_by_role("button", name="Back").press("Enter")
        assert page.evaluate("document.activeElement.ariaLabel") == "Open the pages of first"
        assert (visit.faults, visit.requests) == ([], [])


def test_another_model_is_chosen_in_the_list_and_by_the_picker(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, visit):
        open_runs(page)
        started = time.monotonic()
        page.get_by_role("button", name="Use the model of second").click()
        page.wait_for_url("**/app/models/second/app/")
        wait_for_answer(page)
        assert time.monotonic() - started < 5
        assert page.title() == "Predict price"
        with page.expect_request("**/v1/models/second:explain") as sent:
            page.locator("[name=age]").fill("44")
        row = json.loads(sent.value.post_data or "")["instances"][0]
        wait_for_answer(page)
        address = f"{server.url}/app/models/second/v1/models/second:predict"
        (prediction,) = httpx.post(address, json={"instances": [row]}).json()["predictions"]
        shown = float(page.locator(".decision").inner_text().replace(",", ""))
        assert shown == pytest.approx(prediction["value"], rel=1e-4)
        open_runs(page)
        assert page.get_by_text("Its model is in use").count() == 1
        picker = page.get_by_label("Model in use")
        assert picker.locator("option").count() == 3
        picker.select_option("first")
        page.wait_for_url(f"{server.url}/app/")
        wait_for_answer(page)
        assert page.title() == "Predict bought"
        assert (visit.faults, visit.requests) == ([], [])


def test_a_model_that_cannot_be_loaded_says_why(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, visit):
        open_runs(page)
        page.get_by_role("button", name="Use the model of broken").click()
        page.get_by_text("The model of broken cannot be used:").wait_for()
        assert "is not a complete model folder" in page.locator("[role=alert]:visible").inner_text()
        picker = page.get_by_label("Model in use")
        picker.select_option("broken")
        page.locator("main > [role=alert]").get_by_text("cannot be used").wait_for()
        assert picker.input_value() == "first"
        assert [fault for fault in visit.faults if "404" not in fault] == []


def test_other_models_do_not_hold_up_the_first(server: ModelServer) -> None:
    times = []
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/app/models/second/app/").status_code == 200
        for _ in range(20):
            started = time.perf_counter()
            client.get("/app/description.json").raise_for_status()
            times.append(time.perf_counter() - started)
    assert sorted(times)[10] < 0.1


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, PHONE])
def test_axe_has_no_serious_findings_and_nothing_is_wider_than_the_page(
    server: ModelServer, browser: Browser, color_scheme: str, width: int
) -> None:
    settings = {"color_scheme": color_scheme, "locale": "de-DE" if width == PHONE else "en-GB"}
    with browser.open_served(f"{server.url}/app/", width=width, **settings) as (page, _):
        wait_for_answer(page)
        page.locator("#tab-runs").click()
        page.get_by_role("rowheader", name="first").wait_for()
        found = Axe().run(page).response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_answer_does_not_wait_for_the_tabs(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app/") as (page, _):
        wait_for_answer(page)
        assert page.evaluate("performance.getEntriesByName('kfp-tabular:answer')[0].startTime") < 1000
        loaded = page.evaluate("performance.getEntriesByType('resource').map(({name}) => name)")
        assert not [name for name in loaded if name.endswith(("runs.js", "health.js", "chart.js"))]
