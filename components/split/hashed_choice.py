"""The random choice of test rows of a large table: each row's side follows from its hash."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from components._table.hash_sample import HashSample, mix_hashes
from components.split.settings import Settings

# The number of different rows is known to 0.4 %.
_COUNTED = 65_536
# Of a class of fewer blocks the exact share is chosen. Of a larger one chance gives it to about 0.6 % of the
# rows, and leaves neither side without a row: its chance is e^-64.
_RARE = 4_096
_LEAST_EXPECTED = 64


class RowBatch(NamedTuple):
    """Rows with a known target.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_rows,)
        The hash of each row by the columns of ``list_hashed_columns``.
    numbers : ndarray of int, shape (n_rows,)
        The number of each row in the table, from 0.
    codes : ndarray of int, shape (n_rows,)
        The class of each row; 0 in regression, where every large set of rows has its share of each tenth.
    """

    hashes: np.ndarray
    numbers: np.ndarray
    codes: np.ndarray


class HashedChoice:
    """Chooses test rows, each by its own hash, so that no other row has to be known.

    Parameters
    ----------
    settings : Settings
        Share of the test rows and seed.
    keeps_copies : bool
        Whether equal rows are on one side; otherwise a row's number counts, and not its hash.
    rare : iterable of HashSample
        All keys of each rare class.
    """

    def __init__(self, settings: Settings, keeps_copies: bool, rare: Iterable[HashSample]) -> None:
        self._settings = settings
        self._keeps_copies = keeps_copies
        samples = list(rare)
        keys = np.concatenate([np.empty(0, dtype=np.uint64), *(sample.hashes for sample in samples)])
        sides = [_choose_share(len(sample.hashes), settings.test_fraction) for sample in samples]
        # Copies of a row may have two rare classes, and must have one side.
        self._rare, first = np.unique(keys, return_index=True)
        self._is_rare_test = np.concatenate([np.empty(0, dtype=bool), *sides])[first]

    def choose(self, rows: RowBatch) -> np.ndarray:
        """Return which rows are test rows, as bool, shape (n_rows,)."""
        keys = _compute_keys(rows, self._settings.seed, keeps_copies=self._keeps_copies)
        is_test = keys < np.uint64(self._settings.test_fraction * 2.0**64)
        if len(self._rare):
            place = np.minimum(np.searchsorted(self._rare, keys), len(self._rare) - 1)
            is_test = np.where(self._rare[place] == keys, self._is_rare_test[place], is_test)
        return np.asarray(is_test)


def learn_choice(
    batches: Iterable[RowBatch], settings: Settings, *, keeps_all_copies: bool = False
) -> HashedChoice:
    """Return the choice for a table, learnt in one pass: whether most rows differ, and the rare classes.

    The rules are those of ``group_equal_rows`` and ``choose_blocks``; the result depends neither on the
    batches nor, while equal rows are kept together, on the order of the rows. ``keeps_all_copies`` keeps rows
    of the same hash together even if most rows repeat others.
    """
    fraction = settings.test_fraction
    size = max(_RARE, int(_LEAST_EXPECTED / min(fraction, 1 - fraction)))
    n_rows, distinct = 0, HashSample(_COUNTED)
    samples: dict[bool, defaultdict[int, HashSample]] = {
        keeps_copies: defaultdict(lambda: HashSample(size)) for keeps_copies in (False, True)
    }
    for rows in batches:
        n_rows += len(rows.hashes)
        order = np.argsort(rows.codes, kind="stable")
        codes, starts = np.unique(rows.codes[order], return_index=True)
        for keeps_copies, by_class in samples.items():
            keys = _compute_keys(rows, settings.seed, keeps_copies=keeps_copies)
            if keeps_copies:
                distinct.update(keys)
            # Of no rows there is one part, and no class.
            for code, of_class in zip(codes.tolist(), np.split(keys[order], starts[1:]), strict=False):
                by_class[code].update(of_class)
    keeps_copies = keeps_all_copies or distinct.count_distinct() >= n_rows / 2
    rare = (sample for sample in samples[keeps_copies].values() if not sample.is_full)
    return HashedChoice(settings, keeps_copies, rare)


def _compute_keys(rows: RowBatch, seed: int, *, keeps_copies: bool) -> np.ndarray:
    return mix_hashes(rows.hashes if keeps_copies else rows.numbers, seed)


def _choose_share(n: int, fraction: float) -> np.ndarray:
    """Return the choice of the first of n blocks, with at least one on each side if there are several."""
    n_test = int(np.clip(int(fraction * n + 0.5), 1, n - 1)) if n > 1 else 0
    return np.arange(n) < n_test
