"""The comparison of two stored tables: rows by key, cells by column, and the values of each column."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components._table.kinds import Kind
from pipelines.data.hash_partitions import HashPartitions, count_partitions
from pipelines.data.row_hash import choose_common_kind, hash_columns
from pipelines.data.row_match import RowMatch, match_rows
from pipelines.data.table_rows import hash_cells, iterate_numbered, take_rows
from pipelines.data.table_version import TableVersion
from pipelines.data.value_summary import ValueSummary

# Removed and added rows that are named, and rewritten cells of each column.
NAMED_ROWS, NAMED_CELLS = 100, 20


class ChangedColumn(NamedTuple):
    """The number of rewritten rows in which a column differs, and the places of the first among them."""

    n: int
    first: tuple[int, ...]


@dataclass(frozen=True)
class ChangedCell:
    """A cell of a rewritten row: the row's key, the column, and both values."""

    key: tuple[object, ...]
    column: str
    old: object
    new: object


@dataclass(frozen=True)
class RowComparison:
    """What differs between the rows of two tables, over the columns that both have.

    Attributes
    ----------
    match : RowMatch
        The rows.
    changed : dict of str to int
        Number of rewritten cells, by column, the most first.
    cells : tuple of ChangedCell
        The first ``NAMED_CELLS`` of each column.
    removed, added : tuple of mapping
        The keys of the first ``NAMED_ROWS`` rows of each, or without a key the whole rows.
    """

    match: RowMatch
    changed: Mapping[str, int] = field(default_factory=dict)
    cells: tuple[ChangedCell, ...] = ()
    removed: tuple[Mapping[str, object], ...] = ()
    added: tuple[Mapping[str, object], ...] = ()


def find_common_kinds(old: TableVersion, new: TableVersion) -> dict[str, Kind]:
    """Return the columns that both tables have, and the kind as which each is compared."""
    return {
        name: choose_common_kind([kind, new.kinds[name]])
        for name, kind in old.kinds.items()
        if name in new.kinds
    }


def match_tables(
    old: TableVersion,
    new: TableVersion,
    kinds: Mapping[str, Kind],
    key: Sequence[str],
    summaries: tuple[ValueSummary, ValueSummary] | None = None,
) -> RowMatch:
    """Match the rows of two tables by their hashes, in scratch files, so that memory does not grow with them.

    Parameters
    ----------
    old, new : TableVersion
        The tables.
    kinds : mapping of str to Kind
        The columns to compare.
    key : sequence of str
        The key; empty to compare rows as a whole.
    summaries : pair of ValueSummary or None
        Collect the values of the two tables in the same pass.
    """
    n_partitions = count_partitions(max(old.n_rows, new.n_rows))
    of_key = {name: kinds[name] for name in key}
    sides = []
    with tempfile.TemporaryDirectory(prefix="data-diff-") as folder:
        for number, side in enumerate((old, new)):
            with HashPartitions(Path(folder) / str(number), n_partitions) as partitions:
                for first, batch in iterate_numbered(side.table):
                    rows = hash_columns(batch, kinds)
                    keys = hash_columns(batch, of_key) if key else rows
                    partitions.add(keys, rows, first)
                    if summaries is not None:
                        summaries[number].add(batch, keys if key else None, first)
            sides.append(partitions)
        return match_rows(*sides)


def compare_rows(
    old: TableVersion,
    new: TableVersion,
    kinds: Mapping[str, Kind],
    key: Sequence[str],
    summaries: tuple[ValueSummary, ValueSummary] | None = None,
) -> RowComparison:
    """Match the rows of two tables, count the rewritten cells by column, and name the first of each sort."""
    match = match_tables(old, new, kinds, key, summaries)
    shown = list(key) or list(kinds)
    of_rows = {name: kind for name, kind in kinds.items() if name not in key}
    changes = find_changes(old, new, match.rewritten, of_rows)
    return RowComparison(
        match,
        {name: column.n for name, column in changes.items()},
        tuple(_name_cells(old, new, match.rewritten, changes, key)),
        tuple(take_rows(old.table, match.removed[:NAMED_ROWS], shown)),
        tuple(take_rows(new.table, match.added[:NAMED_ROWS], shown)),
    )


def find_changes(
    old: TableVersion,
    new: TableVersion,
    rewritten: np.ndarray,
    kinds: Mapping[str, Kind],
) -> dict[str, ChangedColumn]:
    """Return the columns that differ in some rewritten rows, the one that differs most first."""
    changes = {}
    old_rows, new_rows = rewritten[:, 0], rewritten[:, 1]
    old_order, new_order = (np.argsort(rows, kind="stable") for rows in (old_rows, new_rows))
    for name, kind in kinds.items() if len(rewritten) else ():
        before = hash_cells(old.table, old_rows, old_order, name, kind)
        places = np.flatnonzero(before != hash_cells(new.table, new_rows, new_order, name, kind))
        if len(places):
            changes[name] = ChangedColumn(len(places), tuple(places[:NAMED_CELLS].tolist()))
    return dict(sorted(changes.items(), key=lambda item: -item[1].n))


def _name_cells(
    old: TableVersion,
    new: TableVersion,
    rewritten: np.ndarray,
    changes: Mapping[str, ChangedColumn],
    key: Sequence[str],
) -> list[ChangedCell]:
    """Return the first cells of each column: the first of all columns, the second of all, and so on."""
    named = sorted(
        (rank, place, column)
        for column, changed in changes.items()
        for rank, place in enumerate(changed.first)
    )
    rows, at = np.unique([place for _, place, _ in named], return_inverse=True)
    if not named:
        return []
    before, after = (
        take_rows(side.table, rewritten[rows, number], [*key, *changes])
        for number, side in enumerate((old, new))
    )
    return [
        ChangedCell(tuple(after[row][name] for name in key), column, before[row][column], after[row][column])
        for (_, _, column), row in zip(named, at.tolist(), strict=True)
    ]
