import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import pytest

from components._app.export import export_page, render_exported_page
from components._problem.task import TaskKind
from components.errors import InvalidSetting
from tests.browser import PHONE, Browser
from tests.components._app.models import open_page, save_usual_model
from tests.components._model.tables import fit_package
from tests.components.serve.models import write_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    return path


def hash_text(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_a_page_may_run_its_own_script_and_nothing_else() -> None:
    html = render_exported_page({"target": "c&d <b>"}, {})
    policy = re.findall(r'content="(default-src [^"]+)"', html)[0]
    script = html.split('<script type="module">')[1].split("</script>")[0]
    style = html.split("<style>")[1].split("</style>")[0]
    assert policy == (
        f"default-src 'none'; script-src '{hash_text(script)}'; style-src '{hash_text(style)}'; "
        "form-action 'none'"
    )
    assert "<title>c&amp;d &lt;b&gt;</title>" in html


def test_no_value_of_a_model_ends_its_script() -> None:
    description = {"target": "", "columns": ["</script><script>alert(1)</script>"]}
    html = render_exported_page(description, {"steps": "<!--<script>"})
    assert html.count("</script>") == 4
    text = html.split('id="description">')[1].split("</script>")[0]
    assert json.loads(text) == description


def test_the_same_model_has_the_same_page_and_nothing_is_left_beside_it(folder: Path, tmp_path: Path) -> None:
    sizes = {export_page(folder, tmp_path / name, None, "1") for name in ("one.html", "two.html")}
    one, two = sorted(tmp_path.iterdir())
    assert one.read_bytes() == two.read_bytes()
    assert sizes == {(len(one.read_bytes()), False)}


@pytest.mark.parametrize(
    ("family", "has_rows"), [("neighbours", True), ("kernel", True), ("gaussian", False)]
)
def test_a_model_that_holds_training_rows_is_known(family: str, has_rows: bool, tmp_path: Path) -> None:
    model = save_usual_model(tmp_path, fit_package(family, "binary"))
    assert export_page(model, tmp_path / "page.html", None, "1").has_training_rows == has_rows


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.mkdir()
    with pytest.raises(InvalidSetting, match=r"The page .*page\.html cannot be written"):
        export_page(folder, file, None, "1")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_the_app_runs_in_the_page(folder: Path, tmp_path: Path, browser: Browser) -> None:
    with open_page(browser, folder, tmp_path) as visit:
        page = visit.frame
        answer = page.locator(".answer-body")
        usual = answer.inner_text()
        assert "40" in usual
        page.get_by_label("amount", exact=True).fill("-250")
        page.get_by_label("visits", exact=True).fill("9")
        page.wait_for_timeout(500)
        assert answer.inner_text() != usual
        page.get_by_role("tab", name="Model").click()
        text = page.locator("#panel-model").inner_text()
        assert "The use." in text
        assert "in English" not in text
        page.get_by_label("Language").select_option("de")
        assert page.get_by_role("tab", name="Modell").is_visible()
        assert "Die Modellkarte ist auf Englisch." in page.locator("#panel-model").inner_text()
    assert (visit.faults, visit.requests) == ([], [])


def test_a_row_that_cannot_be_read_is_said(folder: Path, tmp_path: Path, browser: Browser) -> None:
    code = """async () => {
        const error = await predictor.predict([{}]).catch((one) => one);
        return [error.constructor.name, error.message];
    }"""
    with open_page(browser, folder, tmp_path) as visit:
        name, message = visit.frame.evaluate(code)
    assert (name, message) == (
        "RefusedRows",
        "Column 'amount_is_null' is missing. If its value is unknown, give null.",
    )


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_tasks_have_their_answers(kind: TaskKind, tmp_path: Path, browser: Browser) -> None:
    write_model(tmp_path, kind)
    with open_page(browser, tmp_path, tmp_path) as visit:
        assert visit.frame.locator(".answer-body").inner_text()
    assert visit.faults == []


def test_a_page_fits_a_phone(folder: Path, tmp_path: Path, browser: Browser) -> None:
    export_page(folder, tmp_path / "page.html", None, "1")
    with browser.from_file(tmp_path / "page.html", width=PHONE) as visit:
        visit.frame.locator(".answer-body .decision").wait_for()
        assert visit.frame.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.slow
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_page_is_accessible(folder: Path, tmp_path: Path, browser: Browser, color_scheme: str) -> None:
    export_page(folder, tmp_path / "page.html", None, "1")
    with browser.from_file(tmp_path / "page.html", color_scheme=color_scheme) as visit:
        visit.frame.locator(".answer-body .decision").wait_for()
        assert visit.find_barriers() == []


def test_a_model_that_the_browser_cannot_load_is_said(tmp_path: Path, browser: Browser) -> None:
    model = {"arrays": {}, "trees": {}, "form": {"kind": "wizardry"}}
    (tmp_path / "page.html").write_text(render_exported_page({"target": "y"}, model))
    with browser.from_file(tmp_path / "page.html") as visit:
        notice = visit.frame.locator("#unavailable")
        notice.wait_for()
        assert "The kind of estimator 'wizardry' is unknown." in notice.inner_text()
