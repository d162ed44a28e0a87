from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from sklearn.preprocessing import QuantileTransformer

from components._estimators.ranks import NormalRanks

N = 1_000
RNG = np.random.default_rng(0)
# The ends of the scale; those of scikit-learn are further out.
FURTHEST = -ndtri(1e-3)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(size=N),
        RNG.standard_cauchy(N) * 1e6,
        RNG.exponential(size=N) + 1e4,
        RNG.poisson(4, N),
        RNG.integers(-3, 4, N),
        np.where(RNG.random(N) < 0.6, 0.0, RNG.normal(size=N)),
    ],
    ids=["normal", "heavy tails", "skewed", "counts", "few whole numbers", "mostly one value"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranks_are_those_of_scikit_learn_between_the_ends(values: np.ndarray, dtype: Any) -> None:
    column = values.astype(dtype).reshape(-1, 1)
    theirs = QuantileTransformer(n_quantiles=200, output_distribution="normal", subsample=None)
    expected = theirs.fit_transform(column).clip(-FURTHEST, FURTHEST)
    ours = NormalRanks().fit(column).transform(column)
    between = (column > column.min()) & (column < column.max())
    np.testing.assert_allclose(ours[between], expected[between], atol=2e-3)
    assert ours.dtype == np.float32


def test_ranks_keep_the_order_and_no_value_lies_further_than_the_ends() -> None:
    column = np.sort(RNG.standard_cauchy((N, 1)), axis=0)
    ranks = NormalRanks().fit(column[200:800])
    beyond = ranks.transform(np.vstack([[[-3e38]], column, [[3e38]]]))
    assert (np.diff(beyond[:, 0]) >= 0).all()
    np.testing.assert_allclose(beyond[[0, -1], 0], [-FURTHEST, FURTHEST], rtol=1e-5)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        # A frequent value lies in the middle of its ranks.
        ([0.0] * 700 + [1.0] * 300, [ndtri(0.35), ndtri(0.85)]),
        ([5.0] * 10, [0.0]),
        ([1.0, 2.0, 3.0] * 100, [ndtri(1 / 6), 0.0, ndtri(5 / 6)]),
    ],
)
def test_a_feature_of_few_values_keeps_as_many(column: list[float], expected: list[float]) -> None:
    matrix = np.array(column).reshape(-1, 1)
    np.testing.assert_allclose(np.unique(NormalRanks().fit(matrix).transform(matrix)), expected, atol=0.02)


def test_a_row_is_mapped_alike_alone_and_among_others() -> None:
    matrix = RNG.normal(size=(50, 3)).astype(np.float32)
    ranks = NormalRanks().fit(matrix)
    alone = np.vstack([ranks.transform(matrix[i : i + 1]) for i in range(50)])
    np.testing.assert_array_equal(alone, ranks.transform(matrix))
