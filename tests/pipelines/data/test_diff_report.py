from datetime import datetime
from pathlib import Path

import pytest

from pipelines.data.diff_report import format_cell, render_diff_page, render_text
from pipelines.data.table_diff import compare_tables
from tests.pipelines.data.versions import write_version

_OLD = {"id": [1, 2, 3], "size": [1.0, 2.0, 3.0], "plan": ["a", "b", None], "gone": [1, 1, 1]}
_NEW = {"id": [1, 2, 4], "size": [1.0, 2.5, 3.0], "plan": ["a", "<b>", None], "come": [True, True, False]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (0.1 + 0.2, "0.30000000000000004"),
        (datetime(2026, 1, 31, 8, 30), "2026-01-31 08:30:00"),
        ("a\x1b[31m", "'a\\x1b[31m'"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_cell_is_shown_in_full_precision_and_without_control_characters(value: object, text: str) -> None:
    assert format_cell(value) == text


def test_the_text_names_rows_cells_and_columns(tmp_path: Path) -> None:
    diff = compare_tables(write_version(tmp_path / "old", _OLD), write_version(tmp_path / "new", _NEW))
    assert render_text(diff) == (
        "old: the table old: 3 rows, 4 columns\n"
        "new: the table new: 3 rows, 4 columns\n"
        "The content differs: 1 column removed (gone); 1 column added (come); 1 row removed; 1 row added; "
        "1 row rewritten.\n"
        "\n"
        "note: Rows are matched by id, the first column that is unique in both tables. To match by another "
        "key, give it: --key COLUMN.\n"
        "note: Rows are compared over the columns that both tables have.\n"
        "\n"
        "rewritten cells:\n"
        "  id 2, plan: b → <b>\n"
        "  id 2, size: 2.0 → 2.5\n"
        "\n"
        "rewritten cells by column:\n"
        "  size: 1\n"
        "  plan: 1\n"
        "\n"
        "removed rows:\n"
        "  id 3\n"
        "\n"
        "added rows:\n"
        "  id 4\n"
        "\n"
        "columns:\n"
        "  id: 1 to 3, mean 2 → 1 to 4, mean 2.333\n"
        "  size: 1 to 3, mean 2 → 1 to 3, mean 2.167\n"
        "  plan: distribution moved by 0.46 on a scale from 0 to 1\n"
    )


def test_long_lists_are_cut_and_the_page_is_offered(tmp_path: Path) -> None:
    old = write_version(tmp_path / "old", {"id": [*range(30)]})
    new = write_version(tmp_path / "new", {"id": [*range(30, 60)]})
    lines = render_text(compare_tables(old, new)).splitlines()
    assert lines.count("  … and more: --output page.html writes a page.") == 2
    assert "  id 4" in lines
    assert "  id 5" not in lines


def test_the_page_has_the_same_and_escapes_cells(tmp_path: Path) -> None:
    diff = compare_tables(write_version(tmp_path / "old", _OLD), write_version(tmp_path / "new", _NEW))
    page = render_diff_page(diff)
    for text in (diff.verdict, "&lt;b&gt;", "Removed rows", "Added rows", "All of them:", "another type"):
        assert (text in page) == (text != "another type"), text
    assert "<b>" not in page.partition("</style>")[2].replace('<div class="tile"><b>', "")


def test_the_page_of_equal_tables_says_so(tmp_path: Path) -> None:
    old, new = (write_version(tmp_path / name, _OLD) for name in ("old", "new"))
    page = render_diff_page(compare_tables(old, new))
    assert "The content is the same" in page
    assert "Rewritten rows" not in page
