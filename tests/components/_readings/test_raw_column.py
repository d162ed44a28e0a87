from typing import Any

import pytest

from components._problem.reading_options import ColumnOptions
from components._readings.raw_column import Decision, get_null_marks
from components._table.reading import NULL_MARKS, Reading
from components._table.table_reading import Example
from tests.components._readings.columns import gather, make_column

NUMBERS = [str(number) for number in range(50)]


@pytest.mark.parametrize(
    ("options", "is_target", "marks"),
    [
        (ColumnOptions(), False, NULL_MARKS),
        (ColumnOptions(), True, ()),
        (ColumnOptions(nulls=("N/A", " n/a ", "", "KEIN")), False, ("n/a", "kein")),
        (ColumnOptions(nulls=("x",)), True, ("x",)),
    ],
)
def test_the_null_marks_of_the_problem_replace_the_usual_ones(
    options: ColumnOptions, is_target: bool, marks: tuple[str, ...]
) -> None:
    assert get_null_marks(options, is_target=is_target) == marks


def test_marks_of_a_person_are_added_to_the_usual_ones_where_these_are_no_values() -> None:
    column = make_column(NUMBERS, nulls=["none of it"])
    assert column.build_reading("float").nulls == ("none of it", *NULL_MARKS)
    assert column.build_reading("float", ("left",)).nulls[-1] == "left"
    assert column.build_reading("string").nulls == ("none of it",)
    assert make_column(NUMBERS, is_target=True).build_reading("float").nulls == ()


@pytest.mark.parametrize(
    ("others", "options", "expected"),
    [
        (["unknown"], {}, ("unknown",)),
        (["Unknown", "unknown"], {}, ("unknown",)),
        ([], {}, ()),
        (["-"], {}, ()),
        # Digits, or many texts, may be values.
        (["99x"], {}, None),
        (["a", "b", "c", "d"], {}, None),
        (["unknown"], {"nulls": ["?"]}, None),
        (["unknown"], {"unreadable": "null"}, ()),
        (["unknown"], {"kind": "number"}, ()),
    ],
)
def test_a_few_words_among_many_numbers_are_null_marks(
    others: list[str], options: dict[str, Any], expected: tuple[str, ...] | None
) -> None:
    column = make_column([*NUMBERS, "unknown"], **options)
    assert column.find_null_marks(others, 50, 50) == expected
    assert column.is_lenient == bool(options.keys() & {"unreadable", "kind"})


@pytest.mark.parametrize(("n_fitting", "n_different"), [(20, 50), (50, 5)])
def test_words_among_few_numbers_may_be_values(n_fitting: int, n_different: int) -> None:
    assert make_column([*NUMBERS, "unknown"]).find_null_marks(["unknown"], n_fitting, n_different) is None


def test_examples_show_a_cell_before_and_after() -> None:
    decision = Decision(Reading("float", nulls=("left",)))
    examples = decision.choose_examples(gather(["1.50", "2", "n?x"]))
    assert examples == (
        Example("1.50", "1.5"),
        Example("2", "2"),
        Example("n?x", "is not a number in this column's format"),
    )


def test_notices_name_the_column() -> None:
    column = make_column(NUMBERS, name="a b")
    assert str(column.build_warning("is odd.", "Look.")) == "Column 'a b' is odd. Look."
    assert column.format_line(kind="string") == "columns: {a b: {kind: string}}"
