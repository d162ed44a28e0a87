"""Whole columns give what ``CellReader`` gives of each cell, to the last bit."""

import math
import struct
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components._table.arrow import ARROW_TYPES
from components._table.cells import MIXED, read_cells, trim_texts
from components._table.reading import NULL_MARKS, CellReader, Reading, UnreadableCell, trim

READINGS = [
    Reading("integer"),
    Reading("integer", thousands=","),
    Reading("integer", decimal=",", thousands="."),
    Reading("integer", thousands=" ", affixes=("€",)),
    Reading("integer", nulls=("-999", "0")),
    Reading("float"),
    Reading("float", nulls=("-999", "-")),
    Reading("float", decimal=",", thousands="."),
    Reading("float", decimal=",", thousands=" ", affixes=("%", "€")),
    Reading("float", thousands="'", affixes=("chf",), is_scaled=True),
    Reading("float", is_clock=True),
    Reading("boolean"),
    Reading("string"),
    Reading("string", nulls=(), is_folded=True),
    Reading("datetime"),
    Reading("datetime", nulls=("1900-01-01", "1.1.1900"), formats=("%d.%m.%Y",)),
    Reading("datetime", formats=("%d/%m/%Y",)),
    Reading("datetime", formats=("%m/%d/%y", "%d.%m.%Y")),
    Reading("datetime", formats=("%d %b %Y", "%Y%m%d")),
    Reading("datetime", formats=("unix seconds",)),
    Reading("datetime", formats=("unix milliseconds",), thousands=","),
]
CATEGORIES = ("Zürich", "yes", "Straße")
# Texts near those that some reading takes, and of the letters that such texts have.
TEXTS = st.one_of(
    st.text("0123456789+-.,' \u00a0\u202f−eE€$%kM:/TZ()", max_size=14),
    st.from_regex(r"\A[+-]?[0-9]{0,20}[.,]?[0-9]{0,20}([eE][+-]?[0-9]{1,3})?\Z"),
    st.from_regex(r"\A[0-9]{1,3}([.,' ][0-9]{3}){0,4}([.,][0-9]{0,3})?( ?[€%])?\Z"),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?\Z"),
    st.from_regex(r"\A[0-9]{1,2}[/.][0-9]{1,2}[/.]([0-9]{2}|[0-9]{4})( [0-9]{2}:[0-9]{2})?\Z"),
    st.datetimes().map(datetime.isoformat),
    st.floats().map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from([*NULL_MARKS, *map(str.upper, NULL_MARKS), " ZÜRICH ", "Zu\u0308rich", "YES", "STRASSE"]),
    st.sampled_from(["true", "False", "1", "0.0", "12 Mar 2024", "20240131", "11:22 PM", "P3DT4H", "2 days"]),
    st.text(max_size=6),
)
NATIVES = {
    "number": st.one_of(st.floats(), st.integers(-5, 5).map(float)),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "flag": st.booleans(),
    "time": st.datetimes(),
}


def read_each(cells: list[Any], reader: CellReader) -> tuple[list[Any], dict[int, str]]:
    """Return what the cells are one by one, and why some cannot be read, by their rows."""
    values, reasons = [], {}
    for row, cell in enumerate(cells):
        try:
            values.append(None if cell is None else reader.read(cell))
        except UnreadableCell as error:
            values.append(None)
            reasons[row] = str(error)
    return values, reasons


def list_bits(value: Any) -> Any:
    return struct.pack("<d", value) if isinstance(value, float) else (type(value).__name__, value)


def check_equal(cells: pa.Array, reader: CellReader, expected: tuple[list[Any], dict[int, str]]) -> None:
    found = read_cells(cells, reader)
    assert found.values.type == ARROW_TYPES[reader.reading.kind]
    assert list(map(list_bits, found.values.to_pylist())) == list(map(list_bits, expected[0]))
    assert {cell.row: cell.reason for cell in found.unreadable} == expected[1]


@pytest.mark.slow_variants
@pytest.mark.parametrize("reading", READINGS, ids=repr)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.one_of(st.none(), TEXTS), max_size=8))
@example(texts=["1e400", "1.5", None])
@example(texts=["+3", "1.", ".5", "-0", "-0.0"])
@example(texts=["9007199254740993", "€9007199254740993", "9 007 199 254 740 993", "1'234.5k CHF"])
@example(texts=["9223372036854775807", "9223372036854775808", "-9223372036854775809"])
@example(texts=["9999-12-31", "0001-01-01", "0000-00-00", "2024-02-30", "2024-02-29T24:00"])
@example(texts=["1900-01-01", "01.01.1900", "1.1.1900", "1900-01-01 00:00"])
@example(texts=["1799-01-01", "2999-01-01", "2024-01-31 10:20:30.123456789"])
def test_texts_of_a_column_are_read_as_each_of_them(reading: Reading, texts: list[str | None]) -> None:
    reader = CellReader(reading, CATEGORIES)
    check_equal(pa.array(texts, pa.string()), reader, read_each(texts, reader))


GERMAN = str.maketrans(",.", ".,")
# Most cells of a column are like one another, and a few are not.
ALIKE_TEXTS = st.sampled_from(
    [
        st.integers(-2000, 2000).map(str),
        st.decimals(-2000, 2000, places=3).map(str),
        st.from_regex(r"\A[+-]?[0-9]{1,19}([.,][0-9]{0,3})?\Z"),
        st.dates().map(str),
        st.datetimes().map(lambda moment: moment.isoformat(" ", "seconds")),
        st.sampled_from(["gold", " gold", "GOLD", "zürich", "-"]),
        st.floats(-1e7, 1e7).map(lambda number: f"{number:,.2f}".translate(GERMAN)),
        st.integers(-(10**7), 10**7).map(lambda number: f"{number:,}".translate(GERMAN)),
        st.floats(-1e7, 1e7).map(lambda number: f"{number:+,.2f}"),
        st.from_regex(r"\A-?[0-9]{1,3}([.,][0-9]{3}){1,3}([.,][0-9]{0,3})?\Z"),
        st.dates().map(lambda day: day.strftime("%d.%m.%Y")),
        st.datetimes().map(lambda moment: moment.strftime("%d.%m.%Y %H:%M:%S")),
        st.datetimes().map(lambda moment: moment.strftime("%d/%m/%Y %H:%M")),
        st.from_regex(r"\A[0-3][0-9]\.[01][0-9]\.[0-2][0-9]{3}([ T,][0-2][0-9]:[0-5][0-9])?\Z"),
        st.sampled_from(["", "", "1.234,5", "01.02.2024"]),
    ]
)


@pytest.mark.slow_variants
@pytest.mark.parametrize("reading", READINGS, ids=repr)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), others=st.lists(TEXTS, max_size=2), start=st.integers(0, 1))
def test_texts_that_are_mostly_alike_are_read_as_each_of_them(
    reading: Reading, data: st.DataObject, others: list[str], start: int
) -> None:
    texts = data.draw(st.lists(data.draw(ALIKE_TEXTS), min_size=3, max_size=9)) + others
    reader = CellReader(reading, CATEGORIES)
    check_equal(
        pa.array(["", *texts, ""], pa.string())[start:], reader, read_each(["", *texts, ""][start:], reader)
    )


@pytest.mark.slow_variants
@pytest.mark.parametrize("reading", READINGS, ids=repr)
@pytest.mark.parametrize(
    ("name", "type_"),
    [("number", pa.float64()), ("whole", pa.int64()), ("flag", pa.bool_()), ("time", pa.timestamp("us"))],
)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_native_cells_of_a_column_are_read_as_each_of_them(
    reading: Reading, name: str, type_: pa.DataType, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(st.one_of(st.none(), NATIVES[name]), max_size=6))
    reader = CellReader(reading, CATEGORIES)
    # NaN is how a table of numbers writes no value; JSON has none.
    known = [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
    check_equal(pa.array(cells, type_), reader, read_each(known, reader))


@pytest.mark.slow_variants
@pytest.mark.parametrize("reading", READINGS, ids=repr)
@settings(max_examples=15, deadline=None)
@given(cells=st.lists(st.one_of(st.none(), TEXTS, st.floats(allow_nan=False)), max_size=6))
def test_mixed_cells_of_a_column_are_read_as_each_of_them(reading: Reading, cells: list[Any]) -> None:
    reader = CellReader(reading, CATEGORIES)
    stored = [
        {"number": cell if isinstance(cell, float) else None, "text": cell if isinstance(cell, str) else None}
        for cell in cells
    ]
    check_equal(pa.array(stored, MIXED), reader, read_each(cells, reader))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), max_size=5))
@example(["\ufeff a\u200b ", "Zu\u0308rich", None, "\u2000", "e\u0301"])
def test_texts_are_trimmed_alike(texts: list[str | None]) -> None:
    expected = [None if text is None else trim(text) for text in texts]
    assert trim_texts(pa.array(texts, pa.string())).to_pylist() == expected


def test_a_column_of_nulls_has_the_type_of_its_reading() -> None:
    found = read_cells(pa.nulls(2), CellReader(Reading("datetime")))
    assert (found.values.type, found.values.null_count, found.unreadable) == (pa.timestamp("us"), 2, [])


def test_a_cell_that_cannot_be_read_is_returned_with_its_row() -> None:
    cells = pa.array(["1", "x", None, "2", "x"])
    found = read_cells(cells, CellReader(Reading("integer")))
    assert found.values.to_pylist() == [1, None, None, 2, None]
    assert [tuple(cell) for cell in found.unreadable] == [
        (1, "x", "is not a number in this column's format"),
        (4, "x", "is not a number in this column's format"),
    ]
