"""The tab Batch in a browser, with a real server behind it."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import Browser
from tests.components._app.batch_models import make_rows, score_file, write_csv
from tests.components.serve.models import write_model
from tests.model_server import ModelServer, run_model_server
from tests.sweeps_proxy import find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

pytestmark = pytest.mark.slow

PHONE = 390
MODULE = "pipelines.local.app_server"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    return path


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    # A developer's own runs would be in the page.
    runs = str(tmp_path_factory.mktemp("runs"))
    with run_model_server(folder, "--app", "--runs", runs, module=MODULE) as running:
        yield running


def choose(page: "Page", content: bytes, name: str = "table.csv") -> None:
    """Choose a file, and wait until it is checked or refused."""
    page.locator("#tab-batch").click()
    file: FilePayload = {"name": name, "mimeType": "", "buffer": content}
    page.locator(".batch input[type=file]").set_input_files(files=[file])
    page.wait_for_selector(".predict-file, .batch .notice:not([hidden])")


def predict(page: "Page") -> None:
    page.locator(".predict-file").click()
    page.wait_for_selector(".download")


def download(page: "Page") -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.locator(".download").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def read_notice(page: "Page") -> str:
    return page.locator(".batch .notice").inner_text()


def test_a_file_is_read_predicted_and_downloaded_as_the_score_stage_predicts_it(
    server: ModelServer, folder: Path, browser: Browser, tmp_path: Path
) -> None:
    content = write_csv(make_rows(2_500), ";")
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        choose(page, content)
        assert page.locator(".status").inner_text().startswith("The file was read. Rows: 2,500.")
        assert page.get_by_text("semicolon").is_visible()
        assert page.get_by_text("All values are of the kind that the model knows.").is_visible()
        predict(page)
        assert page.evaluate("document.activeElement.className") == "download button"
        assert page.locator(".result tbody tr").count() == 2
        name, written = download(page)
        assert (visit.faults, visit.requests) == ([], [])
    assert name == "table-predicted.csv"
    rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig")), delimiter=";"))
    (tmp_path / "t.csv").write_bytes(content)
    decisions, probabilities = score_file(folder, tmp_path / "t.csv", tmp_path)
    assert [row["prediction"] for row in rows] == decisions
    assert [float(row["probability"]) for row in rows] == pytest.approx(probabilities, rel=1e-12)
    assert [row["note"] for row in rows] == [f"row {i}" for i in range(2_500)]


def make_broken_workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<broken")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"", "empty.csv", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture.csv", "a PNG image"),
        (b"<!doctype html><html></html>", "page.csv", "a web page"),
        (b"PAR1 and then nothing", "cut.parquet", "damaged Parquet"),
        (make_broken_workbook(), "broken.xlsx", "cannot be read"),
        (b"amount?visits\n1?2\n3?4\n5?6\n", "marks.csv", "only one column"),
        (write_csv([{"amount": 1, "city": "Bern"}] * 3), "short.csv", "Column 'visits' is missing"),
    ],
)
def test_a_bad_file_is_refused_in_words(
    server: ModelServer, browser: Browser, content: bytes, name: str, expected: str
) -> None:
    with browser.open_served(f"{server.url}/app") as (page, _):
        choose(page, content, name)
        assert expected in read_notice(page)
        assert page.locator(".predict-file").count() == 0
        # The next file is taken.
        choose(page, write_csv(make_rows(3)))
        page.wait_for_selector(".predict-file")
        assert page.locator(".batch .notice").is_hidden()


def test_values_out_of_range_are_warned_about_and_predicted(server: ModelServer, browser: Browser) -> None:
    content = write_csv(make_rows(20, amount="9999", city="Atlantis", note="=1+1"))
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        choose(page, content)
        cells = page.locator(".batch tr:has(td)").filter(has_text="Outside the values seen in training")
        assert cells.locator("td").all_inner_texts()[:3] == ["3", "amount", "9999"]
        assert page.get_by_text("Categories not seen in training: 1.").is_visible()
        predict(page)
        assert page.get_by_text("begin with an apostrophe").is_visible()
        assert b"'=1+1" in download(page)[1]
        assert visit.faults == []


def test_unreadable_cells_are_shown_and_predicted_as_unknown_only_if_wanted(
    server: ModelServer, browser: Browser
) -> None:
    content = write_csv(make_rows(20, visits="many"))
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        choose(page, content)
        assert page.locator("tr.unreadable td").all_inner_texts()[:3] == ["3", "visits", "many"]
        assert page.locator(".predict-file").inner_text() == "Predict, unreadable cells as unknown"
        predict(page)
        assert page.get_by_text("were predicted as unknown: visits (1)").is_visible()
        assert visit.faults == []


def test_columns_in_another_notation_are_said_as_such(server: ModelServer, browser: Browser) -> None:
    rows = [{**row, "amount": f"{row['amount']},5"} for row in make_rows(20)]
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        choose(page, write_csv(rows, ";"))
        said = page.locator(".batch .note.fault").first.inner_text()
        assert said.startswith("Most cells of amount cannot be read")
        assert "written like 1234.5." in said
        choose(page, write_csv(make_rows(20, amount="12,5"), ";"))
        page.get_by_text("Cells that cannot be read: 1.").wait_for()
        assert page.get_by_text("Most cells").count() == 0
        assert visit.faults == []


def test_results_can_be_a_workbook(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        choose(page, write_csv(make_rows(20)))
        page.locator("#batch-format").select_option("xlsx")
        predict(page)
        name, content = download(page)
        assert (name, content[:2]) == ("table-predicted.xlsx", b"PK")
        # The file can be predicted again.
        page.locator("#batch-format").select_option("parquet")
        page.locator(".predict-file").click()
        page.wait_for_selector(".download[download$='.parquet']")
        assert visit.faults == []


def test_a_file_can_be_dropped(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        page.locator("#tab-batch").click()
        page.wait_for_selector(".drop")
        dropped = page.evaluate_handle(
            """text => {
                const all = new DataTransfer();
                all.items.add(new File([text], "t.csv"));
                return all;
            }""",
            write_csv(make_rows(20)).decode(),
        )
        page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})
        page.wait_for_selector(".predict-file")
        assert page.locator(".file-name").inner_text().startswith("t.csv")
        assert visit.faults == []


def test_a_file_that_is_too_large_is_not_sent(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        page.route("**/limits.json", lambda route: route.fulfill(json={"max_bytes": 1_000}))
        choose(page, write_csv(make_rows(100)))
        assert "larger than 1 kB" in read_notice(page)
        assert visit.faults == []


def test_a_run_can_be_cancelled(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        choose(page, write_csv(make_rows(60_000)))
        page.locator(".predict-file").click()
        page.wait_for_function("() => document.querySelector('.running progress').value > 0")
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_selector(".predict-file:enabled")
        assert page.locator(".download").count() == 0
        # Its turn has ended on the server, too.
        choose(page, write_csv(make_rows(3)))
        predict(page)
        assert visit.faults == []


def test_a_server_that_stops_in_the_middle_leaves_the_file_and_another_version_is_said(
    folder: Path, browser: Browser, tmp_path: Path
) -> None:
    port = find_free_port()
    with ExitStack() as first:
        server = first.enter_context(run_model_server(folder, "--app", port=port, module=MODULE))
        with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, _):
            choose(page, write_csv(make_rows(60_000)))
            page.locator(".predict-file").click()
            page.wait_for_function("() => document.querySelector('.running progress').value > 0")
            server.process.kill()
            page.wait_for_selector(".batch .notice button")
            assert "Your file is kept" in read_notice(page)
            assert page.locator(".download").count() == 0
            first.close()
            other = tmp_path / "other"
            other.mkdir()
            write_model(other, threshold=0.3)
            with run_model_server(folder, "--app", port=port, module=MODULE):
                page.locator(".batch .notice button").click()
                page.wait_for_selector(".download", timeout=60_000)
                choose(page, write_csv(make_rows(30)))
            with run_model_server(other, "--app", port=port, module=MODULE):
                page.locator(".predict-file").click()
                page.wait_for_selector(".batch .notice:not([hidden])")
                page.wait_for_selector(".predict-file:enabled")
                assert "The model has changed from version" in read_notice(page)
                predict(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_and_nobody_is_left_out(
    server: ModelServer, browser: Browser, scheme: str
) -> None:
    look: Callable[[Any], Any] = Axe().run
    settings = {"locale": "de-DE", "color_scheme": scheme}
    with browser.open_served(f"{server.url}/app", width=PHONE, **settings) as (page, visit):
        choose(page, write_csv(make_rows(20, visits="many", amount="9999", note="x" * 300)))
        for is_predicted in (False, True):
            if is_predicted:
                predict(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
            serious = [
                found["id"]
                for found in look(page).response["violations"]
                if found["impact"] in ("serious", "critical")
            ]
            assert serious == []
        assert page.get_by_text("Vorhergesagte Zeilen: 20").is_visible()
        assert visit.faults == []


def test_the_keyboard_is_enough_and_another_language_keeps_the_file(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        file: FilePayload = {"name": "table.csv", "mimeType": "", "buffer": write_csv(make_rows(20))}
        page.on("filechooser", lambda chooser: chooser.set_files(files=[file]))
        page.wait_for_selector(".decision")
        page.locator("#tab-predict").focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".drop")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Choose a file"
        page.keyboard.press("Enter")
        page.wait_for_selector(".predict-file")
        page.locator(".language").select_option("de")
        page.wait_for_selector(".predict-file:has-text('Vorhersagen')")
        page.locator(".predict-file").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".download")
        assert visit.faults == []
