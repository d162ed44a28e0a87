"""The readings of a table are found from all rows in any order, and applied to them."""

import random
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._problem.reading_options import ColumnOptions
from components._readings.inference import (
    ColumnFaults,
    infer_readings,
    is_null,
    looks_typed,
    read_batches,
)
from components._table.cells import MIXED
from components._table.kinds import Kind
from components._table.reading import CellReader, Reading
from components._table.table_reading import Example


def make_batch(**columns: Sequence[str | None]) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values, pa.string()) for name, values in columns.items()})


def read(*batches: pa.RecordBatch, **options: Any) -> tuple[dict[str, Kind], dict[str, list[Any]]]:
    """Return the kinds of columns, and their values."""
    inferred = infer_readings(batches, lambda name: ColumnOptions.model_validate(options))
    kinds = {name: decision.reading.kind for name, decision in inferred.decisions.items()}
    return kinds, pa.Table.from_batches(list(read_batches(batches, inferred.readers, {}))).to_pydict()


@pytest.mark.parametrize("last", ["x", "1.5", "007"])
def test_the_last_batch_counts_as_much_as_the_first(last: str) -> None:
    kinds, values = read(make_batch(a=["1"] * 500), make_batch(a=["2"] * 499 + [last]))
    assert kinds == {"a": "float" if last == "1.5" else "string"}
    assert values["a"][-1] == (1.5 if last == "1.5" else last)


POOLS = [
    ["1", "2.5", "-3", "NA", ""],
    ["1.050", "950", "2.600", "1050"],
    ["1,234.50", "$5", "(7)", "3k"],
    ["31/12/2024", "01/02/2024", "12/31/2024", "2024-01-31", "00/00/0000"],
    ["24-12-31", "23-01-02", "85-01-02"],
    ["2009-10", "2010-11", "2024-01"],
    ["12:30", "11:22 PM", "45 days", "3 weeks", "90"],
    ["Yes", "YES", "yes", "no", "NO"],
    ["12A", "13B", "14", "3k"],
    ["5 %", "0.5", "7%"],
    ["1600000000", "1700000000", "20240131"],
    ["2024-01-31T10:20Z", "2024-01-31T10:20", "9999-12-31"],
]


@pytest.mark.slow_variants
@pytest.mark.parametrize("pool", POOLS, ids=str)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_neither_the_order_of_the_rows_nor_their_cut_into_batches_matters(
    pool: list[str], data: st.DataObject
) -> None:
    numbers = [str(i) for i in range(25)]
    cells = data.draw(
        st.lists(st.one_of(st.sampled_from([*pool, None]), st.sampled_from(numbers)), max_size=60)
    )
    whole = infer_readings([make_batch(created_at=cells)])
    shuffled = list(cells)
    random.Random(data.draw(st.integers(0, 99))).shuffle(shuffled)
    size = data.draw(st.integers(1, 10))
    batches = [
        make_batch(created_at=shuffled[start : start + size]) for start in range(0, len(shuffled), size)
    ]
    parts = infer_readings(batches or [make_batch(created_at=[])])
    assert parts == whole


def test_the_example_of_a_question_does_not_depend_on_the_order_of_many_rows() -> None:
    cells: list[str | None] = [f"{i}.{i:03}" for i in range(100, 300)]
    whole = infer_readings([make_batch(a=cells)])
    assert "100.100 is" in whole.notices[0].text
    assert infer_readings([make_batch(a=cells[150:]), make_batch(a=cells[:150])]) == whole


def test_many_shapes_and_spellings_are_free_text_whatever_their_order() -> None:
    cells: list[str | None] = [f"{'x' * (i % 50)}{'y' * (i // 50)}" for i in range(2100)]
    assert infer_readings([make_batch(a=cells)]) == infer_readings(
        [make_batch(a=[cell]) for cell in reversed(cells)]
    )


def test_a_column_that_appears_late_is_null_before() -> None:
    assert read(make_batch(a=["1"]), make_batch(a=["2"], b=["x"])) == (
        {"a": "integer", "b": "string"},
        {"a": [1, 2], "b": [None, "x"]},
    )


def test_columns_with_types_keep_them_without_values_too() -> None:
    batch = pa.record_batch({"a": pa.array([None, 0.5], pa.float64()), "b": pa.array([1, 2], pa.int64())})
    assert read(batch) == ({"a": "float", "b": "integer"}, {"a": [None, 0.5], "b": [1, 2]})


def test_whole_numbers_of_more_than_53_bits_are_the_nearest_floats() -> None:
    batch = pa.record_batch({"a": pa.array([2**53 + 1, 1])})
    assert read(batch, kind="number") == ({"a": "float"}, {"a": [float(2**53), 1.0]})


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        ([{"number": 1.5}, {"text": "2,5"}, {}], "float", [1.5, 2.5, None]),
        ([{"number": 1.0}, {"text": "n/a"}], "float", [1.0, None]),
    ],
)
def test_numbers_beside_texts_of_numbers_are_numbers(
    cells: list[Any], kind: str, expected: list[Any]
) -> None:
    batch = pa.record_batch({"a": pa.array(cells, MIXED)})
    assert read(batch) == ({"a": kind}, {"a": expected})


def test_cells_that_do_not_fit_are_counted_by_their_rows_in_the_table() -> None:
    batches = [make_batch(a=["1", "x"]), make_batch(a=["y", None]), make_batch(a=["z"])]
    inferred = infer_readings(batches, lambda name: ColumnOptions(kind="number"))
    found: dict[str, ColumnFaults] = {}
    values = pa.Table.from_batches(list(read_batches(batches, inferred.readers, found))).to_pydict()
    assert values == {"a": [1.0, None, None, None, None]}
    assert [(cell.row, cell.cell) for cell in found["a"].first] == [(1, "x"), (2, "y"), (4, "z")]
    assert (
        found["a"]
        .describe("a")
        .startswith("Column 'a' has cells that do not fit its type: row 2 'x' is not a number")
    )
    assert "row 1 'x'" in found["a"].describe("a", first_row=0)


def test_only_the_first_few_are_named() -> None:
    inferred = infer_readings([make_batch(a=["x"] * 99)], lambda name: ColumnOptions(kind="number"))
    found: dict[str, ColumnFaults] = {}
    list(read_batches([make_batch(a=["x"] * 99)], inferred.readers, found))
    assert found["a"].n == 99
    assert found["a"].describe("a").endswith("and 94 more.")


def test_the_target_has_no_null_marks() -> None:
    inferred = infer_readings([make_batch(a=["NA", "x"], b=["NA", "x"])], target="b")
    assert {name: decision.reading.nulls for name, decision in inferred.decisions.items()}["b"] == ()
    assert inferred.readers["a"].read("NA") is None
    assert inferred.readers["b"].read("NA") == "NA"


def test_a_few_cells_are_shown_before_and_after() -> None:
    inferred = infer_readings(
        [make_batch(a=["1,5", "n/a", "x,5"], b=["2024-02-30", "2024-01-31", "9999-12-31"])]
    )
    assert inferred.examples["b"] == (
        Example("2024-01-31", "2024-01-31 00:00:00"),
        Example("2024-02-30", "day is out of range for month"),
        Example("9999-12-31", "null"),
    )


def test_batches_are_not_changed() -> None:
    batch = make_batch(a=[" 1 ", "NA"])
    read(batch)
    assert batch.to_pydict() == {"a": [" 1 ", "NA"]}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", True),
        (" NA ", True),
        ("N/A", True),
        ("-", True),
        ("\u200b", True),
        ("\ufeffNA\u2060", True),
        ("x", False),
        ("0", False),
    ],
)
def test_null_cells_are_those_that_are_read_as_null(cell: str, expected: bool) -> None:
    assert is_null(cell) == expected
    assert (CellReader(Reading("string")).read(cell) is None) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1", True),
        (" -1.5e3 ", True),
        ("true", True),
        ("2024-01-31 10:20", True),
        ("\u200b1.5", True),
        ("age", False),
        ("v1", False),
    ],
)
def test_typed_cells_are_recognised(cell: str, expected: bool) -> None:
    assert looks_typed(cell) == expected
