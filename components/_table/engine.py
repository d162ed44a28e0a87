"""DuckDB over tables on disk: results that need all values of a column at once, within a limit of memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa

from components._table.storage import read_arrow_schema
from components.errors import SuiteError
from components.machine import count_cpus

_BATCH_ROWS = 65_536


class EngineFailed(SuiteError):
    """Memory or the disk was not enough for a query."""


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
    """

    def __init__(self, memory: int, scratch: str | Path) -> None:
        self._scratch = Path(scratch)
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{memory}B",
                "temp_directory": str(scratch),
                "threads": count_cpus(),
                # An extension would come from the network.
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )

    def __enter__(self) -> "TableEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add_table(self, name: str, path: str | Path, columns: Sequence[str] | None = None) -> None:
        """Give a table a name for queries; NaN is null in it, as in every other stage.

        Parameters
        ----------
        name : str
            Its name.
        path : str or Path
            Folder of the table.
        columns : sequence of str, optional
            The names of its columns in queries, in order; by default their own. SQL does not distinguish
            small letters from capitals, and has neither empty names nor names with a NUL.
        """
        fields = list(read_arrow_schema(path))
        aliases = [f"v{position}" for position in range(len(fields))]
        selected = [
            f"{_select_known(alias, field.type)} AS {quote_name(shown)}"
            for alias, field, shown in zip(
                aliases, fields, columns or [field.name for field in fields], strict=True
            )
        ]
        files = sorted(str(file) for file in Path(path).glob("*.parquet"))
        source = f"read_parquet([{', '.join(map(_quote_text, files))}]) AS source({', '.join(aliases)})"
        # All names and paths in it are quoted.
        view = f"SELECT {', '.join(selected)} FROM {source}"  # noqa: S608
        self._connection.execute(f"CREATE VIEW {quote_name(name)} AS {view}")

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query as batches.

        Raises
        ------
        EngineFailed
            The memory, or the disk for what does not fit, was not enough.
        """
        with self._name_failures():
            yield from self._start(sql, parameters)

    def query_table(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Return the rows of a query of few rows, see ``query``."""
        with self._name_failures():
            return self._start(sql, parameters).read_all()

    def _start(self, sql: str, parameters: Sequence[object]) -> pa.RecordBatchReader:
        return self._connection.sql(sql, params=list(parameters)).to_arrow_reader(_BATCH_ROWS)

    @contextmanager
    def _name_failures(self) -> Iterator[None]:
        try:
            yield
        # A failure while a result is read may be one of Arrow, with the same words.
        except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
            raise EngineFailed(
                f"A query over a whole table failed: {str(error).splitlines()[0]}",
                f"Give the stage more memory, or more free space in {self._scratch}.",
            ) from None


def quote_name(name: str) -> str:
    """Return the name of a column or table as SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _select_known(column: str, type_: pa.DataType) -> str:
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END" if pa.types.is_floating(type_) else column


def _quote_text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
