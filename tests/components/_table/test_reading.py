import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest

from components._table.reading import BLANKS, NULL_MARKS, CellReader, Reading, UnreadableCell, trim

EURO = Reading("float", decimal=",", thousands=".", affixes=("€",))


@pytest.mark.parametrize(
    ("reading", "cell", "expected"),
    [
        (Reading("integer"), "5", 5),
        (Reading("integer"), " 5.0\t", 5),
        (Reading("integer"), 5, 5),
        (Reading("integer"), 5.0, 5),
        (Reading("integer"), "1e3", 1000),
        (Reading("float"), 5, 5.0),
        (Reading("float"), "1e3", 1000.0),
        (Reading("float"), "n/a", None),
        (Reading("string"), "k.A.", None),
        (Reading("float", nulls=("-999",)), "-999", None),
        (Reading("float", nulls=("-999",)), "-999.00", None),
        (Reading("float", nulls=("-999",)), -999, None),
        (Reading("float", nulls=("-999",)), -999.0, None),
        (EURO, "1.050 €", 1050.0),
        (EURO, 1050.5, 1050.5),
        (Reading("float", is_clock=True), "11:22 PM", 1402.0),
        (Reading("float", is_clock=True), "90", 90.0),
        (Reading("float", is_clock=True), 90, 90.0),
        (Reading("boolean"), True, True),
        (Reading("boolean"), "TRUE", True),
        (Reading("boolean"), "0", False),
        (Reading("boolean"), "1.0", True),
        (Reading("boolean"), 1, True),
        (Reading("boolean"), 0.0, False),
        (Reading("string"), " ZA ", "ZA"),
        (Reading("string"), "NA", None),
        (Reading("string", nulls=()), "NA", "NA"),
        (Reading("string", nulls=()), "", None),
        (Reading("string"), 8001, "8001"),
        (Reading("string"), 8001.0, "8001"),
        (Reading("string", nulls=("-999",)), -999.0, None),
        (Reading("string"), "Zu\u0308rich", "Zürich"),
        (Reading("datetime"), "2024-12-31", datetime(2024, 12, 31)),
        (Reading("datetime"), datetime(2024, 12, 31), datetime(2024, 12, 31)),
        (Reading("datetime"), datetime(9999, 12, 31), None),
        (Reading("datetime", formats=("%d/%m/%Y",)), "1/2/2024", datetime(2024, 2, 1)),
        (Reading("datetime", formats=("%Y%m%d",)), 20240131, datetime(2024, 1, 31)),
        (Reading("datetime", formats=("unix seconds",)), "1600000000", datetime(2020, 9, 13, 12, 26, 40)),
        (Reading("datetime", formats=("unix seconds",)), 1_600_000_000, datetime(2020, 9, 13, 12, 26, 40)),
        (Reading("datetime", formats=("unix seconds",)), "2024-12-31", datetime(2024, 12, 31)),
        *((Reading(kind), None, None) for kind in ("integer", "float", "boolean", "string", "datetime")),
        *((Reading(kind), "", None) for kind in ("integer", "float", "boolean", "string", "datetime")),
        *((Reading("string"), mark.upper(), None) for mark in NULL_MARKS),
        *((Reading("float"), f" {mark} ", None) for mark in NULL_MARKS),
    ],
)  # fmt: skip
def test_a_cell_is_read(reading: Reading, cell: Any, expected: Any) -> None:
    found = CellReader(reading).read(cell)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("reading", "cell", "message"),
    [
        (Reading("integer"), "5.5", "is not a whole number, but all training rows have whole numbers"),
        (Reading("integer"), 5.5, "is not a whole number"),
        (Reading("integer"), "9223372036854775808", "is too large a number"),
        (Reading("integer"), 2**63, "is too large a number"),
        (Reading("integer"), 1e300, "is too large a number"),
        (Reading("integer"), True, "is not a whole number"),
        (Reading("float"), True, "is not a number"),
        (Reading("float"), "inf", "is infinite"),
        (Reading("float"), "1e400", "is too large a number"),
        (Reading("float"), float("inf"), "is too large a number"),
        (Reading("float"), float("nan"), "is too large a number"),
        (Reading("float"), 10**400, "is too large a number"),
        (Reading("float"), "one", "is not a number in this column's format"),
        (Reading("float"), "1,5", "is not a number in this column's format"),
        (EURO, "1.05 €", "is not a number in this column's format"),
        (EURO, "5 $", "is not a number in this column's format"),
        (Reading("boolean"), "yes", "is not true or false"),
        (Reading("boolean"), 2, "is not true or false"),
        (Reading("string"), 0.5, "is not text"),
        (Reading("string"), 1e300, "is not text"),
        (Reading("string"), float("nan"), "is not text"),
        (Reading("string"), float("inf"), "is not text"),
        (Reading("string"), True, "is not text"),
        (Reading("datetime"), "31/12/2024", "is not a date in this column's format"),
        (Reading("datetime"), "2024-02-30", "day is out of range for month"),
        (Reading("datetime"), 20240131, "is not a date such as"),
        (Reading("datetime", formats=("%d/%m/%Y",)), "12/31/2024", "month must be in 1..12"),
        (Reading("datetime", formats=("unix seconds",)), "1e300", "is too large for a time"),
        *((Reading(kind), [1], "is not ") for kind in ("integer", "float", "boolean", "string", "datetime")),
        *((Reading(kind), {}, "is not ") for kind in ("integer", "float", "boolean", "string", "datetime")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("unreadable", ["refuse", "null"])
def test_a_cell_that_does_not_fit_is_refused_whatever_becomes_of_it(
    reading: Reading, cell: Any, message: str, unreadable: str
) -> None:
    stored = Reading.from_dict({**asdict(reading), "unreadable": unreadable})
    with pytest.raises(UnreadableCell, match=message):
        CellReader(stored).read(cell)


@pytest.mark.parametrize(
    ("is_folded", "text", "expected"),
    [
        (True, "YES", "yes"), (True, "Yes", "yes"), (True, "other", "other"), (True, "STRASSE", "Straße"),
        (False, "YES", "YES"),
    ],
)  # fmt: skip
def test_categories_have_one_spelling_where_they_are_folded(
    is_folded: bool, text: str, expected: str
) -> None:
    assert CellReader(Reading("string", is_folded=is_folded), ("yes", "Straße")).read(text) == expected


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading("float"), ""),
        (EURO, "decimal ',', thousands '.'; '€' removed"),
        (Reading("integer", is_scaled=True), "k and M multiply"),
        (Reading("float", is_clock=True), "times in minutes"),
        (Reading("datetime", formats=("%d.%m.%Y", "%d/%m/%Y")), "dates as %d.%m.%Y or %d/%m/%Y"),
    ],
)
def test_what_is_not_plain_is_described(reading: Reading, expected: str) -> None:
    assert reading.describe() == expected


@pytest.mark.parametrize(
    "reading", [Reading("string"), EURO, Reading("datetime", nulls=("-",), formats=("%d.%m.%y",))]
)
def test_a_reading_comes_back_from_json(reading: Reading) -> None:
    assert Reading.from_dict(json.loads(json.dumps(asdict(reading)))) == reading


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_around_a_text_are_taken_off(blank: str) -> None:
    assert trim(f"{blank}a b{blank}") == "a b"


def test_the_words_of_a_reading_are_true_and_false() -> None:
    reader = CellReader(Reading("boolean", trues=("ja",), falses=("nein",)))
    assert [reader.read(cell) for cell in ("Ja", "nein", "true", 0)] == [True, False, True, False]
    with pytest.raises(UnreadableCell, match="is not true or false"):
        reader.read("oui")
