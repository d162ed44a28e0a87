import numpy as np
import pytest

from pipelines.data.hash_partitions import ENTRY
from pipelines.data.row_match import match_entries


def _build(rows: list[tuple[int, int]]) -> np.ndarray:
    """Return entries of rows that are given as key and content."""
    entries = np.zeros(len(rows), ENTRY)
    for number, (key, content) in enumerate(rows):
        entries[number] = (0, key, key, content, number)
    return entries


@pytest.mark.parametrize(
    ("old", "new", "same", "removed", "added", "rewritten", "repeated", "ambiguous"),
    [
        ([], [], 0, [], [], [], (0, 0), 0),
        ([(1, 1), (2, 1)], [(2, 1), (1, 1)], 2, [], [], [], (0, 0), 0),
        ([(1, 1), (2, 1)], [(2, 1), (3, 1)], 1, [0], [1], [], (0, 0), 0),
        ([(1, 1), (2, 1)], [(2, 5), (1, 1)], 1, [], [], [(1, 0)], (0, 0), 0),
        # Three equal rows and two of them: one is left.
        ([(1, 1), (1, 1), (1, 1)], [(1, 1), (1, 1)], 2, [2], [], [], (3, 2), 0),
        # One of two rows with a key is unchanged, so that it is known what became of the other one.
        ([(1, 1), (1, 2)], [(1, 2), (1, 7)], 1, [], [], [(0, 1)], (2, 2), 0),
        ([(1, 1), (1, 2)], [(1, 7), (1, 8)], 0, [0, 1], [0, 1], [], (2, 2), 4),
        ([], [(1, 1)], 0, [], [0], [], (0, 0), 0),
    ],
)
def test_rows_are_the_same_removed_added_or_rewritten(
    old: list,
    new: list,
    same: int,
    removed: list,
    added: list,
    rewritten: list,
    repeated: tuple,
    ambiguous: int,
) -> None:
    match = match_entries(_build(old), _build(new))
    assert match.n_same == same
    assert match.removed.tolist() == removed
    assert match.added.tolist() == added
    assert [tuple(pair) for pair in match.rewritten.tolist()] == rewritten
    assert match.n_repeated == repeated
    assert match.n_ambiguous == ambiguous
