"""The pictures of the app in the README: made from the sample's model, and as the page is now.

``make screenshots`` writes them again. Pixels are not compared, because fonts differ between machines; the
texts of headings, labels, buttons and tabs are, which are stored beside the pictures.
"""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow as pa
import pytest

from components.ingest.samples import open_sample
from pipelines.catalogue import ROOT
from tests.browser import Browser
from tests.end_to_end.test_run import run
from tests.sweeps_proxy import find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

IMAGES = ROOT / "docs" / "images"
RECORD = IMAGES / "app.json"
SIZE = (1400, 900)
MOST_BYTES = 150_000
COLORS = 128
PATIENCE = 60
IS_WRITTEN = os.environ.get("WRITE_SCREENSHOTS") == "1"
# Numbers change with each training.
LIST_TEXTS = """() => [...document.querySelectorAll("h1, h2, h3, label, button, thead th, dt")]
    .filter((element) => element.checkVisibility())
    .map((element) => element.innerText.trim().replace(/\\d+/g, "#"))"""


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
def test_a_picture_of_the_readme_shows_the_page_as_it_is(name: str, address: str, browser: Browser) -> None:
    with browser.open_served(address, width=SIZE[0], color_scheme="light", locale="en-GB") as (page, visit):
        page.wait_for_selector(".answer-body:not(.old):not([aria-busy]) .decision")
        PICTURES[name](page)
        texts = page.evaluate(LIST_TEXTS)
        if IS_WRITTEN:
            write_picture(name, page.screenshot(), texts)
        assert visit.faults == []
    content = (IMAGES / f"{name}.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == SIZE
    assert len(content) < MOST_BYTES
    stored = read_record()[name]
    assert stored["sha256"] == hashlib.sha256(content).hexdigest(), "The record is of another picture."
    assert stored["texts"] == texts, "The page has changed: make screenshots writes its pictures again."


def read_record() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return record


def write_picture(name: str, screenshot: bytes, texts: list[str]) -> None:
    """Write a picture with few colours, and what is recorded of it."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(screenshot)).convert("RGB")
    image.quantize(COLORS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    (IMAGES / f"{name}.png").write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    record = {**read_record(), name: {"sha256": digest, "texts": texts}}
    text = json.dumps(dict(sorted(record.items())), indent=2, ensure_ascii=False)
    RECORD.write_text(text + "\n", encoding="utf-8")
