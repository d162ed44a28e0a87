"""The rows that repeat a value of an earlier row, in a table of any size."""

from typing import Any

from components._table.engine import TableEngine


def find_repeated(path: str, name: str, most: int, engine: TableEngine) -> tuple[int, list[tuple[int, Any]]]:
    """Return how many rows repeat a value of an earlier row, and the first of them with their values.

    Parameters
    ----------
    path : str
        The table's folder.
    name : str
        The column; null repeats nothing.
    most : int
        Most rows to return, which are counted from 0.
    engine : TableEngine
        The engine.
    """
    columns, number = engine.add_numbered_table("checked", path)
    value = columns[name]
    # All names are quoted.
    engine.store_query(
        "repeated_values",
        f"SELECT {value} AS value, count(*) - 1 AS n, min({number}) AS first FROM checked "  # noqa: S608
        f"WHERE {value} IS NOT NULL GROUP BY 1 HAVING count(*) > 1",
    )
    (found,) = engine.query_table("SELECT coalesce(sum(n), 0)::BIGINT AS n FROM repeated_values").to_pylist()
    rows = engine.query_table(
        f"SELECT {number} AS row, {value} AS value FROM checked "  # noqa: S608
        f"JOIN repeated_values AS r ON {value} = r.value WHERE {number} > r.first ORDER BY 1 LIMIT {most}"
    )
    engine.drop_query("repeated_values")
    return int(found["n"]), [(row["row"], row["value"]) for row in rows.to_pylist()]
