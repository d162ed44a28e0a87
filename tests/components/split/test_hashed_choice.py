import numpy as np
import pytest

from components._table.hash_sample import mix_hashes
from components.split.hashed_choice import RowBatch, learn_choice
from components.split.settings import Settings

N = 30_000


def _make_rows(hashes: np.ndarray, codes: np.ndarray | int = 0) -> RowBatch:
    return RowBatch(hashes, np.arange(len(hashes)), np.broadcast_to(codes, len(hashes)))


def _hash_rows(values: np.ndarray) -> np.ndarray:
    return mix_hashes(values, 12345)


def _cut(rows: RowBatch, n_batches: int) -> list[RowBatch]:
    return [RowBatch(*parts) for parts in zip(*(np.array_split(of, n_batches) for of in rows), strict=True)]


DIFFERENT = _hash_rows(np.arange(N))


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 0.9])
def test_each_large_class_has_its_share_on_both_sides(fraction: float) -> None:
    codes = np.arange(N) % 3
    rows, settings = _make_rows(DIFFERENT, codes), Settings(fraction)
    is_test = learn_choice([rows], settings).choose(rows)
    for code in range(3):
        error = np.sqrt(fraction * (1 - fraction) / (N / 3))
        assert is_test[codes == code].mean() == pytest.approx(fraction, abs=4 * error)


@pytest.mark.parametrize("n_rare", [1, 2, 3, 10, 4_095])
@pytest.mark.parametrize("fraction", [0.001, 0.2, 0.999])
def test_a_rare_class_has_its_share_to_one_row(n_rare: int, fraction: float) -> None:
    codes = (np.arange(N) < n_rare).astype(int)
    rows, settings = _make_rows(DIFFERENT, codes), Settings(fraction)
    n_test = int(learn_choice([rows], settings).choose(rows)[codes == 1].sum())
    assert abs(n_test - fraction * n_rare) <= 1
    assert n_rare == 1 or 0 < n_test < n_rare


def test_no_class_is_left_without_a_side_by_a_small_share() -> None:
    rows, settings = _make_rows(DIFFERENT, np.arange(N) % 2), Settings(0.0001)
    is_test = learn_choice([rows], settings).choose(rows)
    assert set(rows.codes[is_test]) == {0, 1}


@pytest.mark.parametrize("n_batches", [1, 3, 100])
def test_neither_batches_nor_the_order_of_the_rows_decide(n_batches: int) -> None:
    codes = (np.arange(N) % 50 == 0).astype(int)
    rows, settings = _make_rows(DIFFERENT, codes), Settings(seed=4)
    expected = learn_choice([rows], settings).choose(rows)
    order = np.random.default_rng(0).permutation(N)
    batches = _cut(_make_rows(DIFFERENT[order], codes[order]), n_batches)
    choice = learn_choice(batches, settings)
    found = np.concatenate([choice.choose(batch) for batch in batches])
    assert (found == expected[order]).all()


def test_copies_of_a_row_are_on_one_side_whatever_their_class() -> None:
    hashes = _hash_rows(np.arange(N) // 2)
    # Of each pair of copies, one may be of the rare class and the other of the frequent one.
    codes = (np.arange(N) % 40 == 0).astype(int)
    rows = _make_rows(hashes, codes)
    is_test = learn_choice([rows], Settings()).choose(rows)
    assert (is_test[::2] == is_test[1::2]).all()
    assert is_test.mean() == pytest.approx(0.2, abs=0.01)


def test_if_most_rows_repeat_others_each_row_has_its_own_side() -> None:
    hashes = _hash_rows(np.arange(N) % 100)
    rows = _make_rows(hashes)
    is_test = learn_choice([rows], Settings()).choose(rows)
    shares = np.bincount(np.arange(N) % 100, weights=is_test) / (N / 100)
    assert ((shares > 0.1) & (shares < 0.3)).all()


def test_groups_are_kept_together_even_if_each_has_many_rows() -> None:
    rows = _make_rows(_hash_rows(np.arange(N) % 1_000))
    is_test = learn_choice([rows], Settings(), keeps_all_copies=True).choose(rows)
    shares = np.bincount(np.arange(N) % 1_000, weights=is_test) / (N / 1_000)
    assert set(shares.tolist()) == {0, 1}
    assert is_test.mean() == pytest.approx(0.2, abs=0.05)


def test_the_seed_decides() -> None:
    rows = _make_rows(DIFFERENT)
    first, again, other = (learn_choice([rows], Settings(seed=seed)).choose(rows) for seed in (0, 0, 1))
    assert (first == again).all()
    # Independent choices agree where both are test rows or neither is.
    assert (first == other).mean() == pytest.approx(0.2**2 + 0.8**2, abs=0.01)


def test_test_rows_are_everywhere_in_the_table() -> None:
    rows = _make_rows(DIFFERENT)
    is_test = learn_choice([rows], Settings()).choose(rows)
    counts = is_test.reshape(20, -1).sum(axis=1)
    # The chi-squared statistic of 19 degrees of freedom exceeds this once in 10,000 choices.
    expected = 0.2 * N / 20
    assert ((counts - expected) ** 2 / (expected * 0.8)).sum() < 50.8


def test_no_rows_leave_no_choice() -> None:
    nothing = _make_rows(DIFFERENT[:0])
    assert learn_choice([], Settings()).choose(nothing).tolist() == []
