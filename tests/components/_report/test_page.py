import plotly.graph_objects as go
import pytest

from components._report import page
from components._report.theme import style_figure

HOSTILE = "</script><b>bold</b> & \"quoted\" 'name' <!-- "


def _bars(name: str) -> go.Figure:
    return style_figure(go.Figure(go.Bar(x=[name, "other"], y=[1, 2], name=name)), height=200, title=name)


def _report(name: str) -> str:
    return page.render_page(
        name,
        name,
        page.render_tiles((name, name)),
        page.render_section(
            name,
            page.render_heading(name),
            page.render_paragraph(name),
            page.render_messages(("warning", name)),
            page.render_table([name, "n"], [[name, 1]]),
            page.render_card(
                name,
                name,
                page.render_grid(page.render_figure(_bars(name)), page.render_figure(_bars("plain"))),
            ),
            page.render_details(name, page.render_figure(_bars(name))),
        ),
    )


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
def test_values_are_shown_as_people_write_them(value, expected):
    assert page.format_value(value) == expected


@pytest.mark.parametrize(
    "block",
    [
        page.render_section(HOSTILE),
        page.render_heading(HOSTILE),
        page.render_paragraph(HOSTILE),
        page.render_tiles((HOSTILE, HOSTILE)),
        page.render_messages(("error", HOSTILE)),
        page.render_table([HOSTILE], [[HOSTILE]]),
        page.render_card(HOSTILE, HOSTILE),
        page.render_details(HOSTILE),
        page.render_figure(_bars(HOSTILE)),
    ],
)
def test_every_block_escapes_its_text(block):
    assert "<b>bold" not in block
    assert "<!--" not in block


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
def test_a_column_of_numbers_is_set_to_the_right(rows, expected):
    assert ('<th class="number">' in page.render_table(["x"], rows)) is expected


def test_a_page_without_figures_does_not_carry_the_plotting_library():
    assert len(page.render_page("Title", "Subtitle", page.render_paragraph("text"))) < 10_000


def test_a_page_with_figures_stays_near_two_megabytes():
    assert len(_report("name")) < 2_200_000


def test_equal_content_gives_equal_pages():
    assert _report("name") == _report("name")


def test_figures_draw_from_a_file(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(_report("name"), encoding="utf-8")
    with browser.from_file(path) as visit:
        assert visit.draw_all() > 0
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.parametrize("width", [1280, 420])
def test_figures_draw_in_the_sandbox_of_the_dashboard_and_nothing_overflows(browser, tmp_path, width):
    with browser.framed(_report("name"), tmp_path, width=width) as visit:
        visit.draw_all()
        assert visit.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert (visit.faults, visit.requests) == ([], [])


def test_a_folded_figure_draws_when_it_is_opened(browser, tmp_path):
    with browser.framed(_report("name"), tmp_path) as visit:
        before = visit.draw_all()
        visit.frame.locator("summary").click()
        assert visit.draw_all() > before


def test_a_hostile_column_name_stays_text(browser, tmp_path):
    with browser.framed(_report(HOSTILE), tmp_path) as visit:
        visit.draw_all()
        assert visit.frame.title() == HOSTILE.strip()
        assert visit.frame.locator("h3").first.text_content() == HOSTILE
        # Plotly knows <b> as markup, so it draws bold text; it must never become an element of the page.
        assert visit.frame.evaluate("document.querySelectorAll('main b:not(.tile b)').length") == 0
        assert (visit.faults, visit.requests) == ([], [])
