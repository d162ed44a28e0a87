from pathlib import Path

import plotly.graph_objects as go
import pytest
from jinja2 import UndefinedError

from components._report.page import Cell, find_numeric_columns, format_duration, format_value, render_page
from components._report.theme import style_figure
from tests.browser import Browser

HOSTILE = "</script><b>bold</b> & \"quoted\" 'name' <!-- {{ name }} "


def _count_bars(name: str) -> go.Figure:
    return style_figure(go.Figure(go.Bar(x=[name, "other"], y=[1, 2], name=name)), height=200, title=name)


def _report(name: str, *drawings: go.Figure) -> str:
    return render_page("tests/components/_report/every_block.html", name=name, drawings=drawings)


def _report_with_figures(name: str) -> str:
    return _report(name, _count_bars(name), _count_bars("plain"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (True, "True"),
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (-12345.6, "-12,346"),
        (float("nan"), "nan"),
        ("a", "a"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Cell, expected: str) -> None:
    assert format_value(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1.25, "1.2 s"), (119.9, "119.9 s"), (120, "2.0 min"), (7200, "2.0 h")]
)
def test_times_have_a_unit_that_suits_them(seconds: float, expected: str) -> None:
    assert format_duration(seconds) == expected


def test_every_block_escapes_its_text() -> None:
    page = _report_with_figures(HOSTILE)
    assert "<b>bold" not in page
    assert "<!--" not in page
    assert "&lt;b&gt;bold" in page
    # A template's marks in a value are text.
    assert "{{ name }}" in page


def test_a_value_that_a_template_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        render_page("tests/components/_report/every_block.html", drawings=[])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1], [2.5]], True),
        ([[1], [None]], True),
        ([["a"], [1]], False),
        ([[None], [None]], False),
        ([], False),
    ],
)
def test_a_column_is_numeric_if_it_has_numbers_only(rows: list[list[Cell]], expected: bool) -> None:
    assert find_numeric_columns(rows, 1) == [expected]


def test_a_column_of_numbers_is_set_to_the_right() -> None:
    page = _report("x")
    assert '<th>x</th>\n<th class="number">n</th>' in page
    assert '<td>x</td>\n<td class="number">1</td>' in page


def test_a_page_without_figures_does_not_carry_the_plotting_library() -> None:
    assert len(_report("name")) < 10_000


def test_a_page_with_figures_stays_near_two_megabytes() -> None:
    assert len(_report_with_figures("name")) < 2_200_000


def test_equal_content_gives_equal_pages() -> None:
    assert _report_with_figures("name") == _report_with_figures("name")


def test_figures_draw_from_a_file(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(_report_with_figures("name"), encoding="utf-8")
    with browser.from_file(path) as visit:
        assert visit.draw_all() > 0
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 420])
def test_figures_draw_in_the_sandbox_of_the_dashboard_and_nothing_overflows(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    with browser.open_framed(_report_with_figures("name"), tmp_path, width=width) as visit:
        visit.draw_all()
        assert visit.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.slow
def test_a_folded_figure_draws_when_it_is_opened(browser: Browser, tmp_path: Path) -> None:
    with browser.open_framed(_report_with_figures("name"), tmp_path) as visit:
        before = visit.draw_all()
        visit.frame.locator("summary").click()
        assert visit.draw_all() > before


def test_a_hostile_column_name_stays_text(browser: Browser, tmp_path: Path) -> None:
    with browser.open_framed(_report_with_figures(HOSTILE), tmp_path) as visit:
        visit.draw_all()
        assert visit.frame.title() == HOSTILE.strip()
        assert visit.frame.locator("h3").first.text_content() == HOSTILE
        # Plotly knows <b> as markup, so it draws bold text; it must never become an element of the page.
        assert visit.frame.evaluate("document.querySelectorAll('main b:not(.tile b)').length") == 0
        assert (visit.faults, visit.requests) == ([], [])
