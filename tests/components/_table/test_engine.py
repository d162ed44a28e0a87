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
