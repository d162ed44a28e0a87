import numpy as np
import pytest

from components._table.group_choice import choose_groups


def _choose(groups: list[int], strata: list[int], fraction: float, seed: int = 0) -> np.ndarray:
    return choose_groups(np.array(groups), np.array(strata), fraction, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("n_strata", [1, 3])
def test_groups_stay_whole_and_every_stratum_is_on_both_sides(
    fraction: float, n_strata: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(12), random.integers(3, 9, size=12))
    strata = random.integers(n_strata, size=len(groups))
    test = choose_groups(groups, strata, fraction, np.random.default_rng(seed))
    for group in range(12):
        assert len(set(test[groups == group])) == 1
    for stratum in range(n_strata):
        assert set(test[strata == stratum]) == {True, False}


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.3])
def test_many_groups_give_the_shares_wanted(fraction: float) -> None:
    random = np.random.default_rng(1)
    groups = random.integers(200, size=4000)
    # Some groups hold mostly the second stratum, others hardly any.
    strata = (random.random(4000) < (groups % 10) / 20).astype(int)
    test = choose_groups(groups, strata, fraction, random)
    for stratum in (0, 1):
        assert test[strata == stratum].mean() == pytest.approx(fraction, abs=0.03)


@pytest.mark.parametrize(
    ("groups", "strata", "fraction", "expected"),
    [
        # Group 0 is too large for the test rows, groups 1 and 2 fit exactly.
        ([0] * 8 + [1, 2], [0] * 10, 0.2, [False] * 8 + [True] * 2),
        # Only group 0 has both strata, and only group 1 has the second besides.
        ([0, 0, 0, 0, 1, 2, 2, 2], [0, 0, 0, 1, 1, 0, 0, 0], 0.2, None),
        # One group per stratum: no stratum can be on both sides, but the rows can.
        ([0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2], 0.3, None),
    ],
)
def test_there_are_rows_on_both_sides(
    groups: list[int], strata: list[int], fraction: float, expected: list[bool] | None
) -> None:
    test = _choose(groups, strata, fraction)
    assert 0 < test.sum() < len(groups)
    if expected is not None:
        assert test.tolist() == expected


def test_a_single_group_is_not_tested_on() -> None:
    assert not _choose([0, 0, 0], [0, 1, 0], 0.5).any()


def test_the_seed_decides_among_equal_groups() -> None:
    groups, strata = list(range(40)), [0, 1] * 20
    choices = {tuple(_choose(groups, strata, 0.2, seed)) for seed in range(5)}
    assert len(choices) > 1
    assert (_choose(groups, strata, 0.2, 3) == _choose(groups, strata, 0.2, 3)).all()
