"""A sample of the training rows with the share of each class, chosen by the hashes of the rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.hash_sample import HashSample, mix_hashes
from components._table.row_hashes import RowHasher
from components._table.row_sample import RowSample
from components._table.storage import iterate_batches, read_arrow_schema
from components._table.target import encode_target
from components.split.frequent_hashes import FrequentHashes
from components.split.smallest_keys import SmallestKeys

_BATCH_ROWS = 65_536
# The number of different rows is known to 0.4 %.
_COUNTED = 65_536
# Folds and a holdout need rows of each class on both sides.
_LEAST_OF_CLASS = 20
# Copies of a row that are so many of the sample would be too many of it, or missing, if they stayed together.
_MOST_TOGETHER = 0.01


class _Rows(NamedTuple):
    """The rows of a table that are to be chosen from.

    Attributes
    ----------
    hashes : Path
        File of the 64-bit hash of each row by all its columns.
    codes : Path
        File of the 32-bit class of each row; 0 in regression.
    sizes : ndarray of int, shape (n_classes,)
        Rows of each class.
    frequent : FrequentHashes
        Rows that may have many copies.
    n_different : float
        Number of different rows.
    """

    hashes: Path
    codes: Path
    sizes: np.ndarray
    frequent: FrequentHashes
    n_different: float

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.sizes.sum())


def choose_sample(table: str, problem: Problem, n_rows: int, seed: int, scratch: str | Path) -> RowSample:
    """Choose rows of a table at random, with the share of each class to a row.

    A row is chosen by its hash, so that the same rows are chosen in any order and in any files. Copies of a
    row are chosen together; but if they are more than 1 % of the sample's size, or 1 / 4096 of the table, the
    sample has their share. If most rows repeat others, each row is chosen by its number instead, as in
    ``group_equal_rows``. A class has at least 20 rows in the sample, or all that it has.

    Parameters
    ----------
    table : str
        Folder of the table, all of whose rows have a target.
    problem : Problem
        The resolved problem.
    n_rows : int
        Wanted rows, less than the table has.
    seed : int
        Seed of the choice.
    scratch : str or Path
        Folder for 12 bytes per row of the table.
    """
    rows = _hash_rows(table, problem, seed, Path(scratch))
    wanted = _share_rows(rows.sizes, n_rows)
    wanted = np.maximum(wanted, np.minimum(rows.sizes, _LEAST_OF_CLASS))
    keeps_copies = rows.n_different >= rows.n_rows / 2
    frequent, sizes, of_class = _count_frequent(rows, n_rows) if keeps_copies else _find_nothing()
    # The copies of a frequent row are a stratum of their own.
    wanted_copies = np.zeros(len(frequent), dtype=np.int64)
    for code in np.unique(of_class):
        own = np.flatnonzero(of_class == code)
        rest = rows.sizes[code] - sizes[own].sum()
        *shares, wanted[code] = _share_rows(np.append(sizes[own], rest), int(wanted[code]))
        wanted_copies[own] = shares
    limits = [SmallestKeys(n) for n in (*wanted.tolist(), *wanted_copies.tolist())]

    def iterate_strata() -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield each stratum of each batch: its number, and the keys and numbers of its rows."""
        for start, hashes, codes in _iterate_rows(rows):
            numbers = np.arange(start, start + len(hashes))
            keys = mix_hashes(numbers, seed)
            if keeps_copies:
                place = _find_places(frequent, hashes)
                codes = np.where(place < 0, codes, len(wanted) + place)
                keys = np.where(place < 0, hashes, keys)
            order = np.argsort(codes, kind="stable")
            strata, starts = np.unique(codes[order], return_index=True)
            for stratum, own in zip(strata.tolist(), np.split(order, starts[1:]), strict=True):
                yield stratum, keys[own], numbers[own]

    for stratum, keys, _ in iterate_strata():
        limits[stratum].update(keys)
    chosen = [numbers[limits[stratum].take(keys)] for stratum, keys, numbers in iterate_strata()]
    return RowSample(np.sort(np.concatenate(chosen)))


def _hash_rows(table: str, problem: Problem, seed: int, scratch: Path) -> _Rows:
    hasher = RowHasher([table], read_arrow_schema(table).names)
    different, frequent = HashSample(_COUNTED), FrequentHashes()
    sizes = np.zeros(max(len(problem.classes), 1), dtype=np.int64)
    files = scratch / "hashes", scratch / "codes"
    with files[0].open("wb") as hash_file, files[1].open("wb") as code_file:
        for batch in iterate_batches(table):
            codes = np.zeros(batch.num_rows, dtype=np.int32)
            if problem.kind != "regression":
                target = pd.Series(batch.column(problem.target).to_pandas())
                codes = encode_target(target, problem).astype(np.int32)
            # The test rows may have been chosen by their hashes and the same seed: mix them once more.
            hashes = mix_hashes(mix_hashes(hasher.hash(batch), seed), 0)
            hashes.tofile(hash_file)
            codes.tofile(code_file)
            sizes += np.bincount(codes, minlength=len(sizes))
            different.update(hashes)
            frequent.update(hashes)
    return _Rows(*files, sizes, frequent, different.count_distinct())


def _iterate_rows(rows: _Rows) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield the number of the first row of a batch, the hashes and the classes."""
    with rows.hashes.open("rb") as hash_file, rows.codes.open("rb") as code_file:
        for start in range(0, rows.n_rows, _BATCH_ROWS):
            yield (
                start,
                np.fromfile(hash_file, np.uint64, _BATCH_ROWS),
                np.fromfile(code_file, np.int32, _BATCH_ROWS),
            )


def _share_rows(sizes: np.ndarray, n_rows: int) -> np.ndarray:
    """Return n_rows in proportion to sizes: whole numbers, by the largest remainders."""
    exact = sizes * (n_rows / sizes.sum())
    shares = np.floor(exact).astype(np.int64)
    missing = n_rows - int(shares.sum())
    largest = np.argsort(shares - exact, kind="stable")[:missing]
    shares[largest] += 1
    return np.asarray(np.minimum(shares, sizes))


def _count_frequent(rows: _Rows, n_wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the hashes of the frequent rows, ascending, how many copies each has, and their classes."""
    candidates = np.sort(rows.frequent.hashes)
    sizes = np.zeros(len(candidates), dtype=np.int64)
    of_class = np.zeros(len(candidates), dtype=np.int64)
    for _, hashes, codes in _iterate_rows(rows):
        place = _find_places(candidates, hashes)
        sizes += np.bincount(place[place >= 0], minlength=len(sizes))
        of_class[place[place >= 0]] = codes[place >= 0]
    # Candidates depend on the order of the rows, but all that have so many copies are among them.
    is_frequent = sizes > max(rows.n_rows / rows.frequent.size, _MOST_TOGETHER * n_wanted)
    return candidates[is_frequent], sizes[is_frequent], of_class[is_frequent]


def _find_nothing() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)


def _find_places(known: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Return where each hash is among known ones, ascending; -1 if it is not."""
    if not len(known):
        return np.full(len(hashes), -1)
    place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.where(known[place] == hashes, place, -1)
