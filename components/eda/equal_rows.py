"""Rows that are equal in some columns, with their targets, which an engine groups and keeps."""

# All names in queries are quoted by the engine.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from components._table.engine import TableEngine

_PAIRS, _GROUPS = "equal_rows_by_target", "equal_rows"


class EqualRows:
    """Rows grouped by the hash of some columns.

    Its relation has a row for each group: ``row_hash``; ``size``, its rows; ``n_targets``, its different
    targets; ``most``, the rows of the most frequent of them; and ``least``, those of the smallest target of
    all rows.
    """

    def __init__(self, engine: TableEngine, source: str, columns: Mapping[str, str], key: str) -> None:
        self._engine, self._source, self._columns, self._key = engine, source, columns, key

    def query(self, selected: Sequence[str], then: str = "") -> list[list[Any]]:
        """Return the columns of a query of the groups, given as SQL; ``then`` follows the selection."""
        found = self._engine.query_table(f"SELECT {', '.join(selected)} FROM {_GROUPS} {then}")
        return [column.to_pylist() for column in found.columns]

    def read_targets(self, groups: Sequence[int] | None = None) -> pd.DataFrame:
        """Return ``row_hash``, ``target`` and ``n``, its rows, of groups with several targets, in order.

        ``groups`` are the hashes of those to return; None for all.
        """
        chosen = (
            f"SELECT row_hash FROM {_GROUPS} WHERE n_targets > 1" if groups is None else _list_hashes(groups)
        )
        sql = f"SELECT row_hash, target, n FROM {_PAIRS} WHERE row_hash IN ({chosen}) ORDER BY 1, 2"
        found: pd.DataFrame = self._engine.query_table(sql).to_pandas()
        return found

    def read_cells(self, groups: Sequence[int], names: Sequence[str]) -> pd.DataFrame:
        """Return some of the columns of groups, given by their hashes and in their order."""
        values = ", ".join(f"any_value({self._columns[name]})" for name in names)
        sql = f"SELECT {self._key}, {values} FROM {self._source} AND {self._key} IN ({_list_hashes(groups)})"
        found: pd.DataFrame = self._engine.query_table(f"{sql} GROUP BY 1").to_pandas()
        found.columns = pd.Index(["", *names])
        return found.set_index("").loc[list(groups)].reset_index(drop=True)


@contextmanager
def group_rows(
    engine: TableEngine, source: str, columns: Mapping[str, str], target: str, n_parts: int
) -> Iterator[EqualRows]:
    """Group rows; the engine keeps the groups as long as the context lasts.

    Parameters
    ----------
    engine : TableEngine
        The engine.
    source : str
        A relation and its condition, as SQL.
    columns : mapping of str to str
        The columns that are equal, by name, as SQL.
    target : str
        The target, as SQL.
    n_parts : int
        Of so many parts of the rows, only one is grouped. A row's part follows from its hash, so that equal
        rows are in one.
    """
    key = f"hash({', '.join(columns.values())})"
    part = f"AND {key} % {n_parts} = 0" if n_parts > 1 else ""
    try:
        engine.store_query(
            _PAIRS,
            f"SELECT {key} AS row_hash, {target} AS target, count(*) AS n FROM {source} {part} GROUP BY 1, 2",
        )
        engine.store_query(
            _GROUPS,
            "SELECT row_hash, sum(n)::BIGINT AS size, count(*) AS n_targets, max(n) AS most, "
            f"coalesce(sum(n) FILTER (target = (SELECT min(target) FROM {_PAIRS})), 0)::BIGINT AS least "
            f"FROM {_PAIRS} GROUP BY 1",
        )
        yield EqualRows(engine, source, columns, key)
    finally:
        engine.drop_query(_GROUPS)
        engine.drop_query(_PAIRS)


def _list_hashes(groups: Sequence[int]) -> str:
    return ", ".join(map(str, groups))
