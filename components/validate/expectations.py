"""What a team expects of the table: what breaks it, and which rows are set aside for that."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

import pyarrow as pa

from components._expectations.spec import Expectations
from components._expectations.table_check import (
    TableResult,
    check_table,
    has_values,
    iterate_rows,
    list_reasons,
)
from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.notice import Notice
from components._table.quarantine import Origin, SetAside, write_quarantine
from components._table.row_mask import RowMask
from components._table.storage import count_rows, iterate_batches, read_arrow_schema, write_table
from components.errors import format_count

# With more of them set aside, the rest would no longer be the table that somebody wanted a model of.
_MOST_SET_ASIDE = 0.5
# Their columns may be missing in the user's test table, which then has no value in them.
_NEEDLESS_ROLES = ("identifier", "group", "event time")
_OFFER = "Or set such rows aside: quarantine: true."


class ExpectedTable(NamedTuple):
    """A table as it is after its check.

    Attributes
    ----------
    path : str
        Folder of its rows without those that are set aside.
    is_set_aside : RowMask
        Which rows of the whole table are.
    """

    path: str
    is_set_aside: RowMask

    @property
    def n_set_aside(self) -> int:
        """Number of rows that are set aside."""
        return self.is_set_aside.n_chosen

    def count_row(self, row: int) -> int:
        """Return the number in the whole table of a row of the rest, both counted from 1."""
        return self.is_set_aside.find_other(row - 1) + 1


class ExpectationCheck:
    """The check of the table, and of the user's test table, against expectations.

    Used as a context, because the rest of a table of which rows are set aside is a temporary copy.

    Parameters
    ----------
    expectations : Expectations
        What is expected; nothing if it is empty.
    problem : Problem
        The problem as the user wrote it.
    dataset, own_test : str or None
        Folders of the tables.
    engine : TableEngine
        The engine that finds values that repeat.

    Attributes
    ----------
    source, test : ExpectedTable
        The table and the test table; the latter is None if there is none.
    """

    def __init__(
        self,
        expectations: Expectations,
        problem: Problem,
        dataset: str,
        own_test: str | None,
        engine: TableEngine,
    ) -> None:
        self.expectations = expectations
        self._engine = engine
        self._scratch = TemporaryDirectory(prefix="expectations-")
        self._notices: list[Notice] = []
        self._set_aside: list[SetAside] = []
        self._schema: pa.Schema = read_arrow_schema(dataset)
        self.source = self._check(dataset, "source", problem)
        self.test = None if own_test is None else self._check(own_test, "test", problem)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was found."""
        return tuple(self._notices)

    @property
    def n_set_aside(self) -> int:
        """Number of rows of both tables that are set aside."""
        return self.source.n_set_aside + (self.test.n_set_aside if self.test else 0)

    def write_quarantine(self, path: str) -> dict[str, int | str]:
        """Write the rows that are set aside, and return the metadata of their table."""
        info = write_quarantine(self._set_aside, self._schema, path)
        facts = info.to_metadata()
        if self.expectations != Expectations():
            facts["expectations_sha256"] = self.expectations.sha256
        return facts

    def _check(self, path: str, origin: Origin, problem: Problem) -> ExpectedTable:
        nobody = ExpectedTable(path, RowMask(count_rows(path)))
        is_test = origin == "test"
        if self.expectations == Expectations() or (is_test and not nobody.is_set_aside.n_rows):
            return nobody
        where = " of the test table" if is_test else ""
        absent = list(_iterate_absent(path, problem)) if is_test else []
        found = check_table(path, self.expectations, self._engine, where, absent, counts_rows=not is_test)
        n_rows, n_broken = found.is_broken_row.n_rows, found.is_broken_row.n_chosen
        is_quarantined = self.expectations.quarantine and 0 < n_broken <= _MOST_SET_ASIDE * n_rows
        self._notices += _list_notices(found, is_quarantined, self.expectations, where)
        if not is_quarantined:
            return nobody
        self._notices.append(
            Notice(
                "warning",
                f"{format_count(n_broken, 'row')} of {n_rows:,}{where} "
                f"{'is' if n_broken == 1 else 'are'} set aside, and no model learns from them or is judged "
                f"by them. They are in the artifact quarantine, each with its row and the reason.",
            )
        )
        self._set_aside.append(
            SetAside(
                origin,
                iterate_rows(path),
                found.is_broken_row,
                lambda rows: list_reasons(found.checks, rows),
            )
        )
        return ExpectedTable(self._write_rest(path, found.is_broken_row, origin), found.is_broken_row)

    def _write_rest(self, path: str, is_set_aside: RowMask, origin: Origin) -> str:
        def iterate_rest() -> Iterator[pa.RecordBatch]:
            start = 0
            for batch in iterate_batches(path):
                yield batch.filter(pa.array(~is_set_aside.read(start, batch.num_rows)))
                start += batch.num_rows

        folder = Path(self._scratch.name) / origin
        write_table(iterate_rest(), read_arrow_schema(path), folder)
        return str(folder)


def _list_notices(
    found: TableResult, is_quarantined: bool, expectations: Expectations, where: str
) -> Iterator[Notice]:
    if not found.broken:
        yield Notice(
            "note", f"The {'test ' if where else ''}table is as expected: {expectations.summary} checked."
        )
    has_rows = any(broken.is_about_rows for broken in found.broken)
    for text, remedy, is_about_rows in found.broken:
        if is_about_rows and is_quarantined:
            yield Notice("warning", text, "Such rows are set aside.")
        elif is_about_rows and not expectations.quarantine:
            yield Notice("error", text, f"{remedy} {_OFFER}")
        else:
            yield Notice("error", text, remedy)
    if has_rows and expectations.quarantine and not is_quarantined:
        n_rows, n_broken = found.is_broken_row.n_rows, found.is_broken_row.n_chosen
        yield Notice(
            "error",
            f"{n_broken:,} of {format_count(n_rows, 'row')}{where} break the expectations, which is more "
            f"than half, so they are not set aside.",
            "Check the source, and whether the file of the expectations is about it.",
        )


def _iterate_absent(path: str, problem: Problem) -> Iterator[str]:
    """Yield the columns that a test table probably does not have: it may lack them, and they are empty."""
    names = read_arrow_schema(path).names
    for name, role in problem.withheld_columns.items():
        if role in _NEEDLESS_ROLES and name in names and not has_values(path, name):
            yield name
