import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components.monitor.performance import Agreement, LabelledPerformance, check_estimate, judge_performance
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows
from tests.predicted_rows import build_predicted_rows

PROBLEM = Problem(target="y", task="binary", metric="accuracy", classes=(0, 1), positive_label=1)
WRONG = RowLoss("wrong decisions", 1 - np.eye(2), 1.0, None)


def _draw(n_rows: int, chance: np.ndarray | float, seed: int, **columns: object) -> PredictedRows:
    """Return rows that are wrong with this chance."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_rows)
    is_wrong = rng.random(n_rows) < chance
    return build_predicted_rows(np.where(truth ^ is_wrong, 0.9, 0.1), truth, None, **columns)


def _judge(reference: PredictedRows, labelled: PredictedRows, *slices: str) -> LabelledPerformance:
    columns = {name: (reference.columns[name], labelled.columns[name]) for name in slices}
    return judge_performance(reference, labelled, PROBLEM, WRONG, columns, 0)


def test_more_errors_than_chance_are_worse() -> None:
    found = _judge(_draw(4_000, 0.2, 0), _draw(1_000, 0.3, 1))
    performance = found.performance
    assert performance.is_worse
    assert (performance.metric, performance.is_error, performance.judged_rows) == ("accuracy", False, 1_000)
    assert performance.reference.value == pytest.approx(0.8, abs=0.02)
    assert performance.labelled is not None
    assert performance.labelled.value == pytest.approx(0.7, abs=0.03)
    assert found.rise is not None
    assert found.rise.value == pytest.approx(0.1, abs=0.03)
    assert found.rise.low > 0  # type: ignore[operator]


@pytest.mark.slow
def test_chance_alone_is_worse_in_few_samples() -> None:
    reference = _draw(4_000, 0.2, 0)
    worse = [_judge(reference, _draw(500, 0.2, seed)).performance.is_worse for seed in range(1, 31)]
    assert sum(worse) <= 3


def test_a_trifle_is_not_worse_however_sure() -> None:
    found = _judge(_draw(100_000, 0.2, 0), _draw(100_000, 0.21, 1))
    assert not found.performance.is_worse
    assert found.rise.low > 0  # type: ignore[operator, union-attr]


def test_an_error_is_positive_and_worse_if_larger() -> None:
    problem = Problem(target="y", task="regression", metric="neg_mean_absolute_error")
    rng = np.random.default_rng(0)
    reference, labelled = (
        build_predicted_rows(np.zeros(1_000), spread * rng.normal(size=1_000)) for spread in (1, 2)
    )
    error = RowLoss("absolute error", None, 1.0, None)
    performance = judge_performance(reference, labelled, problem, error, {}, 0).performance
    assert performance.is_worse
    assert performance.is_error
    assert performance.labelled is not None
    assert 0 < performance.reference.value < performance.labelled.value


def test_few_labelled_rows_are_not_judged() -> None:
    found = _judge(_draw(1_000, 0.2, 0), _draw(49, 0.9, 1))
    assert (found.performance.labelled, found.performance.judged_rows) == (None, 0)
    assert (found.rise, found.performance.is_worse) == (None, False)


def test_labelled_rows_of_one_class_have_no_roc_auc() -> None:
    problem = PROBLEM.model_copy(update={"metric": "roc_auc"})
    labelled = build_predicted_rows(np.full(100, 0.9), np.ones(100))
    found = judge_performance(_draw(1_000, 0.2, 0), labelled, problem, WRONG, {}, 0)
    assert found.performance.labelled is None
    assert not found.performance.is_worse


def test_the_slice_that_is_worse_comes_first_and_is_named() -> None:
    parts = np.array(["a", "b", "c", "d"])[np.arange(4_000) % 4]
    chance = np.where(parts == "c", 0.4, 0.2)
    reference, labelled = _draw(4_000, 0.2, 0, part=parts), _draw(4_000, chance, 1, part=parts)
    found = _judge(reference, labelled, "part")
    assert found.worse_slices == (("part", "c"),)
    column, value, n_rows, new, old = found.performance.slices[0]
    assert (column, value, n_rows) == ("part", "c", 1_000)
    assert new == pytest.approx(0.6, abs=0.05)
    assert old == pytest.approx(0.8, abs=0.05)
    assert len(found.performance.slices) == 4


@pytest.mark.slow
def test_slices_are_corrected_for_their_number() -> None:
    named = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        columns = {f"c{i}": rng.integers(0, 8, 2_000).astype(float) for i in range(3)}
        found = _judge(_draw(2_000, 0.2, seed, **columns), _draw(2_000, 0.2, seed + 99, **columns), *columns)
        named += bool(found.worse_slices)
    assert named <= 2


def test_slices_of_few_rows_are_left_out() -> None:
    parts = np.where(np.arange(1_000) < 49, "rare", "usual")
    rows = _draw(1_000, 0.2, 0, part=parts)
    assert [value for _, value, *_ in _judge(rows, rows, "part").performance.slices] == ["usual"]


def _draw_calibrated(n_rows: int, seed: int, shift: float = 0.0) -> PredictedRows:
    """Return rows whose probability is right if there is no shift of the relation."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_rows)
    chance = 1 / (1 + np.exp(-2 * x))
    truth = rng.random(n_rows) < 1 / (1 + np.exp(-2 * (x - shift)))
    return build_predicted_rows(chance, truth, None, x=x)


def _check(labelled: PredictedRows) -> Agreement:
    return check_estimate(_draw_calibrated(4_000, 0), labelled, PROBLEM, WRONG, ["x"], 0)


def test_the_estimate_agrees_with_the_truth_if_the_relation_is_as_before() -> None:
    agreement = _check(_draw_calibrated(2_000, 1))
    assert agreement.holds
    assert "For the labelled rows the estimated accuracy agrees with the true one: 0." in agreement.text


def test_the_estimate_is_that_of_the_labelled_rows_alone() -> None:
    rows = _draw_calibrated(20_000, 1)
    # Sure rows are right more often.
    sure = rows.take(np.flatnonzero(np.abs(rows.outputs[:, 0] - 0.5) > 0.4))
    agreement = _check(sure)
    assert agreement.holds
    assert "0.9" in agreement.text.partition("was estimated")[0]


def test_a_changed_relation_makes_the_estimate_differ() -> None:
    agreement = _check(_draw_calibrated(2_000, 1, shift=1.0))
    assert agreement.holds is False
    assert "differs from the true one by more than chance" in agreement.text


@pytest.mark.slow
def test_of_many_rows_a_sample_is_compared() -> None:
    assert _check(_draw_calibrated(12_000, 1)).holds


def test_a_metric_that_the_rows_do_not_have_is_not_compared() -> None:
    problem = PROBLEM.model_copy(update={"metric": "roc_auc"})
    labelled = _draw_calibrated(500, 1)
    ones = labelled.take(np.flatnonzero(labelled.truth == 1))
    agreement = check_estimate(_draw_calibrated(4_000, 0), ones, problem, WRONG, ["x"], 0)
    assert agreement.holds is None
    assert "ROC AUC could not be compared" in agreement.text


def test_numbers_are_sliced_by_the_quarters_of_the_reference() -> None:
    numbers = pd.Series(np.arange(1_000.0))
    rows = _draw(1_000, 0.2, 0, x=numbers)
    assert len(_judge(rows, rows, "x").performance.slices) == 4
