import numpy as np
import pytest

from components.validate.groups import Grouping, find_grouping
from components.validate.loaded_groups import LoadedGroups

RANDOM = np.random.default_rng(0)
N = 400
GROUPS = RANDOM.integers(0, 60, N)
PEOPLE = RANDOM.integers(0, 12, N)
OF_GROUP = RANDOM.integers(0, 2, 60)
LEVEL = RANDOM.normal(size=60)
NOISE = RANDOM.normal(size=N)
SCORE = RANDOM.integers(0, 101, N)


def _find(codes, target, *, has_classes=True, is_named=False, is_ordered=False) -> Grouping | None:
    codes = np.unique(codes, return_inverse=True)[1]
    rows = LoadedGroups(codes, np.asarray(target), has_classes=has_classes)
    return find_grouping(rows, has_classes=has_classes, is_named=is_named, is_ordered=is_ordered)


@pytest.mark.parametrize(
    ("codes", "target", "settings"),
    [
        (GROUPS, OF_GROUP[GROUPS], {}),
        (GROUPS, OF_GROUP[GROUPS], {"is_ordered": True}),
        # Almost never: one row in 100 is another.
        (GROUPS, OF_GROUP[GROUPS] ^ (np.arange(N) % 100 == 7), {}),
        (GROUPS, (RANDOM.permutation(60) < 3)[GROUPS], {}),
        (GROUPS, RANDOM.permutation(60)[GROUPS] % 4, {}),
        (np.arange(N) // 2, np.repeat(RANDOM.integers(0, 2, N // 2), 2), {}),
        # A few of a kind are people if they are called so.
        (PEOPLE, OF_GROUP[PEOPLE], {"is_named": True}),
        (GROUPS, LEVEL[GROUPS], {"has_classes": False}),
        (GROUPS, LEVEL[GROUPS] + 0.05 * NOISE, {"has_classes": False, "is_named": True}),
        # Sorted by class, and called an id.
        (np.arange(N) // 8, np.arange(N) < N // 2, {"is_named": True, "is_ordered": True}),
    ],
)
def test_values_that_settle_the_target_group_the_rows(codes, target, settings) -> None:
    assert _find(codes, target, **settings) is not None


@pytest.mark.parametrize(
    ("codes", "target", "settings"),
    [
        (GROUPS, RANDOM.integers(0, 2, N), {}),
        (GROUPS, RANDOM.random(N) < 0.02, {}),
        # Each town has a rate of its own, or a level.
        (GROUPS, RANDOM.random(N) < RANDOM.random(60)[GROUPS], {}),
        (GROUPS, LEVEL[GROUPS] + 0.05 * NOISE, {"has_classes": False}),
        (GROUPS, LEVEL[GROUPS] + NOISE, {"has_classes": False, "is_named": True}),
        # Categories that settle the target, each in many rows.
        (np.arange(N) % 4, np.arange(N) % 2, {}),
        (np.arange(N) % 9, np.arange(N) % 9 < 4, {}),
        # It is the size of a number that settles the target.
        (SCORE, SCORE >= 50, {"is_ordered": True}),
        (SCORE, SCORE * 2.5, {"has_classes": False, "is_ordered": True}),
        # Few rows repeat, or none.
        (np.where(np.arange(N) < 40, GROUPS, 100 + np.arange(N)), OF_GROUP[GROUPS], {}),
        (np.arange(N), np.arange(N) % 2, {}),
        ([], [], {}),
        ([3, 3, 3, 3], [1, 1, 0, 0], {"is_named": True}),
    ],
)
def test_features_do_not_group_the_rows(codes, target, settings) -> None:
    assert _find(np.asarray(codes, dtype=int), target, **settings) is None


def test_the_groups_are_counted() -> None:
    codes = [*np.repeat(np.arange(30), 3), 30, 31]
    target = [*np.repeat(np.arange(30) % 2, 3), 0, 1]
    target[0] = 1
    assert _find(codes, target) == Grouping(n_groups=30, n_rows=90, n_pure=29)
