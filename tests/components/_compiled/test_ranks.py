import numpy as np
from scipy.stats import norm

from components._compiled.ranks import NormalScores

QUANTILES = np.array([[0.0, 1.0, 1.0, 1.0, 4.0]])


def test_a_rank_is_a_normal_score_and_a_frequent_value_has_its_middle() -> None:
    found = NormalScores(QUANTILES)(np.array([[1.0], [2.5], [-9.0], [9.0]]))
    # Of the quantiles 0, 0.25, 0.5, 0.75 and 1, the value 1 is the second to the fourth.
    np.testing.assert_allclose(found[:, 0], norm.ppf([0.5, 0.875, 1e-3, 1 - 1e-3]), rtol=1e-6)
    assert found.dtype == np.float32


def test_a_few_rows_have_the_same_ranks_as_many() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(size=(3_000, 12)).astype(np.float32)
    # Numbers with few values, with two, and with one.
    known[:, 4:8], known[:, 8:10], known[:, 10] = np.round(known[:, 4:8]), known[:, 8:10] > 0, 1
    quantiles = np.quantile(known, np.linspace(0, 1, 200), axis=0).T.copy()
    between = rng.normal(size=(500, 12)).astype(np.float32)
    rows = np.concatenate([known[:500], between, np.full((1, 12), 1e30), np.full((1, 12), -1e30)])
    rank = NormalScores(quantiles)
    many = rank(rows)
    few = np.concatenate([rank(rows[i : i + 2]) for i in range(0, len(rows), 2)])
    np.testing.assert_array_equal(few, many)
    # As if ranks were interpolated from below and from above, and averaged.
    ranks = np.linspace(0, 1, 200)
    upper = np.column_stack([np.interp(rows[:, i], quantiles[i], ranks) for i in range(12)])
    lower = np.column_stack([1 - np.interp(-rows[:, i], -quantiles[i][::-1], ranks) for i in range(12)])
    middle = np.clip((upper + lower) / 2, 1e-3, 1 - 1e-3)
    np.testing.assert_allclose(many, norm.ppf(middle), rtol=1e-6, atol=1e-7)
