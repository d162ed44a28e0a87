import numpy as np
import pytest

from components.monitor.concept_drift import find_concept_drift
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows
from tests.predicted_rows import START, build_predicted_rows

WRONG = RowLoss("wrong decisions", 1 - np.eye(2), 1.0, None)
ERROR = RowLoss("absolute error", None, 1.0, None)


def _draw(chances: np.ndarray, seed: int) -> PredictedRows:
    """Return rows that are wrong with these chances."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, len(chances))
    is_wrong = rng.random(len(chances)) < chances
    return build_predicted_rows(np.where(truth ^ is_wrong, 0.9, 0.1), truth)


REFERENCE = _draw(np.full(2_000, 0.2), 99)


def test_stationary_errors_are_no_drift() -> None:
    found = [find_concept_drift(_draw(np.full(3_000, 0.2), seed), REFERENCE, WRONG) for seed in range(100)]
    assert not any(drift and drift.is_drifting for drift in found)


@pytest.mark.parametrize(("after", "delay"), [(0.35, 500), (0.8, 100)])
def test_a_rise_is_found_within_its_delay(after: float, delay: int) -> None:
    chances = np.repeat([0.2, after], [2_000, delay])
    found = [find_concept_drift(_draw(chances, seed), REFERENCE, WRONG) for seed in range(100)]
    assert sum(drift is not None and drift.is_drifting for drift in found) >= 95
    minutes = [
        (np.datetime64(drift.since.removesuffix("Z")) - START) / np.timedelta64(1, "m")
        for drift in found
        if drift
    ]
    assert np.median(minutes) == pytest.approx(2_000, abs=30)


def test_a_fall_is_said_but_is_not_drift() -> None:
    found = find_concept_drift(_draw(np.repeat([0.4, 0.1], 1_000), 0), REFERENCE, WRONG)
    assert found is not None
    assert not found.is_drifting
    assert found.before > found.after


def test_the_latest_state_is_compared_with_the_one_before() -> None:
    found = find_concept_drift(_draw(np.repeat([0.2, 0.6, 0.2], 1_000), 0), REFERENCE, WRONG)
    assert found is not None
    assert (found.before, found.after) == (pytest.approx(0.6, abs=0.05), pytest.approx(0.2, abs=0.05))


def test_rows_are_ordered_by_time() -> None:
    rows = _draw(np.repeat([0.2, 0.6], 1_000), 0)
    mixed = rows.take(np.random.default_rng(1).permutation(len(rows)))
    assert find_concept_drift(mixed, REFERENCE, WRONG) == find_concept_drift(rows, REFERENCE, WRONG)


def test_the_errors_of_a_regression_have_no_bound() -> None:
    noise = np.random.default_rng(0).standard_cauchy(2_000)
    truth = noise * np.repeat([1.0, 4.0], 1_000)
    reference = build_predicted_rows(np.zeros(2_000), np.random.default_rng(1).standard_cauchy(2_000))
    found = find_concept_drift(build_predicted_rows(np.zeros(2_000), truth), reference, ERROR)
    assert found is not None
    since = (np.datetime64(found.since.removesuffix("Z")) - START) / np.timedelta64(1, "m")
    assert since == pytest.approx(1_000, abs=60)


def test_few_rows_and_a_model_without_errors_say_nothing() -> None:
    assert find_concept_drift(_draw(np.full(199, 0.9), 0), REFERENCE, WRONG) is None
    exact = build_predicted_rows(np.zeros(500), np.zeros(500))
    assert find_concept_drift(exact, exact, ERROR) is None
