"""The join of two tables' rows by their hashes: which are the same, removed, added or rewritten."""

from dataclasses import dataclass

import numpy as np

from pipelines.data.hash_partitions import HashPartitions


@dataclass(frozen=True)
class RowMatch:
    """Which rows of two tables belong together. Rows are numbered from 0 in their table.

    Attributes
    ----------
    n_same : int
        Rows that both tables have, in any order.
    removed, added : ndarray of int64
        Rows of the old table, and of the new one, that have no partner, in ascending order.
    rewritten : ndarray of int64, shape (n_rewritten, 2)
        Rows with the same key and other content, old and new, in the order of the new table.
    n_repeated : tuple of int
        Rows of the old table, and of the new one, whose key another row of that table has, too.
    n_ambiguous : int
        Rows among the removed and the added ones whose key the other table has, but in several changed rows,
        so that it is not known which of them became which.
    """

    n_same: int
    removed: np.ndarray
    added: np.ndarray
    rewritten: np.ndarray
    n_repeated: tuple[int, int] = (0, 0)
    n_ambiguous: int = 0


def match_rows(old: HashPartitions, new: HashPartitions) -> RowMatch:
    """Match the rows of two tables, whose partitions are equally many.

    Rows with equal keys are compared as multisets: of three equal rows and two, one has no partner.
    """
    parts = [match_entries(old.read(number), new.read(number)) for number in range(len(old.paths))]
    rewritten = np.concatenate([part.rewritten for part in parts])
    return RowMatch(
        sum(part.n_same for part in parts),
        np.sort(np.concatenate([part.removed for part in parts])),
        np.sort(np.concatenate([part.added for part in parts])),
        rewritten[np.argsort(rewritten[:, 1])],
        (sum(part.n_repeated[0] for part in parts), sum(part.n_repeated[1] for part in parts)),
        sum(part.n_ambiguous for part in parts),
    )


def match_entries(old: np.ndarray, new: np.ndarray) -> RowMatch:
    """Match the rows of two partitions of the same keys, see ``match_rows``."""
    entries = np.concatenate([old, new])
    is_new = np.arange(len(entries)) >= len(old)
    # Equal rows cancel out; the earlier ones of each table go first.
    is_left = _find_unmatched(_group(entries, "row"), is_new)
    n_repeated = _count_repeated(old), _count_repeated(new)
    entries, is_new = entries[is_left], is_new[is_left]
    groups = _group(entries, "key")
    n_old, n_new = (np.bincount(groups[side], minlength=len(groups)) for side in (~is_new, is_new))
    is_pair = ((n_old == 1) & (n_new == 1))[groups]
    is_ambiguous = ((n_old > 0) & (n_new > 0))[groups] & ~is_pair
    pairs = []
    for side in (~is_new, is_new):
        chosen = is_pair & side
        pairs.append(entries["row"][chosen][np.argsort(groups[chosen])])
    return RowMatch(
        int(len(old) - np.count_nonzero(~is_new)),
        entries["row"][~is_new & ~is_pair],
        entries["row"][is_new & ~is_pair],
        np.column_stack(pairs),
        n_repeated,
        int(np.count_nonzero(is_ambiguous)),
    )


def _count_repeated(entries: np.ndarray) -> int:
    groups = _group(entries, "key")
    return int(np.count_nonzero(np.bincount(groups, minlength=1)[groups] > 1)) if len(entries) else 0


def _group(entries: np.ndarray, what: str) -> np.ndarray:
    """Return a number for each entry, from 0; entries with equal hashes have the same."""
    high, low = entries[f"{what}_high"], entries[f"{what}_low"]
    order = np.lexsort((low, high))
    ordered_high, ordered_low = high[order], low[order]
    is_start = np.empty(len(order), dtype=bool)
    is_start[:1] = False
    is_start[1:] = (ordered_high[1:] != ordered_high[:-1]) | (ordered_low[1:] != ordered_low[:-1])
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = np.cumsum(is_start)
    return groups


def _find_unmatched(groups: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """Return a mask of the entries that are left when those of the two tables cancel out in each group."""
    if not len(groups):
        return np.zeros(0, dtype=bool)
    counts = [np.bincount(groups[side], minlength=groups.max() + 1) for side in (~is_new, is_new)]
    common = np.minimum(*counts)
    is_left = np.empty(len(groups), dtype=bool)
    for side in (~is_new, is_new):
        members = groups[side]
        order = np.argsort(members, kind="stable")
        ordered = members[order]
        # The place of each entry in its group.
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        places = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
        left = np.empty(len(members), dtype=bool)
        left[order] = places >= common[ordered]
        is_left[side] = left
    return is_left
