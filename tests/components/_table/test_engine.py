from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from components._table.engine import EngineFailed, TableEngine, quote_name
from components._table.storage import write_table

_NAME = 'it\'s "Ä"'


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[TableEngine]:
    table = pa.table({_NAME: [2.0, float("nan"), None, -0.0, 0.0], "key": [1, 2, None, 4, 5]})
    write_table(table.to_batches(), table.schema, tmp_path / "it's a table")
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        engine.add_table("t", tmp_path / "it's a table")
        yield engine


def test_nan_is_null_and_both_zeros_are_one_value(engine: TableEngine) -> None:
    name = quote_name(_NAME)
    found = engine.query_table(f"SELECT {name} v, count(*) n FROM t GROUP BY 1 ORDER BY 1 NULLS FIRST")
    assert found.to_pydict() == {"v": [None, 0.0, 2.0], "n": [2, 2, 1]}


def test_parameters_are_values(engine: TableEngine) -> None:
    assert engine.query_table("SELECT key FROM t WHERE key > ?", [3]).to_pydict() == {"key": [4, 5]}


def test_a_result_without_rows_has_its_columns(engine: TableEngine) -> None:
    assert engine.query_table("SELECT key FROM t WHERE false").schema == pa.schema({"key": pa.int64()})


def test_too_little_memory_is_named(engine: TableEngine) -> None:
    query = "SELECT list(range) FROM range(100000000)"
    with pytest.raises(EngineFailed, match=r"Out of Memory(.|\n)*Give the stage more memory"):
        list(engine.query(query))
    with pytest.raises(EngineFailed, match=r"Out of Memory"):
        engine.query_table(query)


def test_the_column_of_a_query_that_fails_is_named(engine: TableEngine) -> None:
    with pytest.raises(EngineFailed, match=r'A query over the column "key" failed: Out of Memory'):
        engine.store_query("pairs", 'SELECT list(range + "key") FROM t, range(100000000)')


def test_columns_without_a_name_or_of_names_that_differ_in_case_are_told_apart(tmp_path: Path) -> None:
    names = ["A", "a", "", "a_", "row", "file_row_number", "Ä", "ä"]
    table = pa.table({name: [at, at + 10] for at, name in enumerate(names)})
    # Not a partition: the folder is no column.
    write_table(table.to_batches(), table.schema, tmp_path / "k=3")
    with TableEngine(256 << 20, tmp_path) as engine:
        columns, row = engine.add_numbered_table("t", tmp_path / "k=3")
        assert list(columns) == names
        found = engine.query_table(f"SELECT {', '.join([*columns.values(), row])} FROM t")
        assert [column.to_pylist() for column in found.columns] == [
            *([at, at + 10] for at in range(len(names))),
            [0, 1],
        ]
        assert engine.add_table("t", tmp_path / "k=3") == columns


def test_rows_are_numbered_through_all_files(tmp_path: Path) -> None:
    for part in range(12):
        rows = pa.table({"x": pa.array(range(part), pa.int64())})
        write_table(rows.to_batches(), rows.schema, tmp_path / f"p{part}")
        (tmp_path / f"p{part}" / "part-00000.parquet").rename(tmp_path / f"part-{part:05d}.parquet")
    with TableEngine(256 << 20, tmp_path) as engine:
        columns, row = engine.add_numbered_table("t", tmp_path)
        found = engine.query_table(f"SELECT {row}, {columns['x']} FROM t ORDER BY 1").columns
    assert found[0].to_pylist() == list(range(66))
    assert found[1].to_pylist() == [x for part in range(12) for x in range(part)]


def test_the_rows_of_a_query_are_kept_until_they_are_dropped(engine: TableEngine) -> None:
    engine.store_query("kept", "SELECT 1 AS x")
    engine.store_query("kept", "SELECT 2 AS x")
    assert engine.query_table("SELECT x FROM kept").to_pydict() == {"x": [2]}
    engine.drop_query("kept")
    engine.drop_query("kept")
    with pytest.raises(EngineFailed, match="Out of Memory"):
        engine.store_query("kept", "SELECT list(range) FROM range(100000000)")


def test_an_engine_that_is_not_asked_does_not_start(tmp_path: Path) -> None:
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        pass
    assert "_connection" not in vars(engine)


def test_only_some_columns_are_given_with_the_numbers_of_the_rows(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2], "X": [3, 4], "y": [5, 6]})
    write_table(table.to_batches(), table.schema, tmp_path / "table")
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        columns, row = engine.add_numbered_table("t", tmp_path / "table", {"X", "y"})
        found = engine.query_table(f"SELECT {columns['X']} AS a, {row} AS b, t.* FROM t").to_pydict()
    assert list(columns) == ["X", "y"]
    assert (found["a"], found["b"], len(found)) == ([3, 4], [0, 1], 5)
