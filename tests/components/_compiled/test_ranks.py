import numpy as np
from scipy.stats import norm

from components._compiled.ranks import compute_normal_ranks

QUANTILES = np.array([[0.0, 1.0, 1.0, 1.0, 4.0]])


def test_a_rank_is_a_normal_score_and_a_frequent_value_has_its_middle() -> None:
    found = compute_normal_ranks(np.array([[1.0], [2.5], [-9.0], [9.0]]), QUANTILES)
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
    many = compute_normal_ranks(rows, quantiles)
    few = np.concatenate([compute_normal_ranks(rows[i : i + 2], quantiles) for i in range(0, len(rows), 2)])
    np.testing.assert_array_equal(few, many)
