"""The true targets that arrive late, joined with the logged rows by their keys."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components._problem.monitoring import REQUEST_ID
from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.storage import iterate_batches, read_arrow_schema
from components._table.target import encode_target
from components.errors import InvalidData, format_count, format_list

# A table with more wrong values is of another target.
_MOST_UNKNOWN = 1_000
_SEPARATOR = "\x1f"
_KEYED = pa.schema(
    [("hash", pa.int64()), ("key", pa.string()), ("target", pa.float64()), ("row", pa.int64())]
)
_GROUPED = (
    "SELECT hash, min(target) AS low, max(target) AS high, count(*) AS n, min(row) AS row "
    "FROM keyed GROUP BY hash"
)
_FIRST_CONFLICT = (
    "SELECT min(key) FROM keyed WHERE hash IN (SELECT hash FROM keyed GROUP BY hash "
    "HAVING min(target) <> max(target))"
)


class KnownTruth(NamedTuple):
    """Encoded targets by key. The arrays are files of the stage's scratch folder, read where they are needed.

    Attributes
    ----------
    keys : tuple of str
        The columns that together name a row.
    hashes : ndarray of int64, shape (n_keys,)
        The hashes of the keys, ascending. Two of a thousand million keys share one with a probability of 3 %.
    targets : ndarray of float64, shape (n_keys,)
        The encoded target of each.
    rows : ndarray of int64, shape (n_keys,)
        The first row of each in the table.
    notes : tuple of str
        What was left out, as sentences.
    others : tuple of str
        The columns with a role that came along.
    table : Path
        The table.
    """

    keys: tuple[str, ...]
    hashes: np.ndarray
    targets: np.ndarray
    rows: np.ndarray
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    table: Path = Path()

    @classmethod
    def from_targets(cls, keys: tuple[str, ...], targets: pd.Series) -> "KnownTruth":
        """Return encoded targets that are in memory, by their keys as texts, each once."""
        hashes = _hash_keys(pa.array([*targets.index], pa.string()))
        order = np.argsort(hashes)
        return cls(keys, hashes[order], targets.to_numpy(np.float64)[order], order)

    def find(self, table: pa.Table) -> np.ndarray:
        """Return the position of each row's key among those that are known; -1 without one.

        Parameters
        ----------
        table : pyarrow Table of n_rows
            Rows of the log, as ``LogReader.read`` yields them, with these keys.
        """
        names = ["id" if name == REQUEST_ID else f"key:{name}" for name in self.keys]
        joined = _join_keys([table[name].combine_chunks() for name in names])
        found = np.full(table.num_rows, -1, dtype=np.int64)
        if not len(self.hashes):
            return found
        is_named = pc.is_valid(joined).to_numpy(zero_copy_only=False)
        hashes = _hash_keys(joined.drop_null())
        places = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        found[is_named] = np.where(self.hashes[places] == hashes, places, -1)
        return found

    def find_targets(self, table: pa.Table) -> np.ndarray:
        """Return the encoded target of each row of the log, see ``find``; NaN where it is not known."""
        found = self.find(table)
        targets = np.full(len(found), np.nan)
        is_known = found >= 0
        targets[is_known] = self.targets[found[is_known]]
        return targets

    def read_others(self, found: np.ndarray) -> pa.Table:
        """Return the columns with a role of keys that were found, in their order."""
        if not self.others:
            return pa.table({})
        wanted, place_of_row = np.unique(self.rows[found], return_inverse=True)
        pieces, start = [], 0
        for batch in iterate_batches(self.table, list(self.others)):
            first, end = np.searchsorted(wanted, [start, start + batch.num_rows])
            pieces.append(batch.take(pa.array(wanted[first:end] - start)))
            start += batch.num_rows
        return pa.Table.from_batches(pieces).take(pa.array(place_of_row))

    def describe_matches(self, n_matched: int) -> Iterator[str]:
        """Yield a sentence if truth matches no logged row."""
        if len(self.targets) and not n_matched:
            yield (
                f"None of the {len(self.targets):,} true targets matches a logged row by "
                f"{format_list(self.keys)}. Check that requests send these columns, with the same values."
            )


def read_truth(path: str | Path, problem: Problem, memory: int, scratch: Path) -> KnownTruth:
    """Return the true targets of a table by their keys.

    Parameters
    ----------
    path : str or Path
        The table that ingest wrote: the target and the keys, typed.
    problem : Problem
        The resolved problem.
    memory : int
        Bytes that the search for equal keys may use.
    scratch : Path
        An empty folder, which must exist for as long as the result is used.

    Raises
    ------
    InvalidData
        A target is not a class of the problem.
    EngineFailed
        The memory, or the disk of the scratch folder, was not enough.
    """
    names = read_arrow_schema(path).names
    keys = tuple(name for name in problem.identifiers if name in names) or (REQUEST_ID,)
    others = tuple(name for name in names if name not in (problem.target, REQUEST_ID, *problem.identifiers))
    keyed = scratch / "keyed"
    keyed.mkdir()
    n_rows, n_known = _write_keyed(path, keys, problem, keyed / "part.parquet")
    notes = []
    if n_known < n_rows:
        notes.append(
            f"Not used: {format_count(n_rows - n_known, 'row')} of the truth without a target or a key."
        )
    if not n_known:
        nothing = np.empty(0, dtype=np.int64)
        return KnownTruth(keys, nothing, np.empty(0), nothing, tuple(notes), others, Path(path))
    with TableEngine(memory, scratch) as engine:
        engine.add_table("keyed", keyed)
        index = _write_index(engine, scratch)
        if index.n_conflicting:
            first = engine.query_table(_FIRST_CONFLICT).column(0)[0].as_py()
            notes.append(
                f"Not used: {format_count(index.n_conflicting, 'key')} with several different targets, for "
                f"example {first!r}."
            )
    if index.n_double:
        notes.append(
            f"Counted once: keys that {format_count(index.n_double, 'row')} of the truth repeat with an "
            "equal target."
        )
    return KnownTruth(keys, index.hashes, index.targets, index.rows, tuple(notes), others, Path(path))


class _Index(NamedTuple):
    """The columns of ``KnownTruth``, and how many keys conflict and how many rows are double."""

    hashes: np.ndarray
    targets: np.ndarray
    rows: np.ndarray
    n_conflicting: int
    n_double: int


def _write_keyed(path: str | Path, keys: tuple[str, ...], problem: Problem, file: Path) -> tuple[int, int]:
    """Write the rows with a target and all keys, and return the numbers of all rows and of these."""
    n_rows = n_known = 0
    unknown: set[object] = set()
    with pq.ParquetWriter(file, _KEYED) as writer:
        for batch in iterate_batches(path, list(dict.fromkeys([problem.target, *keys]))):
            target = batch.column(problem.target).to_pandas()
            joined = _join_keys([batch.column(name) for name in keys])
            is_known = target.notna().to_numpy() & pc.is_valid(joined).to_numpy(zero_copy_only=False)
            target, texts = target[is_known], joined.filter(pa.array(is_known))
            unknown |= set(target) - set(problem.classes) if problem.classes else set()
            if len(unknown) > _MOST_UNKNOWN:
                break
            if not unknown:
                rows = n_rows + np.flatnonzero(is_known)
                encoded = encode_target(target, problem).astype(np.float64)
                writer.write_batch(pa.record_batch([_hash_keys(texts), texts, encoded, rows], schema=_KEYED))
            n_rows += batch.num_rows
            n_known += len(target)
    if unknown:
        at_least = "at least " if len(unknown) > _MOST_UNKNOWN else ""
        raise InvalidData(
            f"The truth has values of {problem.target!r} that are not classes of the model: {at_least}"
            f"{format_list(sorted(map(str, unknown)))}.",
            "Correct them, or train a model that knows these classes.",
        )
    return n_rows, n_known


def _write_index(engine: TableEngine, scratch: Path) -> _Index:
    """Return each key once, in the order of the hashes; those with several targets are left out."""
    n_conflicting = n_double = 0
    names = ("hashes", "targets", "rows")
    kinds = (np.int64, np.float64, np.int64)
    with ExitStack() as stack:
        files = [stack.enter_context((scratch / name).open("wb")) for name in names]
        for batch in engine.query(f"{_GROUPED} ORDER BY hash"):
            hashes, low, high, n, rows = (column.to_numpy() for column in batch.columns)
            is_clear = low == high
            n_conflicting += int((~is_clear).sum())
            n_double += int((n[is_clear] - 1).sum())
            for file, values in zip(files, (hashes, low, rows), strict=True):
                file.write(np.ascontiguousarray(values[is_clear]).data)
    arrays = (_map_file(scratch / name, kind) for name, kind in zip(names, kinds, strict=True))
    return _Index(*arrays, n_conflicting, n_double)


def _map_file(file: Path, kind: type) -> np.ndarray:
    # An empty file cannot be mapped.
    return np.memmap(file, kind, "r") if file.stat().st_size else np.empty(0, kind)


def _join_keys(columns: Sequence[pa.Array]) -> pa.StringArray:
    """Return one text for each row; null for a row without all keys."""
    return pc.binary_join_element_wise(*map(_format_keys, columns), _SEPARATOR)


def _format_keys(column: pa.Array) -> pa.StringArray:
    if pa.types.is_string(column.type) or pa.types.is_integer(column.type):
        return column.cast(pa.string())
    return pa.array(column.to_pandas().map(_format_key, na_action="ignore"), pa.string(), from_pandas=True)


def _format_key(value: object) -> str:
    # A column of whole numbers with nulls may be one of floats.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _hash_keys(texts: pa.StringArray) -> np.ndarray:
    # Signed, because DuckDB and Arrow then agree on the order without a cast.
    hashes = pd.util.hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)
    return np.asarray(hashes).view(np.int64)
