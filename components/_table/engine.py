"""DuckDB over tables on disk: results that need all values of a column at once, within a limit of memory."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from components._table.long_texts import build_short_text
from components._table.storage import read_arrow_schema
from components.errors import SuiteError, format_list
from components.machine import count_cpus

_BATCH_ROWS = 65_536


class EngineFailed(SuiteError):
    """Memory or the disk was not enough for a query."""


class _Source(NamedTuple):
    """The files of a table, and each of its columns with its value, as SQL."""

    files: str
    columns: dict[str, str]


class TableEngine:
    """Answers SQL about tables on disk; what does not fit into its memory goes to a folder.

    Ask it for what does not depend on the order of the work: counts, extremes, values in order, sums of
    integers. Its threads add floats in any order, so that their sums differ in the last digits.

    Parameters
    ----------
    memory : int
        Bytes that it may use, beside those of the process.
    scratch : str or Path
        Folder for what does not fit.

    Attributes
    ----------
    memory : int
        Bytes that it may use.
    """

    def __init__(self, memory: int, scratch: str | Path) -> None:
        self._scratch = Path(scratch)
        self.memory = memory
        self._sources: dict[str, _Source] = {}

    def __enter__(self) -> "TableEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_connection" in vars(self):
            self._connection.close()

    def add_table(self, name: str, path: str | Path) -> dict[str, str]:
        """Give a table a name for queries; NaN is null in it, as in every other stage.

        Long texts are shortened, see ``build_short_text``: the engine holds 2,048 values of a column at once.

        Parameters
        ----------
        name : str
            The name, which may be given again to another table.
        path : str or Path
            The table's folder.

        Returns
        -------
        dict of str to str
            Each column as SQL: the engine knows no names that are empty or differ in case only.
        """
        return self._add_view(name, path, {})

    def add_numbered_table(
        self, name: str, path: str | Path, only: Collection[str] | None = None
    ) -> tuple[dict[str, str], str]:
        """Give a table a name, see ``add_table``; return also the column with its rows' numbers, from 0.

        ``only`` are the columns to give, None for all: each column of a table costs time in each query.
        """
        files = _list_files(path)
        firsts = itertools.accumulate((pq.read_metadata(file).num_rows for file in files), initial=0)
        row = "row"
        while row in read_arrow_schema(path).names:
            row += "_"
        number = f"([{', '.join(map(str, firsts))}][file_index::BIGINT + 1] + file_row_number)::BIGINT"
        columns = self._add_view(name, path, {row: number}, only)
        return columns, columns.pop(row)

    def select(self, name: str, columns: Iterable[str]) -> str:
        """Return some columns of a table as SQL; of a wide table, faster to look up than by its name.

        Parameters
        ----------
        name : str
            The table.
        columns : iterable of str
            Columns, as SQL.
        """
        source = self._sources[name]
        # All names and paths in it are quoted.
        return f"(SELECT {', '.join(source.columns[column] for column in columns)} FROM {source.files})"  # noqa: S608

    def store_query(self, name: str, sql: str) -> None:
        """Give the rows of a query a name for further queries; they replace those that had it.

        Raises
        ------
        EngineFailed
            The memory, or the disk for what does not fit, was not enough.
        """
        with self._name_failures(sql):
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {quote_name(name)} AS {sql}")

    def drop_query(self, name: str) -> None:
        """Free the memory and the disk of rows that ``store_query`` named."""
        self._connection.execute(f"DROP TABLE IF EXISTS {quote_name(name)}")

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query as batches.

        Raises
        ------
        EngineFailed
            The memory, or the disk for what does not fit, was not enough.
        """
        with self._name_failures(sql):
            yield from self._start(sql, parameters)

    def query_table(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Return the rows of a query of few rows, see ``query``."""
        with self._name_failures(sql):
            return self._start(sql, parameters).read_all()

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, from the first question on: to start takes about 20 ms."""
        connection = duckdb.connect(
            config={
                "memory_limit": f"{self.memory}B",
                "temp_directory": str(self._scratch),
                "threads": count_cpus(),
                # An extension would come from the network.
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        # It would read a column of a whole row group at once, which may have all rows.
        connection.execute("SET disable_parquet_prefetching = true")
        return connection

    def _add_view(
        self, name: str, path: str | Path, more: dict[str, str], only: Collection[str] | None = None
    ) -> dict[str, str]:
        fields = list(read_arrow_schema(path))
        places = [f"c{at}" for at in range(len(fields))]
        values = [_select_value(at, field.type) for at, field in zip(places, fields, strict=True)]
        names = [*(field.name for field in fields), *more]
        quoted = dict(zip(names, map(quote_name, _rename_columns(names)), strict=True))
        given = dict(zip(quoted, [*values, *more.values()], strict=True))
        columns = {
            quoted[column]: f"{value} AS {quoted[column]}"
            for column, value in given.items()
            if only is None or column in only or column in more
        }
        files = ", ".join(map(_quote_text, _list_files(path)))
        # A folder that is called a=1 would be a column.
        source = f"read_parquet([{files}], hive_partitioning = false) AS files({', '.join(places)})"
        self._sources[name] = _Source(source, columns)
        # All names and paths in it are quoted.
        view = f"CREATE OR REPLACE VIEW {quote_name(name)} AS SELECT * FROM {self.select(name, columns)}"  # noqa: S608
        self._connection.execute(view)
        return {name: column for name, column in quoted.items() if column in columns}

    def _start(self, sql: str, parameters: Sequence[object]) -> pa.RecordBatchReader:
        return self._connection.sql(sql, params=list(parameters)).to_arrow_reader(_BATCH_ROWS)

    @contextmanager
    def _name_failures(self, sql: str) -> Iterator[None]:
        try:
            yield
        # A failure while a result is read may be one of Arrow, with the same words.
        except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
            raise EngineFailed(
                f"A query over {self._describe_columns(sql)} failed: {str(error).splitlines()[0]}",
                f"Give the stage more memory, or more free space in {self._scratch}.",
            ) from None

    def _describe_columns(self, sql: str) -> str:
        """Return in words which columns of the tables a query names."""
        columns = [column for source in self._sources.values() for column in source.columns]
        named = list(dict.fromkeys(column for column in columns if column in sql))
        if not named:
            return "a whole table"
        return f"the column{'' if len(named) == 1 else 's'} {format_list(named)}"


def quote_name(name: str) -> str:
    """Return the name of a column or table as SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _select_value(column: str, type_: pa.DataType) -> str:
    if pa.types.is_floating(type_):
        return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"
    return build_short_text(column) if pa.types.is_string(type_) else column


def _list_files(path: str | Path) -> list[str]:
    return sorted(str(file) for file in Path(path).glob("*.parquet"))


def _rename_columns(names: Sequence[str]) -> list[str]:
    """Return names that are not empty, and differ in more than case."""
    renamed: list[str] = []
    known: set[str] = set()
    for name in names:
        new = name or "_"
        while new.casefold() in known or (new != name and new in names):
            new += "_"
        known.add(new.casefold())
        renamed.append(new)
    return renamed


def _quote_text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
