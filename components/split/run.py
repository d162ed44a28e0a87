"""Read the table, choose the test rows, write both sides."""

from collections.abc import Iterator, Mapping
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from components._problem.spec import Problem
from components._table.learning_rows import count_rows_in_memory
from components._table.quarantine import Origin, find_set_aside
from components._table.row_hashes import RowHasher
from components._table.storage import (
    TableInfo,
    count_rows,
    iterate_batches,
    read_arrow_schema,
    read_frame,
    write_table,
)
from components._table.target import encode_target, order_classes
from components.memory import DEFAULT_MEMORY, resolve_memory
from components.split.assignment import (
    Assignment,
    assign_rows,
    has_random_choice,
    list_deciding_columns,
    list_hashed_columns,
    require_side,
)
from components.split.hashed_choice import RowBatch, learn_choice
from components.split.overlap import Side, describe_overlap
from components.split.settings import Settings
from components.split.stratified_sample import choose_sample

__all__ = ["Settings", "resolve_memory", "run"]

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
    if own_test is not None and count_rows(own_test):
        both, notes = _take_own_test(dataset, own_test, specification, quarantine)
        given = test_source or {}
        lineage |= {"strategy": "table", "test_source": given.get("source", "")}
        notes += given.get("notes", [])
    elif has_random_choice(specification) and count_rows(dataset) > _MOST_EXACT_ROWS:
        both, notes = _assign_large_table(dataset, specification, settings, quarantine)
        lineage |= {"strategy": "random"}
    else:
        both, assignment = _assign_table(dataset, specification, settings, quarantine)
        lineage |= {"strategy": assignment.strategy}
        notes = list(assignment.notes)
    facts: dict[str, dict[str, object]] = {}
    for side, path, (table, is_chosen) in zip(("train", "test"), (train, test), both, strict=True):
        # As a stream of Arrow batches: a data frame would turn integers with nulls into floats.
        info = write_table(_iterate_chosen(table, is_chosen), read_arrow_schema(table), path)
        facts[side] = info.to_metadata() | lineage | {"notes": notes}
    info, notes = _write_sample(train, sample, specification, settings.seed, memory)
    facts["sample"] = info.to_metadata() | lineage | {"notes": notes}
    return facts


# A table's folder, and which of its rows are chosen; Arrow has one bit for each.
_Choice = tuple[str, pa.ChunkedArray]


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


def _find_usable(target: pd.Series, origin: Origin, quarantine: str | None) -> np.ndarray:
    """Return which rows have a target and are not set aside."""
    is_usable = np.asarray(target.notna(), dtype=bool)
    if quarantine is not None:
        is_usable &= ~find_set_aside(quarantine, origin, len(is_usable))
    return is_usable


def _assign_table(
    dataset: str, problem: Problem, settings: Settings, quarantine: str | None
) -> tuple[tuple[_Choice, _Choice], Assignment]:
    frame = read_frame(dataset, list_deciding_columns(problem))
    is_usable = _find_usable(frame[problem.target], "source", quarantine)
    (hashes,) = _hash_tables([dataset], list_hashed_columns(problem, read_arrow_schema(dataset).names))
    assignment = assign_rows(frame[is_usable], hashes[is_usable], problem, settings)
    sides = []
    for rows in (assignment.train, assignment.test):
        is_chosen = is_usable.copy()
        is_chosen[is_usable] = rows
        sides.append((dataset, pa.chunked_array([is_chosen])))
    return (sides[0], sides[1]), assignment


def _assign_large_table(
    dataset: str, problem: Problem, settings: Settings, quarantine: str | None
) -> tuple[tuple[_Choice, _Choice], list[str]]:
    """Return a random choice and what it says, with only a batch and a bit of each row in memory."""
    hasher = RowHasher([dataset], list_hashed_columns(problem, read_arrow_schema(dataset).names))
    set_aside = None if quarantine is None else find_set_aside(quarantine, "source", count_rows(dataset))

    def iterate_usable() -> Iterator[tuple[RowBatch, np.ndarray]]:
        return _iterate_usable(dataset, problem, hasher, set_aside)

    choice = learn_choice((rows for rows, _ in iterate_usable()), settings)
    chunks: tuple[list[pa.Array], list[pa.Array]] = ([], [])
    # Rows of each class by side; one class in regression.
    counts = np.zeros((2, max(len(problem.classes), 1)), dtype=np.int64)
    for rows, is_usable in iterate_usable():
        is_test = choice.choose(rows)
        for side, is_chosen in enumerate((~is_test, is_test)):
            counts[side] += np.bincount(rows.codes[is_chosen], minlength=counts.shape[1])
            chosen = is_usable.copy()
            chosen[is_usable] = is_chosen
            chunks[side].append(pa.array(chosen))
    for name, by_class in zip(("training", "test"), counts, strict=True):
        present = [label for label, n in zip(order_classes(problem), by_class, strict=False) if n]
        require_side(name, int(by_class.sum()), present, problem, "random")
    note = (
        f"{counts[1].sum() / counts.sum():.3%} of the rows are test rows: of more than {_MOST_EXACT_ROWS:,} "
        "rows, each one's side follows from its hash."
    )
    train, test = ((dataset, pa.chunked_array(side, pa.bool_())) for side in chunks)
    return (train, test), [note]


def _iterate_usable(
    dataset: str, problem: Problem, hasher: RowHasher, set_aside: np.ndarray | None
) -> Iterator[tuple[RowBatch, np.ndarray]]:
    """Yield the rows with a target that are not set aside, and which of the rows of a batch they are."""
    start = 0
    for batch in iterate_batches(dataset):
        target = pd.Series(batch.column(problem.target).to_pandas())
        is_usable = np.asarray(target.notna(), dtype=bool)
        if set_aside is not None:
            is_usable &= ~set_aside[start : start + batch.num_rows]
        target = target[is_usable]
        codes = (
            np.zeros(len(target), dtype=np.int64)
            if problem.kind == "regression"
            else encode_target(target, problem)
        )
        numbers = start + np.flatnonzero(is_usable)
        yield RowBatch(hasher.hash(batch)[is_usable], numbers, codes), is_usable
        start += batch.num_rows


def _take_own_test(
    dataset: str, own_test: str, problem: Problem, quarantine: str | None
) -> tuple[tuple[_Choice, _Choice], list[str]]:
    names = list_deciding_columns(problem)
    train, test = (read_frame(path, names) for path in (dataset, own_test))
    is_train = _find_usable(train[problem.target], "source", quarantine)
    is_test = _find_usable(test[problem.target], "test", quarantine)
    hashes = _hash_tables([dataset, own_test], read_arrow_schema(dataset).names)
    notes = describe_overlap(
        Side(train[is_train], hashes[0][is_train]), Side(test[is_test], hashes[1][is_test]), problem
    )
    train_choice, test_choice = (pa.chunked_array([rows]) for rows in (is_train, is_test))
    return ((dataset, train_choice), (own_test, test_choice)), list(notes)


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


def _iterate_chosen(dataset: str, is_chosen: pa.ChunkedArray) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in iterate_batches(dataset):
        yield batch.filter(is_chosen.slice(start, batch.num_rows).combine_chunks())
        start += batch.num_rows
