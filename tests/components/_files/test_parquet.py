"""Parquet: types kept, folders of parts, and files that cannot be used."""

import datetime as dt
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._files.parquet import open_parquet
from components.errors import InvalidSource

NOON = dt.datetime(2024, 7, 1, 12)


@pytest.mark.parametrize(
    ("values", "type_", "expected", "expected_type"),
    [
        ([1, None], pa.int8(), [1, None], pa.int64()),
        ([1], pa.uint32(), [1], pa.int64()),
        ([2**64 - 1, None], pa.uint64(), ["18446744073709551615", None], pa.string()),
        ([0.5, float("nan"), float("inf")], pa.float32(), [0.5, None, float("inf")], pa.float64()),
        ([0.5, None], pa.float16(), [0.5, None], pa.float64()),
        ([decimal.Decimal("1.25"), None], pa.decimal128(9, 2), [1.25, None], pa.float64()),
        ([True, None], pa.bool_(), [True, None], pa.bool_()),
        ([dt.date(2024, 7, 1), None], pa.date32(), [dt.datetime(2024, 7, 1), None], pa.timestamp("us")),
        ([NOON], pa.timestamp("ms"), [NOON], pa.timestamp("us")),
        ([NOON], pa.timestamp("s", "Europe/Berlin"), [NOON], pa.timestamp("us")),
        ([1_000_001], pa.timestamp("ns"), [dt.datetime(1970, 1, 1, 0, 0, 0, 1000)], pa.timestamp("us")),
        (["a", None], pa.large_string(), ["a", None], pa.string()),
        ([b"a"], pa.binary(), ["a"], pa.string()),
        (["a", None, "a"], pa.dictionary(pa.int8(), pa.string()), ["a", None, "a"], pa.string()),
        ([dt.time(10, 20, 30), None], pa.time32("s"), [620.5, None], pa.float64()),
        ([dt.time(10, 20)], pa.time64("ns"), [620.0], pa.float64()),
        ([90, None], pa.duration("s"), [1.5, None], pa.float64()),
        ([90_000_000], pa.duration("us"), [1.5], pa.float64()),
        ([None], pa.null(), [None], pa.string()),
    ],
)
def test_types_become_canonical(
    tmp_path: Path,
    values: list[object],
    type_: pa.DataType,
    expected: list[object],
    expected_type: pa.DataType,
) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": pa.array(values, type_)}), file)
    (batch,) = open_parquet(file, "table").iterate_batches()
    assert batch.column(0).to_pylist() == expected
    assert batch.column(0).type == expected_type


def test_minutes_are_noted(tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": pa.array([1], pa.duration("s")), "b": [dt.time(1)]}), file)
    assert [notice.text for notice in open_parquet(file, "table").notices] == [
        "Columns of durations are read as minutes: 'a'.",
        "Columns of times of day are read as minutes: 'b'.",
    ]


def test_parts_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, value in (("b", 2), ("a", 1), ("c", 3)):
        pq.write_table(pa.table({"x": [value]}), tmp_path / f"{name}.parquet")
    (tmp_path / "_SUCCESS").touch()
    batches = open_parquet(tmp_path, "parts").iterate_batches()
    assert [value for batch in batches for value in batch["x"].to_pylist()] == [1, 2, 3]


def test_parts_are_widened_to_common_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [2.5], "y": ["new"]}), tmp_path / "b.parquet")
    table = pa.Table.from_batches(open_parquet(tmp_path, "parts").iterate_batches())
    assert table.to_pydict() == {"x": [1.0, 2.5], "y": [None, "new"]}


def test_folders_named_by_a_value_are_a_column(tmp_path: Path) -> None:
    for year in (2023, 2024):
        (tmp_path / f"year={year}").mkdir()
        pq.write_table(pa.table({"x": [year % 100]}), tmp_path / f"year={year}" / "part.parquet")
    table = pa.Table.from_batches(open_parquet(tmp_path, "parts").iterate_batches())
    assert table.to_pydict() == {"x": [23, 24], "year": [2023, 2024]}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([[1]]), r"'bad' \(list<.*>\)"),
        (pa.array([{"x": 1}]), r"'bad' \(struct<.*>\)"),
        (pa.array([b"\xff\xfe"]), "Column 'bad' of table has bytes that are not text"),
    ],
)
def test_columns_without_single_values_are_named(tmp_path: Path, column: pa.Array, message: str) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"good": [1], "bad": column}), file)
    with pytest.raises(InvalidSource, match=message):
        list(open_parquet(file, "table").iterate_batches())


def test_equal_names_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table([[1], [2], [3]], names=["a", "b", "a"]), file)
    with pytest.raises(InvalidSource, match="more than one column named 'a'"):
        open_parquet(file, "table")


def damage_end(content: bytes) -> bytes:
    return content[:-20]


def damage_pages(content: bytes) -> bytes:
    return content[:4] + b"\xff" * 200 + content[204:]


@pytest.mark.parametrize("damage", [damage_end, damage_pages])
def test_a_damaged_file_is_named(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": list(range(1000))}), file)
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    with pytest.raises(InvalidSource, match="table is a damaged Parquet file"):
        list(open_parquet(file, "table").iterate_batches())


def test_a_folder_that_also_holds_something_else_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    (tmp_path / "notes.txt").write_text("text", encoding="utf-8")
    with pytest.raises(InvalidSource, match=r"parts holds Parquet files and others: notes\.txt"):
        open_parquet(tmp_path, "parts")


def test_columns_that_not_every_part_has_are_said(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "y": [2]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [3], "z": [4]}), tmp_path / "b.parquet")
    rows = open_parquet(tmp_path, "parts")
    assert pa.Table.from_batches(rows.iterate_batches()).to_pydict() == {
        "x": [1, 3],
        "y": [2, None],
        "z": [None, 4],
    }
    assert [notice.text for notice in rows.notices] == [
        "Column 'y' is not in 1 part of 2, whose rows have no value in it: b.parquet.",
        "Column 'z' is not in 1 part of 2, whose rows have no value in it: a.parquet.",
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2.5, "text"], r"column 'x' is int64 .*a\.parquet.* and double .* and string in 1 part \(c\.par"),
        (
            ["text", 1, 1],
            r"column 'x' is int64 in 2 parts \(b.*, c.*\) and string in 1 part \(a\.parquet\)\.",
        ),
    ],
)
def test_parts_that_contradict_each_other_are_named(
    tmp_path: Path, values: list[object], message: str
) -> None:
    for name, value in zip("abc", values, strict=True):
        pq.write_table(pa.table({"y": [1], "x": [value]}), tmp_path / f"{name}.parquet")
    with pytest.raises(InvalidSource, match=rf"The parts of parts have different schemas: {message}"):
        open_parquet(tmp_path, "parts")


def test_a_folder_that_contradicts_its_parts_is_named(tmp_path: Path) -> None:
    (tmp_path / "x=red").mkdir()
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x=red" / "a.parquet")
    with pytest.raises(
        InvalidSource, match=r"column 'x' is int64 in 1 part .* and string .*names of folders"
    ):
        open_parquet(tmp_path, "parts")


def test_small_parts_are_one_batch(tmp_path: Path) -> None:
    for number in range(5):
        pq.write_table(pa.table({"x": [number]}), tmp_path / f"{number}.parquet")
    (batch,) = open_parquet(tmp_path, "parts").iterate_batches()
    assert batch["x"].to_pylist() == list(range(5))


def test_parts_may_number_the_values_of_their_dictionaries_differently(tmp_path: Path) -> None:
    expected = []
    for name in "ab":
        values = [f"{name}{number}" for number in range(100)]
        column = pa.DictionaryArray.from_arrays(pa.array(range(100), pa.int8()), pa.array(values))
        pq.write_table(pa.table({"x": column}), tmp_path / f"{name}.parquet")
        expected += values
    pq.write_table(pa.table({"x": ["plain"]}), tmp_path / "c.parquet")
    (batch,) = open_parquet(tmp_path, "parts").iterate_batches()
    assert batch["x"].to_pylist() == [*expected, "plain"]


@pytest.mark.slow
def test_a_batch_of_long_cells_has_few_rows(tmp_path: Path) -> None:
    texts = [f"{number}" + 1_000_000 * "x" for number in range(150)]
    pq.write_table(pa.table({"x": texts}), tmp_path / "a.parquet", compression="zstd")
    batches = list(open_parquet(tmp_path / "a.parquet", "table").iterate_batches())
    assert max(batch.nbytes for batch in batches) < 80e6
    assert [text for batch in batches for text in batch["x"].to_pylist()] == texts
