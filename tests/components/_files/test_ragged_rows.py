from typing import NamedTuple

from components._files.footers import TAIL
from components._files.ragged_rows import RaggedRows


class Row(NamedTuple):
    """A row as Arrow reports it."""

    number: int
    actual_columns: int
    text: str


def collect(*rows: Row, titles: tuple[str, ...] = ()) -> RaggedRows:
    ragged = RaggedRows(",", 2, titles)
    assert {ragged.add(row) for row in rows} == {"skip"}
    return ragged


def test_comments_titles_and_dividers_are_no_faults() -> None:
    ragged = collect(Row(4, 1, "# later"), Row(6, 1, '"R 1"'), Row(7, 1, "------"), titles=("R 1",))
    ragged.split_footers(9, 0, None)
    assert (ragged.total, ragged.faults.total) == (3, 0)
    (notice,) = ragged.collect_notices()
    assert notice.text == (
        "Comments and titles between the rows are left out: row 4 '# later', row 6 '\"R 1\"'."
    )


def test_notes_at_the_end_are_footers_and_other_rows_are_faults() -> None:
    ragged = collect(Row(3, 3, "1,2,3"), Row(9, 1, "Source: the office"), Row(10, 1, "(3 rows)"))
    footers = ragged.split_footers(10, 0, None)
    assert [footer.cells for footer in footers] == [["(3 rows)"], ["Source: the office"]]
    assert str(ragged.faults) == "row 3 has 3"
    assert ragged.collect_notices() == []


def test_rows_that_fit_may_stand_between_notes() -> None:
    ragged = collect(Row(8, 1, "Source: a"), Row(10, 1, "Source: b"))
    assert len(ragged.split_footers(10, 1, None)) == 2
    ragged = collect(Row(8, 1, "Source: a"), Row(10, 1, "Source: b"))
    assert len(ragged.split_footers(10, 0, None)) == 1
    assert str(ragged.faults) == "row 8 has 1"


def test_an_option_says_how_many_rows_are_left_out() -> None:
    ragged = collect(Row(9, 3, "1,2,3"), Row(10, 3, "4,5,6"))
    assert (ragged.count_from(10), ragged.count_from(1)) == (1, 2)
    assert len(ragged.split_footers(10, 0, 1)) == 1
    assert str(ragged.faults) == "row 9 has 3"


def test_rows_far_above_the_end_are_faults_at_once() -> None:
    ragged = collect(*(Row(number, 1, "x") for number in range(TAIL + 2)))
    assert str(ragged.faults) == "row 0 has 1, row 1 has 1"
