from pathlib import Path

import pytest
from jinja2 import UndefinedError

from components._report.charts import Axis, Bars, Chart, Line, Rule
from components._report.colours import LIGHT
from components._report.page import Cell, find_numeric_columns, format_text, render_page
from tests.browser import Browser

CHARTS = [
    Chart(
        "Rows by name",
        Axis(kind="category", labels=["a_long_name_of_a_column_" * 2, "b"]),
        Axis("rows"),
        [Bars([0, 1], [3, 5], tips=["3 rows", "5 rows"], labels=["3", "5"], name="rows")],
    ),
    Chart("Line", Axis("x"), Axis("y", "share"), [Line([0, 1], [0, 1]), Rule(x=0.5, label="half")]),
]
HOSTILE = "</script><b>bold</b> & \"quoted\" 'name' <!-- {{ name }} "


def _count_bars(name: str) -> Chart:
    bars = Bars([0, 1], [1, 2], tips=[name, name], labels=[name, name], name=name)
    x = Axis(name, kind="category", labels=[name, "other"])
    return Chart(name, x, Axis(name), [bars], description=name)


def _report(name: str, *charts: Chart) -> str:
    return render_page("tests/components/_report/every_block.html", name=name, drawings=charts)


def _report_with_charts(name: str) -> str:
    return _report(name, _count_bars(name), _count_bars("plain"))


def test_every_block_escapes_its_text() -> None:
    page = _report_with_charts(HOSTILE)
    assert "<b>bold" not in page
    assert "<!--" not in page
    assert "&lt;b&gt;bold" in page
    # A template's marks in a value are text.
    assert "{{ name }}" in page


def test_code_in_a_message_is_code_and_still_escaped() -> None:
    assert format_text("write `a: <b>` or `c`") == "write <code>a: &lt;b&gt;</code> or <code>c</code>"
    assert format_text("a lone ` mark") == "a lone ` mark"


def test_a_value_that_a_template_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        render_page("tests/components/_report/every_block.html", drawings=[])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1], [2.5]], True),
        ([[1], [None]], True),
        ([["0.812"], ["–"], ["-1,234.5"], ["12.5%"]], True),
        ([["0.79 to 0.83"], ["–"]], True),
        ([["2024-01-05"], ["3 to 4 of 5"]], False),
        ([["a"], [1]], False),
        ([[None], [None]], False),
        ([], False),
    ],
)
def test_a_column_is_numeric_if_it_has_numbers_only(rows: list[list[Cell]], expected: bool) -> None:
    assert find_numeric_columns(rows, 1) == [expected]


def test_a_column_of_numbers_is_set_to_the_right() -> None:
    page = _report("x")
    assert '<th scope="col">x</th>\n<th scope="col" class="number">n</th>' in page
    assert '<td>x</td>\n<td class="number">1</td>' in page


def test_a_page_is_small() -> None:
    assert len(_report("name")) < 15_000
    assert len(_report_with_charts("name")) < 25_000


def test_equal_content_gives_equal_pages() -> None:
    assert _report_with_charts("name") == _report_with_charts("name")


def test_charts_are_drawn_from_a_file(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(_report_with_charts("name"), encoding="utf-8")
    with browser.from_file(path) as visit:
        assert visit.count_charts() > 0
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 420])
def test_charts_are_drawn_in_the_sandbox_of_the_dashboard_and_nothing_overflows(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    with browser.open_framed(_report_with_charts("name"), tmp_path, width=width) as visit:
        assert visit.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.slow
def test_a_folded_chart_is_drawn_when_it_is_opened(browser: Browser, tmp_path: Path) -> None:
    with browser.open_framed(_report_with_charts("name"), tmp_path) as visit:
        before = visit.count_charts()
        visit.frame.locator("summary").click()
        assert visit.count_charts() > before


def test_a_hostile_column_name_stays_text(browser: Browser, tmp_path: Path) -> None:
    with browser.open_framed(_report_with_charts(HOSTILE), tmp_path) as visit:
        assert visit.frame.title() == HOSTILE.strip()
        assert visit.frame.locator("h3").first.text_content() == HOSTILE
        assert visit.frame.evaluate("document.querySelectorAll('main b:not(.tile b)').length") == 0
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.slow_variants
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_every_block_is_accessible_and_fits_the_screen(
    browser: Browser, tmp_path: Path, width: int, color_scheme: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(_report("a_long_name_of_a_column_" * 3, *CHARTS), encoding="utf-8")
    with browser.from_file(path, width=width, color_scheme=color_scheme) as visit:
        assert visit.count_charts() == len(CHARTS)
        assert visit.find_barriers() == []
        assert not visit.is_too_wide()


def test_a_chart_is_drawn_without_scripts(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(_report("name", *CHARTS), encoding="utf-8")
    with browser.from_file(path, java_script_enabled=False) as visit:
        assert visit.frame.locator(".plane path").first.bounding_box() is not None
        assert visit.frame.locator("script").count() == 0


def test_print_is_light_and_opens_what_is_folded(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(_report("name", *CHARTS), encoding="utf-8")
    with browser.from_file(path, color_scheme="dark") as visit:
        folded = visit.frame.locator("details .chart")
        assert not folded.is_visible()
        visit.frame.page.emulate_media(media="print")
        assert folded.is_visible()
        ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink')"
        assert visit.frame.evaluate(ink) == LIGHT["ink"]
