"""Tables on disk: what is written is read, and the hash depends on the rows alone."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._table import storage
from components._table.arrow import ARROW_TYPES, decode_texts
from components._table.schema import Kind
from components._table.storage import (
    TableInfo,
    count_row_groups,
    count_rows,
    find_repeated_texts,
    group_equal_rows,
    hash_rows,
    iterate_batches,
    open_table,
    read_arrow_schema,
    read_frame,
    read_rows,
    write_table,
)
from tests.tables import read_kinds, write_frame

KINDS: dict[str, Kind] = {"i": "integer", "f": "float", "b": "boolean", "s": "string", "d": "datetime"}
SCHEMA = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in KINDS.items()])
MOMENT = dt.datetime(2024, 2, 29, 12, 30, 0, 5)
ROWS: dict[str, list[Any]] = {
    "i": [1, None, -(2**63)],
    "f": [0.1, None, float("inf")],
    "b": [True, None, False],
    "s": ["", None, "Köln"],
    "d": [MOMENT, None, dt.datetime(1900, 1, 1)],
}
TABLE = pa.table(ROWS, schema=SCHEMA)


def compute_digest(folder: Path, table: pa.Table, batches: Iterable[pa.RecordBatch] | None = None) -> str:
    return write_table(table.to_batches() if batches is None else batches, table.schema, folder).sha256


def make_one(values: list[Any], kind: Kind, name: str = "x") -> pa.Table:
    return pa.table({name: pa.array(values, ARROW_TYPES[kind])})


def test_rows_of_every_kind_come_back(tmp_path: Path) -> None:
    info = write_table(TABLE.to_batches(), SCHEMA, tmp_path)
    assert open_table(tmp_path).to_table().to_pydict() == ROWS
    assert read_arrow_schema(tmp_path) == SCHEMA
    assert read_kinds(tmp_path) == KINDS
    assert (info.rows, info.columns) == (3, 5)
    assert info.bytes == (tmp_path / "part-00000.parquet").stat().st_size


def test_a_table_without_rows_keeps_its_schema(tmp_path: Path) -> None:
    assert write_table([], SCHEMA, tmp_path).rows == 0
    assert read_kinds(tmp_path) == KINDS
    assert read_frame(tmp_path).shape == (0, 5)


def test_values_that_repeat_are_encoded_with_a_dictionary(tmp_path: Path) -> None:
    n = 1_000
    columns = {
        "a.b": pa.array([float(i) for i in range(n)]),
        "repeats": pa.array([float(i % 9) for i in range(n)]),
        "id": pa.array(range(n), pa.int64()),
        "text": pa.array([f"word {i}" for i in range(n)]),
        "category": pa.array([f"word {i % 9}" for i in range(n)]),
        "nothing": pa.nulls(n, pa.int64()),
    }
    table = pa.table(columns)
    write_table(table.to_batches(), table.schema, tmp_path)
    part = pq.ParquetFile(tmp_path / "part-00000.parquet")
    chunks = [part.metadata.row_group(0).column(i) for i in range(len(columns))]
    encodings = {chunk.path_in_schema: set(chunk.encodings) - {"RLE"} for chunk in chunks}
    assert encodings == {
        "a.b": {"PLAIN"},
        "repeats": {"PLAIN", "RLE_DICTIONARY"},
        "id": {"DELTA_BINARY_PACKED"},
        "text": {"PLAIN"},
        "category": {"PLAIN", "RLE_DICTIONARY"},
        "nothing": {"PLAIN", "RLE_DICTIONARY"},
    }
    assert open_table(tmp_path).to_table().equals(table)


def test_metadata_is_what_an_artifact_can_carry() -> None:
    assert TableInfo(3, 5, 100, "ab").to_metadata() == {"rows": 3, "columns": 5, "bytes": 100, "sha256": "ab"}


@pytest.mark.parametrize("sizes", [[1, 2], [2, 1], [1, 1, 1], [0, 3, 0]])
def test_the_hash_does_not_depend_on_batches(tmp_path: Path, sizes: list[int]) -> None:
    starts = np.cumsum([0, *sizes])
    batches = [TABLE.slice(start, size).to_batches() for start, size in zip(starts, sizes, strict=False)]
    cut = compute_digest(tmp_path / "cut", TABLE, [batch for part in batches for batch in part])
    assert cut == compute_digest(tmp_path / "whole", TABLE)


@pytest.mark.parametrize("size", [1_000, 65_536, 65_537, 200_000])
def test_the_hash_does_not_depend_on_batches_beyond_its_own_blocks(tmp_path: Path, size: int) -> None:
    numbers = pa.array(range(150_000))
    table = pa.table({"i": numbers, "s": numbers.cast(pa.string())})
    info = write_table(table.to_batches(max_chunksize=size), table.schema, tmp_path / "a")
    assert info.sha256 == compute_digest(tmp_path / "b", table)
    assert open_table(tmp_path / "a").to_table().equals(table)
    assert info.rows == 150_000


def test_parts_follow_one_another_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"i": pa.array(range(200_000))})
    whole = compute_digest(tmp_path / "one", table)
    monkeypatch.setattr(storage, "_PART_ROWS", 65_536)
    assert compute_digest(tmp_path / "many", table) == whole
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == [
        f"part-0000{i}.parquet" for i in range(4)
    ]
    assert open_table(tmp_path / "many").to_table().equals(table)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (make_one([0.0], "float"), make_one([-0.0], "float")),
        (
            make_one([1.5, None], "float"),
            pa.table({"x": pa.chunked_array([[1.5], pa.array([None], pa.float64())])}),
        ),
    ],
)
def test_equal_rows_hash_alike(tmp_path: Path, left: pa.Table, right: pa.Table) -> None:
    assert compute_digest(tmp_path / "left", left) == compute_digest(tmp_path / "right", right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (make_one([1, 2], "integer"), make_one([2, 1], "integer")),
        (make_one([1], "integer"), make_one([1.0], "float")),
        (make_one([1], "integer"), make_one([1], "integer", name="y")),
        (make_one([0], "integer"), make_one([None], "integer")),
        (make_one([0.0], "float"), make_one([None], "float")),
        (make_one([False], "boolean"), make_one([None], "boolean")),
        (make_one([""], "string"), make_one([None], "string")),
        (make_one(["ab", "c"], "string"), make_one(["a", "bc"], "string")),
        (make_one([None, "a"], "string"), make_one(["a", None], "string")),
        (make_one([dt.datetime(1970, 1, 1)], "datetime"), make_one([None], "datetime")),
        (make_one([1], "integer"), make_one([1, None], "integer")),
        (pa.table({"x": [1], "y": [2]}), pa.table({"y": [2], "x": [1]})),
    ],
)
def test_different_rows_hash_differently(tmp_path: Path, left: pa.Table, right: pa.Table) -> None:
    assert compute_digest(tmp_path / "left", left) != compute_digest(tmp_path / "right", right)


def test_the_hash_is_the_same_from_one_version_to_the_next(tmp_path: Path) -> None:
    # A change here breaks every comparison with data that was hashed before.
    assert (
        compute_digest(tmp_path, TABLE) == "96a0b2caf68137fec1f927c6e47fc1178acb6579cd185bbec03f5b83b863c4ca"
    )


def test_slices_hash_as_the_rows_they_hold(tmp_path: Path) -> None:
    middle = TABLE.slice(1, 1)
    copied = pa.Table.from_pylist(middle.to_pylist(), schema=SCHEMA)
    assert compute_digest(tmp_path / "slice", middle) == compute_digest(tmp_path / "copy", copied)


def test_a_frame_is_written_as_its_kinds_say(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "i": [1.0, np.nan],
            "f": [0.5, np.nan],
            "b": pd.Series([True, None], dtype=object),
            "s": ["a", None],
            "d": pd.to_datetime(["2024-01-31", "NaT"]),
        }
    )
    before = frame.copy()
    info = write_frame(frame, KINDS, tmp_path / "frame")
    expected = pa.table(
        {
            "i": [1, None],
            "f": [0.5, None],
            "b": [True, None],
            "s": ["a", None],
            "d": [dt.datetime(2024, 1, 31), None],
        },
        schema=SCHEMA,
    )
    assert info.sha256 == compute_digest(tmp_path / "table", expected)
    pd.testing.assert_frame_equal(frame, before)


def test_a_frame_that_was_read_is_written_with_the_same_hash(tmp_path: Path) -> None:
    table = TABLE.slice(0, 2)
    written = compute_digest(tmp_path / "first", table)
    assert write_frame(read_frame(tmp_path / "first"), KINDS, tmp_path / "second").sha256 == written


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    write_table(TABLE.to_batches(), SCHEMA, tmp_path)
    assert list(read_frame(tmp_path, ["s", "i"]).columns) == ["s", "i"]


def test_batches_are_the_rows_in_their_order_from_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_PART_ROWS", 4)
    monkeypatch.setattr(storage, "_HASH_ROWS", 2)
    numbers = pa.table({"x": pa.array(range(11)), "y": pa.array(range(11))})
    write_table(numbers.to_batches(), numbers.schema, tmp_path)
    batches = list(iterate_batches(tmp_path, ["y"]))
    assert {batch.num_rows for batch in batches} == {1, 2}
    assert pa.Table.from_batches(batches).to_pydict() == {"y": list(range(11))}


def test_texts_that_repeat_are_read_as_dictionaries(tmp_path: Path) -> None:
    names = ["few", "a.b", "", "many", "number"]
    few = pa.array(["x", "y", None] * 4_000)
    digits = np.random.default_rng(0).integers(0, 2**62, 4_000)
    many = pa.array(np.repeat(digits, 3).astype(str))
    table = pa.table([few, few, few, many, pa.array(range(12_000))], names=names)
    write_table(table.to_batches(), table.schema, tmp_path)
    repeated = find_repeated_texts(tmp_path)
    assert repeated == ["few", "a.b", ""]
    (batch,) = iterate_batches(tmp_path, encoded=repeated)
    assert [pa.types.is_dictionary(type_) for type_ in batch.schema.types] == [True] * 3 + [False] * 2
    assert pa.Table.from_batches([decode_texts(batch)]).to_pydict() == table.to_pydict()


def test_a_table_without_rows_has_no_texts_that_repeat(tmp_path: Path) -> None:
    write_table([], SCHEMA, tmp_path)
    assert find_repeated_texts(tmp_path) == []


def test_a_file_is_not_read_ahead(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).random(1_000_000)
    pq.write_table(pa.table({"x": numbers}), tmp_path / "part.parquet", row_group_size=65_536)
    before = pa.total_allocated_bytes()
    batches = iterate_batches(tmp_path)
    assert next(batches).num_rows == 65_536
    assert pa.total_allocated_bytes() - before < numbers.nbytes / 2
    batches.close()  # type: ignore[attr-defined]


def test_a_type_that_no_kind_has_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([1], pa.int8())}), tmp_path / "part.parquet")
    with pytest.raises(ValueError, match=r"column 'x' .* int8"):
        read_kinds(tmp_path)


def test_row_hashes_tell_rows_apart_and_repetitions_alike() -> None:
    frame = pd.DataFrame({"x": [0.0, -0.0, np.nan, np.nan, 1.0], "s": ["a", "a", None, None, "a"]})
    first, second, third, fourth, fifth = hash_rows(frame)
    assert first == second != third == fourth != fifth
    assert first != fifth


def test_row_hashes_do_not_depend_on_the_index() -> None:
    frame = pd.DataFrame({"x": [1, 2]})
    assert list(hash_rows(frame)) == list(hash_rows(frame.set_index(pd.Index([7, 8]))))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1, 2, 3, 4], [[0], [1], [2], [3]]),
        ([1, 2, 1, 4], [[0, 2], [1], [3]]),
        ([1, 2, 1, 2], [[0, 2], [1, 3]]),
        ([1, 1, 1, 2, 2], [[0], [1], [2], [3], [4]]),
        ([], []),
    ],
    ids=["all differ", "a copy", "half are copies", "most repeat others", "no rows"],
)
def test_copies_form_a_block_while_most_rows_differ(column: list[int], expected: list[list[int]]) -> None:
    blocks = group_equal_rows(pd.DataFrame({"x": pd.array(column, dtype="int64")}))
    found = [np.flatnonzero(blocks == block).tolist() for block in np.unique(blocks)]
    assert sorted(found) == expected


@pytest.mark.parametrize("rows", [range(7), range(1), range(3, 11), range(9, 10), range(24, 25), range(25)])
def test_rows_are_read_by_their_numbers_across_groups_and_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: range
) -> None:
    monkeypatch.setattr(storage, "_HASH_ROWS", 4)
    monkeypatch.setattr(storage, "_PART_ROWS", 8)
    table = pa.table({"x": pa.array(range(25)), "y": pa.array(range(25))})
    write_table(table.to_batches(), table.schema, tmp_path / "t")
    assert len(list((tmp_path / "t").iterdir())) == 4
    assert count_rows(tmp_path / "t") == 25
    found = read_rows(tmp_path / "t", rows, ["x"])
    assert found.to_pydict() == {"x": list(rows)}


@pytest.mark.parametrize("type_", [pa.int64(), pa.float64(), pa.timestamp("us"), pa.string()])
def test_bytes_behind_a_null_do_not_change_the_digest(tmp_path: Path, type_: pa.DataType) -> None:
    values = pa.array(["1", "27", "3"]) if type_ == pa.string() else pa.array([1, 27, 3]).cast(type_)
    _, *buffers = values.buffers()
    hidden = pa.Array.from_buffers(type_, 3, [pa.py_buffer(bytes([0b101])), *buffers])
    clean = pa.array([values[0].as_py(), None, values[2].as_py()], type_)
    assert hidden == clean
    digests = [compute_digest(tmp_path / str(i), pa.table({"a": x})) for i, x in enumerate((hidden, clean))]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("type_", [pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us"), pa.string()])
def test_columns_of_nulls_and_without_rows_have_a_digest(tmp_path: Path, type_: pa.DataType) -> None:
    nulls = compute_digest(tmp_path / "nulls", pa.table({"a": pa.nulls(3, type_)}))
    assert nulls == compute_digest(tmp_path / "same", pa.table({"a": pa.array([None] * 3, type_)}))
    assert nulls != compute_digest(tmp_path / "empty", pa.table({"a": pa.array([], type_)}))


def test_long_texts_are_in_small_row_groups_and_do_not_change_the_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"n": range(100), "text": [f"{i} " + "x" * 1_000 for i in range(100)]})
    whole = compute_digest(tmp_path / "whole", table)
    assert count_row_groups(tmp_path / "whole") == 1
    monkeypatch.setattr(
        storage, "cut_long_texts", lambda group: (group.slice(at, 10) for at in range(0, 100, 10))
    )
    assert compute_digest(tmp_path / "cut", table) == whole
    assert count_row_groups(tmp_path / "cut") == 10
    assert open_table(tmp_path / "cut").to_table().equals(table)
