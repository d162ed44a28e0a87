import numpy as np
import pandas as pd
import pytest

from components._table.separation import find_earlier, separate_groups

DAYS = pd.date_range("2026-01-01", periods=10, freq="D").to_numpy()


@pytest.mark.parametrize(
    ("times", "start", "gap", "n_earlier"),
    [
        (DAYS, DAYS[8], None, 8),
        (DAYS, DAYS[8], "3 days", 6),
        (DAYS, DAYS[8], "12 hours", 8),
        (DAYS, DAYS[8], "1 week", 2),
        (DAYS, DAYS[8], "2 weeks", 0),
        (np.arange(10), 8, 3, 6),
        (np.arange(10), 8, "0.5", 8),
        (np.arange(10) / 2, 4.0, 1.25, 6),
    ],
)
def test_earlier_rows_are_earlier_by_the_gap(
    times: np.ndarray, start: object, gap: str | float | None, n_earlier: int
) -> None:
    assert find_earlier(times, start, gap).tolist() == [True] * n_earlier + [False] * (10 - n_earlier)


def _separate(
    earlier: list[int], later: list[int], strata: list[int] | None = None
) -> tuple[list[int], list[int]]:
    """Return the groups of the earlier and of the later rows that are left, by the groups of all."""
    groups = np.array([*earlier, *later])
    is_later = np.arange(len(groups)) >= len(earlier)
    rng = np.random.default_rng(0)
    of = np.zeros(len(groups), int) if strata is None else np.array([*[0] * len(earlier), *strata])
    fit, score = separate_groups(~is_later, is_later, groups, of, rng)
    assert not (fit & is_later).any()
    assert not (score & ~is_later).any()
    return groups[fit].tolist(), groups[score].tolist()


def test_groups_on_one_side_lose_nothing() -> None:
    assert _separate([0, 0, 1], [2, 3, 3]) == ([0, 0, 1], [2, 3, 3])


def test_a_group_on_both_sides_keeps_its_earlier_rows_if_enough_new_groups_judge() -> None:
    assert _separate([0, 0, 1], [1, 2, 2, 3]) == ([0, 0, 1], [2, 2, 3])


def test_without_new_groups_a_quarter_of_the_later_rows_judge() -> None:
    fit, score = _separate([*range(40)] * 4, [*range(40)])
    assert len(score) == 10
    assert len(fit) == 30 * 4
    assert not set(fit) & set(score)


def test_each_class_judges_where_it_can() -> None:
    # The new groups 5 and 6 are of class 0 only.
    fit, score = _separate([0, 1, 2, 3, 4], [5, 5, 6, 6, 3, 4], [0, 0, 0, 0, 1, 1])
    assert score[:4] == [5, 5, 6, 6]
    assert score[4] in (3, 4)
    assert sorted([*fit, score[4]]) == [0, 1, 2, 3, 4]


def test_one_group_of_all_rows_cannot_be_on_both_sides() -> None:
    assert _separate([0, 0, 0], [0, 0]) == ([0, 0, 0], [])
