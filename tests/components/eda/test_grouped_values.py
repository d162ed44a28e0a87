import pyarrow as pa

from components._table.engine import TableEngine
from components.eda.grouped_values import read_first_row, store_values

VALUES = "SELECT * FROM (VALUES (1.0, 2), (4.0, 3)) AS found(v, n)"


def test_values_are_at_hand_as_long_as_the_context_lasts(tmp_path):
    with TableEngine(256 << 20, tmp_path) as engine:
        with store_values(engine, VALUES) as values:
            assert values.query_values(["count(*)", "max(n) FILTER (v < ?)"], [4.0]) == [2, 2]
            (batch,) = values.iterate("WHERE v > ?", [1.0])
        assert batch.to_pydict() == {"v": [4.0], "n": [3]}
        tables = engine.query_table("SELECT table_name FROM duckdb_tables()")
        assert tables.num_rows == 0


def test_the_first_row_is_read():
    assert read_first_row(pa.table({"a": [1, 2], "b": [None, "x"]})) == [1, None]
