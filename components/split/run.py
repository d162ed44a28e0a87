"""Read the table, choose the test rows, write both sides and a sample of the training rows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from components._problem.spec import Problem
from components._table.learning_rows import choose_rows_to_learn_from, count_rows_in_memory
from components._table.quarantine import QuarantinedRows
from components._table.row_hashes import RowHasher
from components._table.storage import (
    TableInfo,
    count_rows,
    iterate_batches,
    read_arrow_schema,
    read_frame,
    write_table,
)
from components.events import emit
from components.memory import DEFAULT_MEMORY, resolve_memory
from components.split.assignment import (
    assign_rows,
    has_random_choice,
    list_deciding_columns,
    list_hashed_columns,
    require_folds,
)
from components.split.deciding_rows import RowSource
from components.split.disk_assignment import DiskSplit, assign_own_test
from components.split.overlap import Side, describe_overlap, find_overlap
from components.split.settings import Settings
from components.split.side_file import TEST, TRAIN, iterate_side, mark_sides, write_sides
from components.split.stratified_sample import choose_sample

__all__ = ["Settings", "resolve_memory", "run"]

# What the libraries and a batch take, and what a row takes where all rows are assigned at once.
_PROCESS_BYTES = 450_000_000
_ROW_BYTES = 150
# A random choice of more rows needs no memory per row, but has the shares of the classes only nearly.
_MOST_EXACT_ROWS = 10_000_000
_SOURCE_FACTS = ("source_version", "etag", "rev", "md5")


def run(
    *,
    dataset: str,
    problem: str,
    train: str,
    test: str,
    sample: str,
    source: Mapping[str, object],
    settings: Settings,
    own_test: str | None = None,
    test_source: Mapping[str, Any] | None = None,
    quarantine: str | None = None,
    quarantine_source: Mapping[str, Any] | None = None,
    memory: int = DEFAULT_MEMORY,
) -> dict[str, dict[str, object]]:
    """Write the training rows, the test rows and a sample of the training rows, each in the table's order.

    Rows without a target are left out, and those in ``quarantine``, whose metadata is ``quarantine_source``.
    Hash, source and version in ``source``, the table's metadata, are
    copied. If ``own_test`` has rows, they are the test rows, and the whole table is training rows;
    ``test_source`` is its metadata.

    The sample has as many training rows as stages can learn from within ``memory`` bytes
    (``count_rows_in_memory``), and no rows if that is all of them.

    Returns
    -------
    dict
        Metadata of ``"train"``, ``"test"`` and ``"sample"``.

    Raises
    ------
    InvalidData
        Training or test rows would be empty, or lack a class.
    """
    specification = Problem.load(problem)
    lineage: dict[str, object] = {
        "dataset_sha256": str(source.get("sha256", "")),
        "source": str(source.get("source", "")),
        "seed": settings.seed,
    }
    # With the version, the same bytes can be read again; the others say what it was called, and its content.
    lineage |= {name: str(source[name]) for name in _SOURCE_FACTS if source.get(name)}
    lineage |= _describe_quarantine(quarantine_source or {})
    sources = [RowSource(dataset, "source", quarantine)]
    if own_test is not None and count_rows(own_test):
        sources.append(RowSource(own_test, "test", quarantine))
    with TemporaryDirectory() as scratch:
        assigned = _assign(sources, specification, settings, memory, Path(scratch))
        lineage |= {"strategy": assigned.strategy}
        notes = assigned.notes
        if len(sources) > 1:
            given = test_source or {}
            lineage |= {"test_source": given.get("source", "")}
            notes = [*notes, *given.get("notes", [])]
        facts: dict[str, dict[str, object]] = {}
        for name, path, side in (("train", train, TRAIN), ("test", test, TEST)):
            # The test rows are those of the last table.
            place = 0 if side == TRAIN else -1
            table = sources[place].table
            # As a stream of Arrow batches: a data frame would turn integers with nulls into floats.
            rows = iterate_side(table, assigned.files[place], side)
            info = write_table(rows, read_arrow_schema(table), path)
            facts[name] = info.to_metadata() | lineage | {"notes": notes}
    info, sample_notes = _write_sample(train, sample, specification, settings.seed, memory)
    facts["sample"] = info.to_metadata() | lineage | {"notes": sample_notes}
    if len(sources) == 1 and (info.rows or not assigned.has_folds):
        searched = choose_rows_to_learn_from(train, sample)
        require_folds(
            read_frame(searched, list_deciding_columns(specification)), specification, settings.seed
        )
    return facts


class _Assigned(NamedTuple):
    """The sides of all rows.

    Attributes
    ----------
    files : list of Path
        For each table, the file of ``write_sides``.
    strategy : str
        How the test rows are chosen; ``"table"`` if they are those of the user's test table.
    notes : list of str
        What a person should know about the choice, as sentences.
    has_folds : bool
        Whether all training rows together have been found to have folds.
    """

    files: list[Path]
    strategy: str
    notes: list[str]
    has_folds: bool


def _assign(
    sources: Sequence[RowSource], problem: Problem, settings: Settings, memory: int, scratch: Path
) -> _Assigned:
    n_rows = sum(count_rows(source.table) for source in sources)
    spare = memory - _PROCESS_BYTES
    n_exact = max(0, spare // _ROW_BYTES)
    if len(sources) > 1:
        if n_rows <= n_exact:
            files, notes = _take_own_test(sources, problem, scratch)
        else:
            files, notes = assign_own_test(sources[0], sources[1], problem, spare, scratch)
        return _Assigned(files, "table", notes, has_folds=False)
    if has_random_choice(problem):
        n_exact = min(n_exact, _MOST_EXACT_ROWS)
    if n_rows <= n_exact:
        return _assign_table(sources[0], problem, settings, scratch)
    found = DiskSplit(sources[0], problem, settings, spare, n_exact, scratch).assign()
    return _Assigned([found.sides], found.strategy, found.notes, has_folds=False)


def _write_sample(
    train: str, sample: str, problem: Problem, seed: int, memory: int
) -> tuple[TableInfo, list[str]]:
    """Write the rows to learn from if all training rows are too many, otherwise none."""
    n_rows, n_most = count_rows(train), count_rows_in_memory(train, memory)
    schema = read_arrow_schema(train)
    if n_rows <= n_most:
        return write_table([], schema, sample), []
    with TemporaryDirectory() as scratch:
        chosen = choose_sample(train, problem, n_most, seed, scratch)

    def iterate_sampled() -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in iterate_batches(train):
            yield batch.filter(pa.array(chosen.contains(start, batch.num_rows)))
            start += batch.num_rows

    info = write_table(iterate_sampled(), schema, sample)
    chosen.save(sample)
    note = (
        f"The sweep searches on {info.rows:,} of {n_rows:,} training rows: more do not fit into "
        f"{memory / 2**30:.3g} GiB. Raise MEMORY to search on more."
    )
    # Whoever watches can stop the run before the sweep.
    emit("notice", text=note)
    return info, [note]


def _describe_quarantine(metadata: Mapping[str, Any]) -> dict[str, object]:
    """Return which expectations the rows met, and how many did not; empty if nothing was expected."""
    if "expectations_sha256" not in metadata:
        return {}
    # A cluster sends every number of metadata as a float.
    return {
        "expectations_sha256": str(metadata["expectations_sha256"]),
        "rows_set_aside": int(metadata["rows"]),
    }


def _find_usable(target: pd.Series, source: RowSource) -> np.ndarray:
    """Return which rows have a target and are not set aside."""
    is_usable = np.asarray(target.notna(), dtype=bool)
    if source.quarantine is not None:
        is_usable &= ~QuarantinedRows(source.quarantine, source.origin).take(len(is_usable))
    return is_usable


def _assign_table(source: RowSource, problem: Problem, settings: Settings, scratch: Path) -> _Assigned:
    frame = read_frame(source.table, list_deciding_columns(problem))
    is_usable = _find_usable(frame[problem.target], source)
    names = list_hashed_columns(problem, read_arrow_schema(source.table).names)
    (hashes,) = _hash_tables([source.table], names)
    assignment = assign_rows(frame[is_usable], hashes[is_usable], problem, settings)
    sides = mark_sides(is_usable, assignment.train, assignment.test)
    file = write_sides([sides], scratch / "sides")
    return _Assigned([file], assignment.strategy, list(assignment.notes), has_folds=True)


def _take_own_test(
    sources: Sequence[RowSource], problem: Problem, scratch: Path
) -> tuple[list[Path], list[str]]:
    tables = [source.table for source in sources]
    hashes = _hash_tables(tables, read_arrow_schema(tables[0]).names)
    sides, files = [], []
    for source, of_table, side in zip(sources, hashes, (TRAIN, TEST), strict=True):
        frame = read_frame(source.table, list_deciding_columns(problem))
        is_usable = _find_usable(frame[problem.target], source)
        sides.append(Side(frame[is_usable], of_table[is_usable]))
        files.append(write_sides([is_usable * np.uint8(side)], scratch / f"{source.origin}-sides"))
    return files, list(describe_overlap(find_overlap(sides[0], sides[1], problem), problem))


def _hash_tables(paths: list[str], names: list[str]) -> list[np.ndarray]:
    """Return the hashes of the rows of each table by some columns; zeros if there are none."""
    hasher = RowHasher(paths, names)
    found = []
    for path in paths:
        hashes = np.zeros(count_rows(path), dtype=np.uint64)
        start = 0
        for batch in iterate_batches(path, names) if names else ():
            hashes[start : start + batch.num_rows] = hasher.hash(batch)
            start += batch.num_rows
        found.append(hashes)
    return found
