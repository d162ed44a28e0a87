"""Tables that are sorted and filtered, as a browser shows them in the frame of the dashboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components._report.page import Cell, render_page
from tests.browser import Browser, Visit

HEADERS = ["Column", "Mean", "Null"]
ROWS: list[tuple[str, list[Cell]]] = [
    ("column-1", ["height", 1234.5, "9.5%"]),
    ("column-2", ["<b>weight</b>", -3.0, "10.0%"]),
    ("", ["colour", None, "0.1%"]),
    ("column-3", ["age", 40.25, "0.0%"]),
]


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    page = render_page("tests/components/_report/sortable_table.html", headers=HEADERS, rows=ROWS)
    with browser.open_framed(page, tmp_path) as visit:
        yield visit
        assert (visit.faults, visit.requests) == ([], [])


def _list_names(visit: Visit) -> list[str]:
    return visit.frame.locator("tbody tr:visible td:first-child").all_inner_texts()


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Mean", ["height", "age", "<b>weight</b>", "colour"], ["<b>weight</b>", "age", "height", "colour"]),
        (
            "Column",
            ["<b>weight</b>", "age", "colour", "height"],
            ["height", "colour", "age", "<b>weight</b>"],
        ),
        ("Null", ["<b>weight</b>", "height", "colour", "age"], ["age", "colour", "height", "<b>weight</b>"]),
    ],
)
def test_a_header_sorts_its_column_by_keyboard_and_turns_the_order(
    visit: Visit, header: str, first: list[str], second: list[str]
) -> None:
    button = visit.frame.get_by_role("button", name=header)
    button.press("Enter")
    assert _list_names(visit) == first
    button.press("Space")
    assert _list_names(visit) == second
    assert visit.frame.locator("th[aria-sort]").all_inner_texts() == [header]
    assert visit.frame.locator("th[aria-sort]").get_attribute("aria-sort") == (
        "descending" if header == "Column" else "ascending"
    )


def test_the_filter_keeps_rows_with_all_its_words_and_what_they_link_to(visit: Visit) -> None:
    box = visit.frame.get_by_role("searchbox")
    box.fill("EIGHT hei")
    assert _list_names(visit) == ["height"]
    assert visit.frame.locator("article:visible").count() == 1
    assert visit.frame.locator("output").inner_text() == "1 of 4"
    box.fill("")
    assert len(_list_names(visit)) == 4
    assert visit.frame.locator("article:visible").count() == 3
    assert visit.frame.locator("output").inner_text() == ""


def test_a_link_opens_what_is_folded(visit: Visit) -> None:
    assert visit.frame.get_by_text("about it").count() == 3
    assert visit.frame.locator("details[open]").count() == 0
    visit.frame.get_by_role("link", name="age").click()
    assert visit.frame.locator("details[open] summary").all_inner_texts() == ["age"]


def test_without_scripts_the_table_is_plain() -> None:
    page = render_page("tests/components/_report/sortable_table.html", headers=HEADERS, rows=ROWS)
    table = page[page.index("<table") : page.index("</table>")]
    assert "<button" not in table
    assert '<a href="#column-2">&lt;b&gt;weight&lt;/b&gt;</a>' in table
    assert '<td class="number">1,234</td>' in table
