import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import pytest

from components._app.export import describe_page, export_page, render_exported_page
from components.errors import InvalidSetting
from tests.browser import PHONE, Browser
from tests.components._app.models import open_page, save_usual_model
from tests.components._model.tables import KINDS, fit_package
from tests.components.serve.models import write_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    return path


def hash_text(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_a_page_may_run_its_own_script_and_nothing_else() -> None:
    html = render_exported_page({"title": "a <b>", "target": "c&d", "version": "1"}, {}, "<p>card</p>")
    policy = re.findall(r'content="(default-src [^"]+)"', html)[0]
    script = html.split('<script type="module">')[1].split("</script>")[0]
    style = html.split("<style>")[1].split("</style>")[0]
    assert policy == (
        f"default-src 'none'; script-src '{hash_text(script)}'; style-src '{hash_text(style)}'; "
        "form-action 'none'"
    )
    assert "<title>c&amp;d: a &lt;b&gt;</title>" in html
    assert "<p>card</p>" in html


def test_no_value_of_a_model_ends_its_script() -> None:
    description = {
        "title": "",
        "target": "",
        "version": "",
        "columns": ["</script><script>alert(1)</script>"],
    }
    html = render_exported_page(description, {"steps": "<!--<script>"}, "")
    assert html.count("</script>") == 3
    text = html.split('id="description">')[1].split("</script>")[0]
    assert json.loads(text) == description


def test_a_page_describes_the_model(folder: Path) -> None:
    description = describe_page(folder, "version 7")
    assert (description["target"], description["task"], description["threshold"]) == ("y", "binary", 0.4)
    assert description["positive"] == "left"
    assert [column["name"] for column in description["columns"]] == list(KINDS)
    assert description["columns"][0] == {
        "name": "amount",
        "kind": "float",
        "minimum": -300.0,
        "maximum": 300.0,
        "categories": [],
    }


def test_the_same_model_has_the_same_page_and_nothing_is_left_beside_it(folder: Path, tmp_path: Path) -> None:
    sizes = {export_page(folder, tmp_path / name, "1", "") for name in ("one.html", "two.html")}
    one, two = sorted(tmp_path.iterdir())
    assert one.read_bytes() == two.read_bytes()
    assert sizes == {(len(one.read_bytes()), False)}


@pytest.mark.parametrize(
    ("family", "has_rows"), [("neighbours", True), ("kernel", True), ("gaussian", False)]
)
def test_a_model_that_holds_training_rows_is_known(family: str, has_rows: bool, tmp_path: Path) -> None:
    model = save_usual_model(tmp_path, fit_package(family, "binary"))
    assert export_page(model, tmp_path / "page.html", "1", "").has_training_rows == has_rows


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.mkdir()
    with pytest.raises(InvalidSetting, match=r"The page .*page\.html cannot be written"):
        export_page(folder, file, "1", "")
    assert list(tmp_path.iterdir()) == [file]


def test_an_answer_moves_with_the_form_and_a_mistake_is_said(
    folder: Path, tmp_path: Path, browser: Browser
) -> None:
    with open_page(browser, folder, tmp_path) as visit:
        page = visit.frame
        usual = page.locator("#answer").inner_text()
        assert "Probability of left" in usual
        assert "Predicts left when its probability is at least 40%." in usual
        page.get_by_label("amount", exact=True).fill("-250")
        page.get_by_label("city").fill("Oslo")
        assert page.locator("#answer").inner_text() != usual
        assert page.locator("#contributions .bar").first.inner_text().split()[0] in KINDS
        page.get_by_label("visits").fill("2.5")
        fault = page.locator("#answer .fault").inner_text()
        assert fault == "Column 'visits' must be a whole number, not 2.5."
        page.get_by_label("visits").fill("")
        page.get_by_label("visits").press_sequentially("3e")
        assert page.locator("#answer .fault").inner_text() == "Column 'visits' is not complete."
        page.get_by_label("visits").fill("3")
        page.get_by_label("member").select_option("unknown")
        assert "Probability of left" in page.locator("#answer").inner_text()
        assert "The card." in (page.locator("details").text_content() or "")
    assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_tasks_have_their_answers(kind, tmp_path: Path, browser: Browser) -> None:
    write_model(tmp_path, kind)
    with open_page(browser, tmp_path, tmp_path) as visit:
        answer = visit.frame.locator("#answer").inner_text()
    assert ("Probability of c" in answer) == (kind == "multiclass")
    assert visit.faults == []


def test_a_page_fits_a_phone(folder: Path, tmp_path: Path, browser: Browser) -> None:
    export_page(folder, tmp_path / "page.html", "1", "")
    with browser.from_file(tmp_path / "page.html", width=PHONE) as visit:
        visit.frame.locator("#answer .decision").wait_for()
        assert visit.frame.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_model_that_the_browser_cannot_load_is_said(tmp_path: Path, browser: Browser) -> None:
    description = {"title": "", "target": "y", "version": "", "columns": []}
    model = {"arrays": {}, "trees": {}, "form": {"kind": "wizardry"}}
    (tmp_path / "page.html").write_text(render_exported_page(description, model, ""))
    with browser.from_file(tmp_path / "page.html") as visit:
        fault = visit.frame.locator("#answer .fault").inner_text()
    assert fault.startswith("The model cannot be loaded in this browser: The kind of estimator 'wizardry'")
