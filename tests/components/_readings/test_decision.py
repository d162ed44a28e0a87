"""The reading that fits all cells of a column, and the values that it gives."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from components._table.reading import NULL_MARKS, CellReader, Reading, UnreadableCell
from tests.components._readings.columns import decide_on

MANY = [str(i) for i in range(50)]
EPOCHS = [1_600_000_000 + 86_400 * i for i in range(50)]
TIMES = [f"{hour:02}:{minute:02}" for hour in range(10) for minute in range(5)]
DAYS = [f"2024-01-{day:02}" for day in range(1, 32)]


def read(cells: list[Any], name: str = "a", **options: Any) -> tuple[str, list[Any]]:
    """Return the kind of a column and its values, or errors for cells that cannot be read."""
    decision = decide_on(cells, name, **options)
    reader = CellReader(decision.reading, decision.categories)
    values: list[Any] = []
    for cell in cells:
        try:
            values.append(reader.read(cell))
        except UnreadableCell as error:
            values.append(error)
    return decision.reading.kind, values


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", "-2", "0", "-0"], "integer", [1, -2, 0, 0]),
        ([" 1 ", "\t2"], "integer", [1, 2]),
        (["+3", "-2"], "integer", [3, -2]),
        (["123456789012345678"], "integer", [123456789012345678]),
        (["1", "2.5", ".5", "1.", "1e3", "+0.5"], "float", [1.0, 2.5, 0.5, 1.0, 1000.0, 0.5]),
        (["1.0", "2.0"], "float", [1.0, 2.0]),
        (["1.5", "NAN", "-nan"], "float", [1.5, None, None]),
        (["9223372036854775808", "1.5"], "string", ["9223372036854775808", "1.5"]),
        (["1,234.5", "2,000,000"], "float", [1234.5, 2e6]),
        (["1,23,456", "12,34,567", "950"], "integer", [123456, 1234567, 950]),
        (["1'234.50", "950.00"], "float", [1234.5, 950.0]),
        (["1\u202f234,5", "2,5"], "float", [1234.5, 2.5]),
        (["1 234", "950"], "integer", [1234, 950]),
        (["$1,234.50", "$950"], "float", [1234.5, 950.0]),
        (["EUR 5", "EUR 6"], "integer", [5, 6]),
        (["(1,234)", "(500)", "7"], "integer", [-1234, -500, 7]),
        (["5-", "5", "−5"], "integer", [-5, 5, -5]),
        (["12,5 %", "7 %"], "float", [12.5, 7.0]),
        (["3k", "1.5M", "950"], "float", [3000.0, 1_500_000.0, 950.0]),
        (["5 kg", "6KG", "7"], "integer", [5, 6, 7]),
        (["45 days", "1 day"], "integer", [45, 1]),
        (["5 mg", "10 mg"], "integer", [5, 10]),
        (["true", "False", "TRUE"], "boolean", [True, False, True]),
        (["2024-12-31", "31/12/2024"], "datetime", [dt.datetime(2024, 12, 31)] * 2),
        (["31.12.24", "01.02.23"], "datetime", [dt.datetime(2024, 12, 31), dt.datetime(2023, 2, 1)]),
        (["12 Jan 2024", "?"], "datetime", [dt.datetime(2024, 1, 12), None]),
        (["9999-12-31", "0000-00-00", "2024-01-01"], "datetime", [None, None, dt.datetime(2024, 1, 1)]),
        (["2024-01", "2024-12"], "datetime", [dt.datetime(2024, 1, 1), dt.datetime(2024, 12, 1)]),
        (["12:30", "23:59"], "float", [750.0, 1439.0]),
        (["11:22 PM", "1:05 AM"], "float", [1402.0, 65.0]),
        (["P3DT4H", "PT5M"], "float", [4560.0, 5.0]),
        (["1h 30min", "45min"], "float", [90.0, 45.0]),
        (["45 days", "3 weeks"], "float", [64_800.0, 30_240.0]),
        (["2 days 03:00:00"], "float", [3060.0]),
        # Identifiers stay text.
        (["01234", "94110"], "string", ["01234", "94110"]),
        (["00.5", "007"], "string", ["00.5", "007"]),
        (["+4930123456"], "string", ["+4930123456"]),
        (["+49 30 123456", "+49 40 654321"], "string", ["+49 30 123456", "+49 40 654321"]),
        (["030 123456", "(030) 123456"], "string", ["030 123456", "(030) 123456"]),
        (["555-123-4567"], "string", ["555-123-4567"]),
        (["1.1.2", "1.2.0"], "string", ["1.1.2", "1.2.0"]),
        (["2019-20", "2020-21"], "string", ["2019-20", "2020-21"]),
        (["2009-10", "2010-11", "2011-12"], "string", ["2009-10", "2010-11", "2011-12"]),
        (["1999-00", "2000-01"], "string", ["1999-00", "2000-01"]),
        (["2009/10", "2010/11"], "string", ["2009/10", "2010/11"]),
        (["01-1234", "12-5678"], "string", ["01-1234", "12-5678"]),
        (["16:9", "4:3"], "string", ["16:9", "4:3"]),
        (["192.168.0.1"], "string", ["192.168.0.1"]),
        (["10-20", "20-30"], "string", ["10-20", "20-30"]),
        (["5mg", "500mcg"], "string", ["5mg", "500mcg"]),
        (["12A", "13B", "14"], "string", ["12A", "13B", "14"]),
        (["A12", "A13"], "string", ["A12", "A13"]),
        (["12E5", "13E6"], "string", ["12E5", "13E6"]),
        (["0x1F", "5"], "string", ["0x1F", "5"]),
        (["1_000"], "string", ["1_000"]),
        (["18+", "65+"], "string", ["18+", "65+"]),
        (["5 EUR", "6 USD"], "string", ["5 EUR", "6 USD"]),
        (["II", "IV"], "string", ["II", "IV"]),
        (["true", "1"], "string", ["true", "1"]),
        (["yes", "no"], "string", ["yes", "no"]),
        ([" a ", "b c"], "string", ["a", "b c"]),
        (["Zu\u0308rich", "Zürich"], "string", ["Zürich", "Zürich"]),
        (["Yes", "YES", "YES", "no"], "string", ["YES", "YES", "YES", "no"]),
        (["1", "x"], "string", ["1", "x"]),
        (["2024-01-01", "1"], "string", ["2024-01-01", "1"]),
        (["31/12/2024", "12/31/2024"], "string", ["31/12/2024", "12/31/2024"]),
        ([None, "1"], "integer", [None, 1]),
        ([None, ""], "string", [None, None]),
        ([*NULL_MARKS, "1.5"], "float", [*[None] * len(NULL_MARKS), 1.5]),
    ],
)  # fmt: skip
def test_the_narrowest_reading_that_fits_every_cell(
    cells: list[str | None], kind: str, expected: list[object]
) -> None:
    assert read(cells) == (kind, expected)


@pytest.mark.parametrize(
    ("cells", "mark", "kind"),
    [
        ([*MANY, "missing"], "missing", "integer"),
        ([*MANY, "Missing", "k. A."], "Missing", "integer"),
        ([*(f"{cell}.5" for cell in MANY), "missing"], "missing", "float"),
        ([*DAYS, "never"], "never", "datetime"),
        ([*TIMES, "closed"], "closed", "float"),
        ([*MANY, "5 or 6"], None, "string"),
        ([*MANY, "a", "b", "c", "d"], None, "string"),
        ([*MANY, *["x"] * 51], None, "string"),
        (["1", "2", "x"], None, "string"),
    ],
)  # fmt: skip
def test_a_few_words_among_many_numbers_are_null_marks(cells: list[str], mark: str | None, kind: str) -> None:
    reading = decide_on(cells).reading
    assert reading.kind == kind
    if mark is not None:
        assert CellReader(reading).read(mark) is None


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["NA", "None", "-", "?", ""], "string", ["NA", "None", "-", "?", None]),
        (["1", "-"], "string", ["1", "-"]),
        ([*MANY, "missing"], "string", [*MANY, "missing"]),
        (["1", "2", ""], "integer", [1, 2, None]),
        ([str(1_600_000_000 + 86_400 * i) for i in range(50)], "integer", None),
    ],
)
def test_a_target_has_no_null_marks(cells: list[str], kind: str, expected: list[object] | None) -> None:
    found = read(cells, "created_at", is_target=True)
    assert found[0] == kind
    assert expected is None or found[1] == expected


BAD = UnreadableCell


@pytest.mark.parametrize(
    ("cells", "options", "kind", "expected"),
    [
        (["01", "02"], {"kind": "text"}, "string", ["01", "02"]),
        (["1", "2"], {"kind": "text"}, "string", ["1", "2"]),
        (["01", "02"], {"kind": "number"}, "float", [1.0, 2.0]),
        (["01", "02"], {"kind": "integer"}, "integer", [1, 2]),
        (["1", "2.5"], {"kind": "integer"}, "integer", [1, BAD]),
        (["1,5", "x"], {"kind": "number"}, "float", [1.5, BAD]),
        (["1.050", "2.600"], {"decimal": "."}, "float", [1.05, 2.6]),
        (["1.050", "2.600"], {"decimal": ","}, "integer", [1050, 2600]),
        (["1.050", "2.600"], {"thousands": "."}, "integer", [1050, 2600]),
        (["5 EUR", "6 €"], {"kind": "number"}, "float", [5.0, 6.0]),
        (["true", "1", "0"], {"kind": "boolean"}, "boolean", [True, True, False]),
        (["true", "maybe"], {"kind": "boolean"}, "boolean", [True, BAD]),
        (["1.5.24"], {"format": "%d.%m.%y"}, "datetime", [dt.datetime(2024, 5, 1)]),
        (["01/02/2024"], {"format": "%d/%m/%Y"}, "datetime", [dt.datetime(2024, 2, 1)]),
        (["01/02/2024"], {"format": "%m/%d/%Y"}, "datetime", [dt.datetime(2024, 1, 2)]),
        (["24-12-31"], {"format": "%y-%m-%d"}, "datetime", [dt.datetime(2024, 12, 31)]),
        (["31/12/2024", "32/01/2024"], {"format": "%d/%m/%Y"}, "datetime", [dt.datetime(2024, 12, 31), BAD]),
        (["31/12/2024", "soon"], {"kind": "date"}, "datetime", [dt.datetime(2024, 12, 31), BAD]),
        (["2009-10", "2010-11"], {"kind": "date"}, "datetime",
         [dt.datetime(2009, 10, 1), dt.datetime(2010, 11, 1)]),
        (["20240131"], {"kind": "date"}, "datetime", [dt.datetime(2024, 1, 31)]),
        (["1600000000"], {"kind": "date"}, "datetime", [dt.datetime(2020, 9, 13, 12, 26, 40)]),
        (["soon"], {"kind": "date"}, "datetime", [BAD]),
        (["12:30", "90"], {"kind": "time"}, "float", [750.0, 90.0]),
        (["45 days", "P1D"], {"kind": "duration"}, "float", [64_800.0, 1440.0]),
        (["soon"], {"kind": "duration"}, "float", [BAD]),
        (["1", "-", "k.A."], {"nulls": ["-", "K.A."]}, "integer", [1, None, None]),
        # The usual null marks are not numbers, but may be texts.
        (["1", "NA", "x"], {"nulls": ["x"]}, "integer", [1, None, None]),
        (["1", "weiß nicht"], {"nulls": ["weiß nicht"]}, "integer", [1, None]),
        (["1", "keine\u200b", "u\u0308"], {"nulls": ["\u200bkeine", "ü"]}, "integer", [1, None, None]),
        (["1", "NA"], {"nulls": []}, "integer", [1, None]),
        (["a", "NA", "x"], {"nulls": ["x"]}, "string", ["a", "NA", None]),
        (["a", "NA"], {"nulls": []}, "string", ["a", "NA"]),
        (["1", "-999", "-999.0"], {"nulls": ["-999"]}, "float", [1.0, None, None]),
        (["1900-01-01", "2024-01-01"], {"nulls": ["1900-01-01"]}, "datetime",
         [None, dt.datetime(2024, 1, 1)]),
        (["Yes", "YES"], {"case": "keep"}, "string", ["Yes", "YES"]),
        (["Yes", "YES"], {"case": "fold"}, "string", ["YES", "YES"]),
        (["1", "2", "x"], {"unreadable": None}, "integer", [1, 2, BAD]),
        (["31/12/2024", "30/12/2024", "x y 9"], {"unreadable": None}, "datetime",
         [dt.datetime(2024, 12, 31), dt.datetime(2024, 12, 30), BAD]),
        (["x", "y", "1"], {"unreadable": None}, "string", ["x", "y", "1"]),
    ],
)  # fmt: skip
def test_options_win_over_the_cells(
    cells: list[str], options: dict[str, Any], kind: str, expected: list[object]
) -> None:
    found = read(cells, **options)
    assert found[0] == kind
    for value, wanted in zip(found[1], expected, strict=True):
        assert isinstance(value, BAD) if wanted is BAD else value == wanted
    assert decide_on(cells, **options).reading.unreadable == ("null" if "unreadable" in options else "refuse")


@pytest.mark.parametrize(
    ("cells", "type_", "options", "expected"),
    [
        ([1, None], pa.int64(), {}, Reading("integer")),
        ([1.0], pa.float64(), {}, Reading("float")),
        ([True], pa.bool_(), {}, Reading("boolean")),
        ([0], pa.timestamp("us"), {}, Reading("datetime")),
        ([1.0], pa.float64(), {"kind": "integer"}, Reading("integer")),
        ([1], pa.int64(), {"kind": "number"}, Reading("float")),
        ([8001], pa.int64(), {"kind": "text"}, Reading("string")),
        ([0, 1], pa.int64(), {"kind": "boolean"}, Reading("boolean")),
        ([1_600_000_000], pa.int64(), {"kind": "date"}, Reading("datetime", formats=("unix seconds",))),
        ([20240131], pa.int64(), {"kind": "date"}, Reading("datetime", formats=("%Y%m%d",))),
        ([1_600_000_000_000], pa.int64(), {"kind": "date"},
         Reading("datetime", formats=("unix milliseconds",))),
        ([1_600_000_000_000.0], pa.float64(), {"kind": "date"},
         Reading("datetime", formats=("unix milliseconds",))),
        (EPOCHS, pa.int64(), {}, Reading("datetime", formats=("unix seconds",))),
        (EPOCHS, pa.int64(), {"kind": "number"}, Reading("float")),
        (EPOCHS, pa.int64(), {"is_target": True}, Reading("integer")),
        (EPOCHS, pa.float64(), {}, Reading("float")),
    ],
)  # fmt: skip
def test_native_cells_keep_their_kind(
    cells: list[Any], type_: pa.DataType, options: dict[str, Any], expected: Reading
) -> None:
    found = decide_on(cells, type_=type_, **options).reading
    assert (found.kind, found.formats) == (expected.kind, expected.formats)


def test_categories_are_the_most_frequent_spellings() -> None:
    decision = decide_on(["no", "NO", "no", "Yes", "yes", "Bern"])
    assert decision.categories == ("Bern", "Yes", "no")
    assert decision.reading.is_folded
