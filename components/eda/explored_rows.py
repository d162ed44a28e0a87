"""The explored rows, on disk: batches, some rows chosen at random, and queries."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from components._problem.spec import Problem
from components._table.arrow import decode_texts, rechunk
from components._table.engine import TableEngine
from components._table.long_texts import shorten_texts
from components._table.sorted_numbers import are_sortable
from components._table.storage import count_rows, find_repeated_texts, iterate_batches, read_arrow_schema
from components._table.target import encode_target
from components.eda.equal_rows import EqualRows, group_rows
from components.eda.grouped_values import GroupedValues, read_first_row, store_values
from components.eda.ordered_numbers import NumberLoader, OrderedNumbers, StoredNumbers

_BATCH_ROWS = 65_536
# Columns that are read at a time, so that a batch of a wide table is not large.
_MOST_COLUMNS = 64
# Of few rows, several columns are read at a time, because each read takes a while.
_CELLS_AT_ONCE = 2_000_000
# Above this, rows are chosen without a permutation of all, which takes 8 bytes per row.
_MOST_PERMUTED_ROWS = 10_000_000
# Numbers of which more rows than this differ are sorted faster than grouped.
_VARIED_SHARE = 0.25
# Of more rows, some of the different ones are grouped, so that the groups need no more memory.
_MOST_GROUPED_ROWS = 250_000
_TABLE = "explored_rows"

_Column = TypeVar("_Column")


class ExploredRows:
    """The rows of a table that have a target value.

    Parameters
    ----------
    path : str
        Folder of the table.
    problem : Problem
        What to predict.
    engine : TableEngine
        Answers the queries.
    sample : str or None
        Folder of some of the rows, chosen at random; None, or one without rows, where there is none.

    Attributes
    ----------
    names : list of str
        The columns.
    n_rows : int
        Number of rows.
    """

    def __init__(self, path: str, problem: Problem, engine: TableEngine, sample: str | None = None) -> None:
        self._path = path
        self._sample = sample
        self._problem = problem
        self._engine = engine
        self._schema = read_arrow_schema(path)
        self.names = list(self._schema.names)
        self._columns: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        self._row_number = ""
        for block in self.iterate_blocks(self.names):
            source = self._add_source(block)
            self._sources |= dict.fromkeys(block, source)
        self.n_rows = int(self.query_values([problem.target], ["count(*)"])[0])
        self._has_rows_without_target = count_rows(path) > self.n_rows
        self._repeated_texts = find_repeated_texts(path)

    def get_column(self, name: str) -> str:
        """Return a column as SQL."""
        return self._columns[name]

    def query(self, names: Sequence[str], selected: Sequence[str], then: str = "") -> pa.Table:
        """Return the result of a query of these rows that has few rows.

        Parameters
        ----------
        names : sequence of str
            The columns in it.
        selected : sequence of str
            What to select, as SQL.
        then : str
            What follows the condition, as SQL.
        """
        # No value of a table is in it.
        sql = f"SELECT {', '.join(selected)} FROM {self._find_source(names)} {then}"  # noqa: S608
        return self._engine.query_table(sql)

    def query_values(self, names: Sequence[str], selected: Sequence[str]) -> list[Any]:
        """Return aggregates of these rows, given as SQL, in which there are some columns."""
        return read_first_row(self.query(names, selected))

    @contextmanager
    def group_values(self, name: str) -> Iterator["GroupedValues"]:
        """Give the values of a column with their rows; they are kept as long as the context lasts."""
        column = self.get_column(name)
        known = f"FROM {self._find_source([name])} AND {column} IS NOT NULL"
        if not self._has_numbers(name):
            sql = f"SELECT {column} AS v, count(*) AS n, min({self._row_number}) AS first {known} GROUP BY v"
        elif name in self._varied_columns:
            sql = f"SELECT {column} AS v, 1 AS n {known} ORDER BY v"
        else:
            sql = f"SELECT {column} AS v, count(*) AS n {known} GROUP BY v ORDER BY v"
        with store_values(self._engine, sql) as values:
            yield values

    @contextmanager
    def group_equal_rows(self, names: Sequence[str]) -> Iterator[EqualRows]:
        """Give the rows, of more than 250,000 a part, grouped by some columns while the context lasts."""
        columns = {name: self.get_column(name) for name in names}
        target = self._problem.target
        source = self._find_source([*names, target])
        n_parts = -(-self.n_rows // _MOST_GROUPED_ROWS)
        with group_rows(self._engine, source, columns, self.get_column(target), n_parts) as equal:
            yield equal

    def iterate_numbers(self, names: Sequence[str]) -> Iterator[tuple[str, OrderedNumbers]]:
        """Yield the numbers of some columns in order; in memory where they fit, until the next column."""
        if not are_sortable(self.n_rows, self._engine.memory):
            for name in names:
                with self.group_values(name) as values:
                    yield name, StoredNumbers(values, partial(self.iterate_batches, [name]))
            return
        n_at_once = max(1, _CELLS_AT_ONCE // max(1, self.n_rows))
        for first in range(0, len(names), n_at_once):
            block = names[first : first + n_at_once]
            loaded = {name: NumberLoader(self.n_rows) for name in block}
            for batch in self._iterate_known(self._path, block):
                for name, column in loaded.items():
                    column.add(batch.column(name))
            for name in block:
                yield name, loaded.pop(name).sort(self._targets)

    def iterate_batches(self, names: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
        """Yield some columns, with the target as numbers, in batches of one size in the rows' order.

        A column of few different texts is a dictionary and the place of each row's text in it.
        """
        return self._iterate_table(self._path, names)

    def iterate_blocks(self, columns: Sequence[_Column]) -> Iterator[Sequence[_Column]]:
        """Yield columns in blocks, each of which is narrow enough for ``iterate_batches``."""
        for first in range(0, len(columns), _MOST_COLUMNS):
            yield columns[first : first + _MOST_COLUMNS]

    def choose_rows(self, names: Sequence[str], n_most: int, *, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
        """Return some columns of at most ``n_most`` random rows in random order, and their targets.

        Up to 10 million rows, they do not depend on the memory. Of more, they are rows of the sample, if
        there is one, so that all need not be read.
        """
        path, n_rows = self._path, self.n_rows
        if n_rows > _MOST_PERMUTED_ROWS and self._sample is not None and count_rows(self._sample):
            path, n_rows = self._sample, count_rows(self._sample)
        drawn = _draw_rows(n_rows, n_most, seed)
        places = np.sort(drawn)
        order = np.searchsorted(places, drawn)
        frames, y = [pd.DataFrame(index=range(len(order)))], np.empty(0)
        for block in [*self.iterate_blocks(names)] or [[]]:
            pieces, targets = [], []
            n_seen = 0
            for batch, target in self._iterate_table(path, block):
                start, stop = np.searchsorted(places, [n_seen, n_seen + batch.num_rows])
                chosen = places[start:stop] - n_seen
                n_seen += batch.num_rows
                pieces.append(decode_texts(batch.take(pa.array(chosen))))
                targets.append(target[chosen])
            frames.append(pa.Table.from_batches(pieces).select(block).take(pa.array(order)).to_pandas())
            y = np.concatenate(targets)[order]
        return pd.concat(frames, axis="columns"), y

    def _iterate_table(self, path: str, names: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
        read = list(dict.fromkeys([*names, self._problem.target]))
        for batch in rechunk(self._iterate_known(path, read), _BATCH_ROWS):
            yield batch, self._encode_target(batch.column(self._problem.target))

    def _iterate_known(self, path: str, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield columns of the rows that have a target; few texts as dictionaries, long ones shortened."""
        target = self._problem.target
        if target not in names and not self._has_rows_without_target:
            return map(shorten_texts, iterate_batches(path, list(names), self._repeated_texts))
        read = list(dict.fromkeys([*names, target]))
        batches = map(shorten_texts, iterate_batches(path, read, self._repeated_texts))
        return map(self._drop_rows_without_target, batches)

    def _encode_target(self, target: pa.Array) -> np.ndarray:
        if self._problem.kind == "regression":
            return encode_target(target.to_pandas(), self._problem)
        # Of a class, a text for each row takes ten times the time of its place in a dictionary.
        encoded = target if isinstance(target, pa.DictionaryArray) else target.dictionary_encode()
        codes = encode_target(encoded.dictionary.to_pandas(), self._problem)
        return np.asarray(codes[encoded.indices.to_numpy()])

    def _find_source(self, names: Sequence[str]) -> str:
        """Return a table for queries that has some columns and is not wide, and the condition of its rows."""
        sources = {self._sources[name] for name in names}
        return sources.pop() if len(sources) == 1 else self._add_source(names)

    def _add_source(self, names: Sequence[str]) -> str:
        table = f"{_TABLE}_{len(self._sources)}"
        target = self._problem.target
        columns, self._row_number = self._engine.add_numbered_table(table, self._path, {*names, target})
        self._columns |= columns
        return f"{table} WHERE {columns[target]} IS NOT NULL"

    def _drop_rows_without_target(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        is_unknown = pc.is_null(batch.column(self._problem.target), nan_is_null=True)
        return batch.filter(pc.invert(is_unknown)) if is_unknown.true_count else batch

    def _has_numbers(self, name: str) -> bool:
        type_ = self._schema.field(name).type
        return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_))

    @cached_property
    def _targets(self) -> np.ndarray:
        """The target of each row, classes in as few bytes as possible."""
        is_number = self._problem.kind == "regression"
        type_ = np.float64 if is_number else np.min_scalar_type(len(self._problem.classes))
        targets = np.empty(self.n_rows, type_)
        n_seen = 0
        for batch, y in self.iterate_batches([]):
            targets[n_seen : n_seen + batch.num_rows] = y
            n_seen += batch.num_rows
        return targets

    @cached_property
    def _varied_columns(self) -> frozenset[str]:
        """The columns of numbers that are given row by row: grouping would take longer than sorting."""
        if self.n_rows <= _BATCH_ROWS:
            return frozenset()
        names = [name for name in self.names if self._has_numbers(name)]
        varied: list[str] = []
        for block in self.iterate_blocks(names):
            counts = self.query_values(
                block, [f"approx_count_distinct({self.get_column(name)})" for name in block]
            )
            varied += [name for name, n in zip(block, counts, strict=True) if n > self.n_rows * _VARIED_SHARE]
        return frozenset(varied)


def _draw_rows(n_rows: int, n_most: int, seed: int) -> np.ndarray:
    """Return the numbers of some rows in random order."""
    random = np.random.default_rng(seed)
    if n_rows > max(n_most, _MOST_PERMUTED_ROWS):
        return random.choice(n_rows, n_most, replace=False)
    return random.permutation(n_rows)[:n_most]
