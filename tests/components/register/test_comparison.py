import numpy as np
import pytest

from components._problem.spec import Problem
from components.register.comparison import ModelPredictions, compare_models

RNG = np.random.default_rng(0)


def make_binary(metric: str = "roc_auc") -> Problem:
    known = {"target": "y", "task": "binary", "classes": ("no", "yes"), "positive_label": "yes"}
    return Problem.model_validate({**known, "metric": metric})


def make_predictions(y: np.ndarray, noise: float, seed: int) -> ModelPredictions:
    positive = 1 / (1 + np.exp(-(2.0 * y - 1 + np.random.default_rng(seed).normal(0, noise, len(y)))))
    return ModelPredictions(np.column_stack([1 - positive, positive]), 0.5)


Y = RNG.integers(0, 2, 600)


@pytest.mark.parametrize(
    ("challenger", "champion", "verdict"),
    [(0.5, 2.0, "better"), (2.0, 0.5, "worse"), (1.0, 1.0, "no different for sure")],
)
def test_it_says_which_is_better_where_that_is_sure(challenger: float, champion: float, verdict: str) -> None:
    found = compare_models(
        make_predictions(Y, challenger, 1), make_predictions(Y, champion, 2), Y, make_binary(), seed=0
    )
    assert found.verdict == verdict
    assert found.metric == "roc_auc"
    assert found.better_by is not None
    assert found.challenger is not None
    assert found.champion is not None
    assert found.better_by.value == pytest.approx(found.challenger - found.champion)


def test_an_error_is_positive_and_less_of_it_is_better() -> None:
    found = compare_models(
        make_predictions(Y, 0.5, 1), make_predictions(Y, 2.0, 2), Y, make_binary("neg_log_loss"), seed=0
    )
    assert found.metric == "log_loss"
    assert found.challenger is not None
    assert found.champion is not None
    assert 0 < found.challenger < found.champion
    assert found.verdict == "better"
    assert found.better_by is not None
    assert found.better_by.value == pytest.approx(found.champion - found.challenger)


def test_pairing_makes_a_small_difference_sure() -> None:
    one = make_predictions(Y, 1.0, 1)
    # The same but for a nudge into the right direction.
    nudged = np.clip(one.predictions[:, 1] + (2 * Y - 1) * 0.02, 0, 1)
    found = compare_models(
        ModelPredictions(np.column_stack([1 - nudged, nudged]), 0.5), one, Y, make_binary(), seed=0
    )
    assert found.verdict == "better"


def test_a_model_is_no_better_than_itself() -> None:
    one = make_predictions(Y, 1.0, 1)
    found = compare_models(one, one, Y, make_binary(), seed=0)
    assert found.better_by is not None
    assert (found.better_by.value, found.better_by.low, found.better_by.high) == (0, 0, 0)
    assert found.verdict == "no different for sure"


def test_rows_of_one_class_leave_it_open() -> None:
    y = np.zeros(50, dtype=int)
    found = compare_models(make_predictions(y, 1.0, 1), make_predictions(y, 1.0, 2), y, make_binary(), seed=0)
    assert (found.challenger, found.better_by, found.verdict) == (None, None, "unknown")
