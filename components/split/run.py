"""Read the table, choose the test rows, write both sides."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from components._problem.spec import Problem
from components._table.quarantine import Origin, find_set_aside
from components._table.row_hashes import RowHasher
from components._table.storage import (
    count_rows,
    iterate_batches,
    read_arrow_schema,
    read_frame,
    write_table,
)
from components.split.assignment import Assignment, assign_rows, list_deciding_columns, list_hashed_columns
from components.split.overlap import Side, describe_overlap
from components.split.settings import Settings

__all__ = ["Settings", "run"]

_SOURCE_FACTS = ("source_version", "etag", "rev", "md5")


def run(
    *,
    dataset: str,
    problem: str,
    train: str,
    test: str,
    source: Mapping[str, object],
    settings: Settings,
    own_test: str | None = None,
    test_source: Mapping[str, Any] | None = None,
    quarantine: str | None = None,
    quarantine_source: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, object]]:
    """Write the training rows and the test rows, each in the table's order.

    Rows without a target are left out, and those in ``quarantine``, whose metadata is ``quarantine_source``.
    Hash, source and version in ``source``, the table's metadata, are
    copied. If ``own_test`` has rows, they are the test rows, and the whole table is training rows;
    ``test_source`` is its metadata.

    Returns
    -------
    dict
        Metadata of ``"train"`` and ``"test"``.

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
    else:
        both, assignment = _assign_table(dataset, specification, settings, quarantine)
        lineage |= {"strategy": assignment.strategy}
        notes = list(assignment.notes)
    facts: dict[str, dict[str, object]] = {}
    for side, path, (table, is_chosen) in zip(("train", "test"), (train, test), both, strict=True):
        # As a stream of Arrow batches: a data frame would turn integers with nulls into floats.
        info = write_table(_iterate_chosen(table, is_chosen), read_arrow_schema(table), path)
        facts[side] = info.to_metadata() | lineage | {"notes": notes}
    return facts


# A table's folder, and which of its rows are chosen.
_Choice = tuple[str, np.ndarray]


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
        sides.append((dataset, is_chosen))
    return (sides[0], sides[1]), assignment


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
    return ((dataset, is_train), (own_test, is_test)), list(notes)


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


def _iterate_chosen(dataset: str, is_chosen: np.ndarray) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in iterate_batches(dataset):
        yield batch.filter(pa.array(is_chosen[start : start + batch.num_rows]))
        start += batch.num_rows
