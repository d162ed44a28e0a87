import numpy as np
import pytest

from components.train.conformal import fit_intervals


def draw_errors(n: int, seed: int, *, rises: bool) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions, whose errors rise with the prediction or not."""
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(1, 11, n)
    return predicted + rng.normal(size=n) * (predicted if rises else 1.0), predicted


@pytest.mark.parametrize("rises", [True, False], ids=["rising", "even"])
def test_new_rows_are_covered_as_often_as_promised(rises: bool) -> None:
    shares, kinds = [], []
    for seed in range(60):
        intervals = fit_intervals(*draw_errors(200, seed, rises=rises), None)
        assert intervals is not None
        y, predicted = draw_errors(1_000, 1_000 + seed, rises=rises)
        shares.append((np.abs(y - predicted) <= intervals.compute_half_widths(predicted)).mean())
        kinds.append(len(intervals.places) > 1)
    assert np.mean(shares) == pytest.approx(0.9, abs=0.012)
    assert np.mean(kinds) > 0.95 if rises else np.mean(kinds) < 0.95


def test_intervals_are_as_wide_as_the_errors_of_predictions_of_their_size() -> None:
    intervals = fit_intervals(*draw_errors(2_000, 0, rises=True), None)
    assert intervals is not None
    small, large = intervals.compute_half_widths(np.array([2.0, 10.0]))
    # 90 % of a normal distribution are within 1.645 standard deviations.
    assert small == pytest.approx(2 * 1.645, rel=0.2)
    assert large == pytest.approx(10 * 1.645, rel=0.2)


def test_a_row_without_weight_changes_nothing() -> None:
    y, predicted = draw_errors(100, 0, rises=False)
    wild = np.append(y, predicted[:20] + 1e3), np.append(predicted, predicted[:20])
    weights = np.repeat([1.0, 1e-9], [100, 20])
    intervals = fit_intervals(*wild, weights)
    assert intervals is not None
    assert max(intervals.half_widths) < 10


@pytest.mark.parametrize(("n_rows", "has_intervals"), [(8, False), (9, True), (12, True)])
def test_too_few_rows_give_no_interval(n_rows: int, has_intervals: bool) -> None:
    assert (fit_intervals(*draw_errors(n_rows, 0, rises=False), None) is not None) == has_intervals


def test_a_constant_that_is_always_right_has_intervals_without_width() -> None:
    intervals = fit_intervals(np.full(50, 3.0), np.full(50, 3.0), None)
    assert intervals is not None
    assert intervals.compute_bounds(np.array([3.0])) == (3.0, 3.0)
