import numpy as np
import pytest

from components.validate.loaded_groups import LoadedGroups

# The groups 0 (rows 0, 2, 4) and 1 (rows 1, 5); value 2 has one row only.
CODES = np.array([0, 1, 0, 2, 0, 1])
CLASSES = np.array([1, 0, 1, 1, 0, 0])
NUMBERS = np.array([1.0, 5.0, 2.0, 9.0, 3.0, 5.0])


def test_rows_of_values_that_repeat_are_grouped() -> None:
    rows = LoadedGroups(CODES, CLASSES, has_classes=True)
    assert (rows.n_rows, rows.n_groups, rows.n_grouped) == (6, 2, 5)


def test_pairs_that_agree_in_the_target_are_counted() -> None:
    pairs = LoadedGroups(CODES, CLASSES, has_classes=True).count_pairs()
    assert (pairs.sizes.tolist(), pairs.same.tolist(), pairs.n_pure) == ([3, 2], [2, 2], 1)
    assert (pairs.rows_of_target.tolist(), pairs.n_targets.tolist()) == ([3, 2], [1, 1])


def test_the_variance_within_groups_has_no_bias() -> None:
    inner, outer = LoadedGroups(CODES, NUMBERS, has_classes=False).compute_inner_variance()
    assert (inner, outer) == (pytest.approx(2 / 3), pytest.approx(np.var([1, 5, 2, 3, 5])))


def test_the_last_row_of_a_group_stands_for_it() -> None:
    assert LoadedGroups(CODES, CLASSES, has_classes=True).compute_disorder() == pytest.approx(0, abs=1e-9)
    # 3 and 5: a step of 2, squared, over twice the variance of 1.
    assert LoadedGroups(CODES, NUMBERS, has_classes=False).compute_disorder() == pytest.approx(2.0)
