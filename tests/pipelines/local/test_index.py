from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.local.index import describe_result, render_index, write_index
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import RunResult, StageResult
from tests.browser import Browser
from tests.pipelines.local.test_summary import AMBER, EVALUATION, INVALID, PASSED, REJECTED

DOCUMENTS = {"Brief": "# Brief\n\n<script>alert(1)</script>", "Model card": "| a | b |\n| - | - |\n| 1 | 2 |"}


def add_pages(folder: Path) -> RunResult:
    stages = []
    for name in ("eda", "evaluate"):
        page = folder / f"{name}-report"
        page.write_text(f"<!doctype html><title>{name}</title><h1>Page of {name}</h1>")
        stages.append(StageResult(name, "done", 1.5, page))
    return replace(PASSED, stages=(*PASSED.stages, *stages), documents=DOCUMENTS)


def write_page(folder: Path, result: RunResult) -> Path:
    write_index(RunFolder(folder), result)
    return folder / "index.html"


def test_it_begins_with_the_question_and_lists_what_was_set() -> None:
    problem = {"description": "Who will <leave>?", "owner": "Care"}
    parameters = {**PASSED.parameters, "seed": 7, "problem": problem, "study": "one"}
    page = render_index(replace(PASSED, parameters=parameters))
    assert "Who will &lt;leave&gt;? <span>Asked by Care.</span>" in page
    shown, folded = page.split("<h2>Parameters</h2>")[1].split("<details>")
    assert "<td>seed</td>" in shown
    assert "<td>target</td>" in shown
    assert "trials" not in shown
    assert "1 parameter left at the default" in folded
    assert "study" not in shown + folded
    assert '<a class="tile" href="#evaluate">' in page


def test_the_simple_model_is_in_the_sentence() -> None:
    evaluation = {**EVALUATION, "simple": 0.8, "against_simple": {"words": "the model is better"}}
    text = describe_result(replace(PASSED, evaluation=evaluation))
    assert text.endswith("A linear model gets 0.800: the model is better.")


def test_the_notebook_is_a_document_of_a_run_with_a_model() -> None:
    assert "notebook.ipynb" in render_index(replace(PASSED, documents=DOCUMENTS, has_model=True))
    assert "notebook.ipynb" not in render_index(replace(PASSED, documents=DOCUMENTS))


def test_pages_are_copied_beside_the_index(tmp_path: Path) -> None:
    write_page(tmp_path, add_pages(tmp_path))
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == ["eda.html", "evaluate.html"]
    assert "Page of eda" in (tmp_path / "pages" / "eda.html").read_text()


@pytest.mark.parametrize(
    ("result", "expected", "absent"),
    [
        (PASSED, ["Passed its gates", "LightGBM predicts y", "larger is better"], ["FAILED"]),
        (REJECTED, ["FAILED its gates", "0.9 ≤ roc_auc does not hold.", "Try more trials."], ["Passed"]),
        (
            INVALID,
            ["A model cannot be trained on this table", "The target has one class."],
            ["gates", "LightGBM"],
        ),
        (
            AMBER,
            [
                '<div class="banner amber">',
                "<h1>Passed, but no better than a linear model (0.839",
                '<span class="pill amber">',
                "Compared with the simple model: the model is the same (95 % interval of its gain",
                "The model is better than the simple model if the 95 % interval of the difference",
                "Accuracy is low for a reason.",
            ],
            ["Passed its gates"],
        ),
        (
            PASSED,
            [
                "Decisions of the run",
                "income (identifies rows)",
                '<li class="warning">The target is empty in 3 rows.',
            ],
            ["amber"],
        ),
        (
            replace(PASSED, evaluation={**EVALUATION, "metric": "root_mean_squared_error"}),
            ["RMSE on the test rows, smaller is better"],
            [],
        ),
        (replace(PASSED, evaluation={**EVALUATION, "gates": []}), ["No gates were set"], []),
        (
            replace(
                PASSED,
                decisions=replace(PASSED.decisions, expectations="0a1b"),
                parameters={**PASSED.parameters, "expectations": {"columns": {"a": {}}}},
            ),
            ["Expectations (SHA-256)", "0a1b"],
            ["&#34;columns&#34;"],
        ),
    ],
)
def test_the_overview_tells_the_verdict(result: RunResult, expected: list[str], absent: list[str]) -> None:
    page = render_index(result).partition("<body>")[2]
    assert [phrase for phrase in expected if phrase not in page] == []
    assert [phrase for phrase in absent if phrase in page] == []


def test_text_from_outside_stays_text() -> None:
    result = replace(PASSED, name="<b>", parameters={"source": "s", "target": "<i>"}, documents=DOCUMENTS)
    page = render_index(result)
    assert "<b></div>" not in page
    assert "&lt;i&gt;" in page
    assert "<script>alert" not in page
    assert "<td>1</td>" in page


def test_the_page_is_the_same_every_time() -> None:
    assert render_index(REJECTED) == render_index(REJECTED)


def test_links_open_the_pages_beside_the_sidebar(tmp_path: Path, browser: Browser) -> None:
    with browser.from_file(write_page(tmp_path, add_pages(tmp_path))) as visit:
        frame = visit.frame
        assert frame.locator("#view-overview").is_visible()
        frame.click('nav a[href="#eda"]')
        page = frame.frame_locator("#view-eda").locator("h1")
        # A browser tells of a changed fragment only after the click.
        page.wait_for(state="visible")
        assert page.inner_text() == "Page of eda"
        assert not frame.locator("#view-overview").is_visible()
        frame.click('nav a[href="#model-card"]')
        frame.locator("#view-model-card").wait_for(state="visible")
        assert frame.locator("#view-model-card td").first.inner_text() == "1"
        assert not frame.locator("#view-eda").is_visible()
        assert frame.locator("nav [aria-current]").inner_text() == "Model card"
        assert visit.faults == []
        assert visit.requests == [(tmp_path / "pages" / "eda.html").as_uri()]


def test_the_keyboard_skips_the_menu_and_stays_on_the_page(tmp_path: Path, browser: Browser) -> None:
    with browser.from_file(write_page(tmp_path, add_pages(tmp_path))) as visit:
        visit.frame.click('nav a[href="#model-card"]')
        visit.frame.locator("#view-model-card").wait_for(state="visible")
        keyboard = visit.frame.page.keyboard
        visit.frame.locator(".skip").focus()
        keyboard.press("Enter")
        visit.frame.wait_for_function("location.hash === '#content'")
        assert visit.frame.locator("#view-model-card").is_visible()
        assert not visit.frame.locator("#view-overview").is_visible()


@pytest.mark.slow_variants
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_is_accessible(tmp_path: Path, browser: Browser, width: int, color_scheme: str) -> None:
    page = write_page(tmp_path, add_pages(tmp_path))
    with browser.from_file(page, width=width, color_scheme=color_scheme) as visit:
        assert visit.find_barriers() == []
        # On a phone the menu is folded.
        assert visit.frame.locator('nav a[href="#eda"]').is_visible() is (width == 1400)


@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_sticks_out(tmp_path: Path, browser: Browser, width: int) -> None:
    result = replace(add_pages(tmp_path), name="a-very-long-name-" * 8, data={"source": "x" * 300})
    with browser.from_file(write_page(tmp_path, result), width=width) as visit:
        assert visit.frame.evaluate("document.documentElement.scrollWidth") <= width
