import numpy as np
from scipy.stats import norm

from components._compiled.ranks import compute_normal_ranks

QUANTILES = np.array([[0.0, 1.0, 1.0, 1.0, 4.0]])


def test_a_rank_is_a_normal_score_and_a_frequent_value_has_its_middle() -> None:
    found = compute_normal_ranks(np.array([[1.0], [2.5], [-9.0], [9.0]]), QUANTILES)
    # Of the quantiles 0, 0.25, 0.5, 0.75 and 1, the value 1 is the second to the fourth.
    np.testing.assert_allclose(found[:, 0], norm.ppf([0.5, 0.875, 1e-3, 1 - 1e-3]), rtol=1e-6)
    assert found.dtype == np.float32
