"""Footers are found by documented rules, and rows of the table are kept."""

from collections.abc import Sequence

import pytest

from components._files.footers import find_footers

ROWS = [["Graz", "5", "1.5", "yes"], ["Lund", "6", "2.5", "no"], ["Brno", "7", "3.25", "no"]]


def make_sums(rows: list[list[str]]) -> object:
    def compute_sums(n_rows: int, columns: Sequence[int]) -> list[list[tuple[float, int]]]:
        numbers = [[float(row[i]) for row in rows[:n_rows] if row[i]] for i in columns]
        return [[(sum(found), len(found))] for found in numbers]

    return compute_sums


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (["Total", "18", "7.25", ""], "a total"),
        (["Total:", "99", "", ""], "a total"),
        (["Summe", "18", "7,25", ""], "a total"),
        (["GESAMT", "18", "7.25", ""], "a total"),
        (["Mean", "6", "2.4", ""], "a total"),
        (["average", "9", "1.4", ""], None),
        (["Rio de Janeiro", "", "", ""], None),
        (["", "18", "7.25", ""], "a total"),
        (["", "6", "7.25", ""], "a total"),
        (["Total", "", "", ""], "a note"),
        (["Source: us", "", "", ""], "a note"),
        (["* preliminary", "", "", ""], "a note"),
        (["All values are estimates", "", "", ""], "a note"),
        (["", "", "", ""], ""),
        # Rows of the table: numbers that are not sums, only a name, a sentence in a column of sentences.
        (["", "19", "7.25", ""], None),
        (["", "4", "", ""], None),
        (["Oslo", "", "", ""], None),
        (["Total", "4", "9", "yes"], None),
        (["Oslo", "18", "7.25", "no"], None),
        (["Total", "18", "7.25", "no"], "a total"),
        (["Oslo", "18", "", "total"], None),
        (["average", "6", "9.5", "no"], None),
        (["", "Source: us", "", ""], None),
    ],
)
def test_a_last_row_is_a_footer_or_stays(last: list[str], kind: str | None) -> None:
    rows = [*ROWS, last]
    footers, _ = find_footers(rows, 0, make_sums(ROWS))  # type: ignore[arg-type]
    assert [footer.kind for footer in footers] == ([] if kind is None else [kind])


def test_a_total_that_is_kept_has_a_warning() -> None:
    rows = [*ROWS, ["Total", "4", "9", "yes"]]
    _, (notice,) = find_footers(rows, 0, make_sums(ROWS))  # type: ignore[arg-type]
    assert notice.level == "warning"
    assert "named 'Total'. It is kept" in notice.text
    assert "skip_footer: 1" in notice.remedy


def test_a_total_is_not_a_footer_if_the_column_has_others() -> None:
    rows = [["total", "5"], ["part", "6"], ["total", "11"]]
    footers, (notice,) = find_footers(rows, 0, make_sums(rows))  # type: ignore[arg-type]
    assert footers == []
    assert notice.text == "The last row is named 'total'. It is kept because other rows have such a name too."


def test_several_footers_are_found_from_the_last() -> None:
    rows = [
        *ROWS,
        ["", "", "", ""],
        ["Total", "18", "7.25", ""],
        ["", "", "", ""],
        ["Source: us", "", "", ""],
    ]
    footers, _ = find_footers(rows, 0, make_sums(ROWS))  # type: ignore[arg-type]
    assert [footer.kind for footer in footers] == ["a note", "", "a total", ""]
