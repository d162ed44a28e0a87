"""The pictures of the app in the documents: made from the sample's model, and as the page is now."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pyarrow as pa
import pytest

from components.ingest.samples import open_sample
from pipelines.catalogue import ROOT
from tests.browser import Browser
from tests.end_to_end.test_run import run
from tests.pictures import WIDTH, check_picture
from tests.sweeps_proxy import find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

PATIENCE = 60


def fill_form(page: "Page") -> None:
    """Put in a customer who is about to leave, and look for the change that keeps her."""
    page.locator("[name=satisfaction]").fill("1")
    page.locator("[name=support_calls]").fill("5")
    page.get_by_role("button", name="Find the smallest change").click()
    page.wait_for_selector(".found li")
    page.wait_for_selector(".answer-body:not(.old):not([aria-busy]) .decision")
    page.evaluate("document.activeElement.blur()")


def open_model(page: "Page") -> None:
    page.get_by_role("tab", name="Model").click()
    page.evaluate("document.activeElement.blur()")


def predict_table(page: "Page") -> None:
    """Put in 500 customers, of which one has an age in words, and predict them."""
    sample = open_sample("sample:churn?rows=500", seed=2)
    rows = pa.Table.from_batches(list(sample.batches), sample.schema).drop_columns(["churned"]).to_pandas()
    rows["age"] = rows["age"].astype(object)
    rows.loc[7, "age"], rows.loc[11, "city"] = "thirty", "Atlantis"
    content = rows.to_csv(index=False).encode()
    page.get_by_role("tab", name="Batch").click()
    file = {"name": "customers.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="as unknown").click()
    page.get_by_text("Download customers-predicted.csv").wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def open_runs(page: "Page") -> None:
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("button", name="Open").first.wait_for()
    page.evaluate("document.activeElement.blur()")


PICTURES: dict[str, Callable[["Page"], None]] = {
    "app-predict": fill_form,
    "app-batch": predict_table,
    "app-model": open_model,
    "app-runs": open_runs,
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app of the sample's model, as make app serves it."""
    runs = tmp_path_factory.mktemp("screenshots") / "runs"
    done = run("--trials", "6", "--runs", str(runs), "--name", "first")
    assert done.returncode == 0, done.stdout + done.stderr
    port = find_free_port()
    words = ["serve", "--app", "--runs", str(runs), "--run", "first", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/v2/health/ready")
            yield f"http://127.0.0.1:{port}/app/"
        finally:
            process.terminate()


def wait_until_ready(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(address).raise_for_status()
            return
        except httpx.HTTPError:
            assert time.monotonic() < end, "the server did not answer in time"
            time.sleep(0.1)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_the_page_as_it_is(name: str, address: str, browser: Browser) -> None:
    with browser.open_served(address, width=WIDTH, color_scheme="light", locale="en-GB") as (page, visit):
        page.wait_for_selector(".answer-body:not(.old):not([aria-busy]) .decision")
        PICTURES[name](page)
        check_picture(name, page)
        assert visit.faults == []
