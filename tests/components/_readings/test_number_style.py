from typing import Any

import pytest

from components._problem.reading_options import ColumnOptions
from components._readings.number_style import NumberMarks, are_identifiers, collect_numbers, find_marks
from components._table.number_text import NumberStyle
from tests.components._readings.columns import gather


def find(cells: list[str], **options: Any) -> NumberMarks:
    evidence = gather(cells)
    return find_marks(evidence, collect_numbers(evidence)[0], ColumnOptions(**options))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2.5"], NumberStyle()),
        (["1,5", "2"], NumberStyle(",")),
        (["1.234,50", "8,00"], NumberStyle(",", ".")),
        (["1,234.50", "950"], NumberStyle(".", ",")),
        (["1.234.567", "2"], NumberStyle(",", ".")),
        (["1,23,456", "12,34,567"], NumberStyle(".", ",")),
        (["1'234.50", "2’000.00"], NumberStyle(".", "'")),
        (["1 234,5", "1\u202f234"], NumberStyle(",", " ")),
        (["1\u00a0234", "5"], NumberStyle(".", " ")),
        (["0.125", "1.500"], NumberStyle()),
        (["0,125", "1,250"], NumberStyle(",")),
        (["1.050", "2.5"], NumberStyle()),
        (["1,234", "1,5"], NumberStyle(",")),
        (["$1,234.50", "$5"], NumberStyle(".", ",", ("$",))),
        (["3k", "1.5M"], NumberStyle(is_scaled=True)),
        (["1.1.2"], None),
        (["192.168.0.1"], None),
        (["1,5", "2.5"], None),
        (["1 2 3"], None),
        (["12 34 567"], None),
        (["0.123.456"], None),
    ],
)
def test_the_style_that_fits_all_is_found(cells: list[str], expected: NumberStyle | None) -> None:
    found = find(cells)
    assert (found.style, found.other) == (expected, None)


@pytest.mark.parametrize(
    ("cells", "values", "is_by_rule"),
    [
        (["1.050", "2.600"], (1.05, 1050), False),
        (["1,050", "2,600"], (2.6, 2600), False),
        (["1.050", "950"], (1050, 1.05), True),
        (["1,050", "950"], (1050, 1.05), True),
        # A number above 1,000 without a mark is evidence for neither style.
        (["1.050", "950", "1050"], (1.05, 1050), False),
        (["1.050 €", "950 €"], (1050, 1.05), True),
        (["1.050 €", "2.600 €"], (2.6, 2600), False),
    ],
)
def test_two_styles_may_fit(cells: list[str], values: tuple[float, float], is_by_rule: bool) -> None:
    found = find(cells)
    assert (found.read_example(), found.is_by_rule) == (values, is_by_rule)


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (["1.050"], {"decimal": "."}, NumberStyle()),
        (["1.050"], {"decimal": ","}, NumberStyle(",", ".")),
        (["1.050"], {"thousands": "."}, NumberStyle(",", ".")),
        (["1.050"], {"thousands": ""}, NumberStyle()),
        (["1,5"], {"decimal": "."}, None),
    ],
)
def test_options_win(cells: list[str], options: dict[str, str], expected: NumberStyle | None) -> None:
    found = find(cells, **options)
    assert (found.style, found.other) == (expected, None)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["01234", "94110"], True),
        (["030 123456", "040 654321"], False),
        (["+4930123456", "+4940654321"], True),
        (["+49 30 123456", "+49 40 654321"], True),
        (["+3", "-2", "0"], False),
        (["+3", "+5"], False),
        (["9223372036854775808"], True),
        (["12E5", "13E6"], True),
        (["12E5", "13"], False),
        (["12A", "13B", "14"], True),
        (["12A", "14"], True),
        (["12A", "13A"], False),
        (["5 m", "6 m"], False),
        (["3k €", "4"], False),
        (["5 kg", "6"], False),
        (["5 %", "6"], False),
        (["00.5", "1.5"], False),
    ],
)
def test_identifiers_are_not_numbers(cells: list[str], expected: bool) -> None:
    assert are_identifiers(collect_numbers(gather(cells))[0]) == expected


@pytest.mark.parametrize(
    ("cells", "others"),
    [
        (["5", "12:30"], ["99:99"]),
        (["10-20", "2019-20"], ["99-99", "9999-99"]),
        (["16:9"], ["99:9"]),
        (["12A", "A12"], ["A99"]),
        (["5 kg", "n. a."], ["n. a."]),
        (["<5", "5+"], ["9+", "<9"]),
    ],
)
def test_other_texts_are_returned_by_their_shape(cells: list[str], others: list[str]) -> None:
    assert collect_numbers(gather(cells))[1] == others


@pytest.mark.parametrize(
    ("cells", "expected"), [(["1 h", "30 min"], True), (["1 h", "2 h"], False), (["5 kg", "6 h"], False)]
)
def test_units_of_time_are_seen(cells: list[str], expected: bool) -> None:
    assert collect_numbers(gather(cells))[0].has_time_units == expected
