import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from components.monitor.density_ratio import count_effective_rows, encode_columns, estimate_density_ratio
from tests.predicted_rows import build_predicted_rows

N = 4_000


def _draw(mean: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1, N)


def test_alike_rows_count_alike() -> None:
    old, new = (build_predicted_rows(np.zeros(N), x=_draw(0, seed)) for seed in (0, 1))
    ratio = estimate_density_ratio(old, new, ["x"], 0)
    assert ratio.effective_rows > 0.9 * N
    assert ratio.outside_share == 0
    assert ratio.weights.mean() == pytest.approx(1)


def test_the_ratio_of_two_normal_distributions_is_found() -> None:
    x = _draw(0, 0)
    old, new = build_predicted_rows(np.zeros(N), x=x), build_predicted_rows(np.zeros(N), x=_draw(1, 1))
    ratio = estimate_density_ratio(old, new, ["x"], 0)
    true = norm.pdf(x, 1) / norm.pdf(x, 0)
    assert np.corrcoef(ratio.weights, true)[0, 1] > 0.9
    assert np.average(x, weights=ratio.weights) == pytest.approx(1, abs=0.1)


def test_a_column_that_the_model_does_not_use_does_not_matter() -> None:
    old = build_predicted_rows(np.zeros(N), x=_draw(0, 0), unused=_draw(0, 2))
    new = build_predicted_rows(np.zeros(N), x=_draw(0, 1), unused=_draw(50, 3))
    assert estimate_density_ratio(old, new, ["x"], 0).effective_rows > 0.9 * N
    assert estimate_density_ratio(old, new, ["x", "unused"], 0).outside_share > 0.95


def test_sampled_rows_count_by_their_weight() -> None:
    half = np.repeat([0.0, 1.0], N // 2)
    old = build_predicted_rows(np.zeros(N), x=half)
    new = build_predicted_rows(np.zeros(N), x=half, weight=np.where(half == 1, 3.0, 1.0))
    weights = estimate_density_ratio(old, new, ["x"], 0).weights
    assert weights[half == 1].mean() / weights[half == 0].mean() == pytest.approx(3, rel=0.1)


def test_categories_nulls_and_dates_are_encoded() -> None:
    when = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"])
    old = build_predicted_rows([0.1, 0.2, 0.3], k=["a", None, "a"], when=when, x=[1.0, np.nan, 3.0])
    new = build_predicted_rows([0.4], k=pd.Categorical(["b"]), when=when[:1], x=[5.0])
    (first, second), categorical = encode_columns((old, new), ["k", "when", "x"])
    assert categorical == [0]
    np.testing.assert_array_equal(first, [[0, 1, 0.1], [np.nan, np.nan, 0.2], [0, 3, 0.3]])
    np.testing.assert_array_equal(second, [[1, 5, 0.4]])


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=50))
def test_effective_rows_are_between_one_and_all(weights: list[float]) -> None:
    found = count_effective_rows(np.array(weights))
    assert 1 - 1e-9 <= found <= len(weights) * (1 + 1e-9)
