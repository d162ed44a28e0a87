from typing import Any

import numpy as np
import pytest

from components._sweep.trials import TrialResult
from components.train.member_choice import Member, MemberChoice
from components.train.model_info import (
    ModelInfo,
    compute_model_info,
    describe_calibration,
    describe_model,
    describe_speed,
)
from components.train.model_parts import ModelPart

BEST = TrialResult(3, 0, "lightgbm", {"strength": 0.5}, (-2.0, -4.0), (0, 0), predict_ms=0.3)
OTHER = TrialResult(4, 0, "linear", {"strength": 0.5}, (-6.0, -7.0), (0, 0), predict_ms=0.07)


def _make_choice(*members: tuple[TrialResult, float], **more: Any) -> MemberChoice:
    whole = {"score": -3.0, "single": -3.0, "slope": 1.0, "intercept": 0.0, **more}
    return MemberChoice(
        [Member(trial, weight) for trial, weight in members],
        predicted=np.zeros((1, 2)),
        known=np.ones(1, bool),
        reason="because",
        **whole,
    )


def _make_model(choice: MemberChoice, metric: str = "neg_root_mean_squared_error") -> ModelInfo:
    parts = [ModelPart(trial, weight, None) for trial, weight in choice.members]
    return compute_model_info(choice, parts, metric)


def test_a_model_of_one_trial_is_described() -> None:
    model = _make_model(_make_choice((BEST, 1.0)))
    assert describe_model(model, "LightGBM") == (
        "The model is LightGBM (trial 3), with a cross-validated RMSE of 3 on all out-of-fold rows (smaller "
        "is better)."
    )
    assert describe_calibration(model) == ""
    assert (
        describe_speed(model)
        == "It takes about 0.3 ms of processor time to predict a row, without the recipe and not compiled."
    )


def test_a_model_of_trials_without_their_last_folds_says_so() -> None:
    choice = _make_choice((BEST, 1.0))._replace(known=np.array([True, False]))
    text = describe_model(_make_model(choice), "LightGBM")
    assert "on the out-of-fold rows that all its trials predict (smaller" in text


def test_a_model_of_several_says_how_much_better_it_is() -> None:
    choice = _make_choice((BEST, 0.75), (OTHER, 0.25), score=-2.5)
    model = _make_model(choice)
    assert [(m.number, m.title, m.weight, m.fits, m.score) for m in model.members] == [
        (3, "LightGBM", 0.75, 1, 3.0),
        (4, "Linear model", 0.25, 1, 6.5),
    ]
    assert describe_model(model, "Ensemble of 2 models").endswith(
        "(LightGBM, Linear model), with a cross-validated RMSE of 2.5 on all out-of-fold rows (smaller is "
        "better). It is better by 0.5 than the best trial alone, which has 3."
    )


@pytest.mark.parametrize(
    ("slope", "intercept", "words"),
    [
        (2.0, 0.0, "their log odds are multiplied by 2 (they were too cautious)."),
        (
            0.5,
            -0.25,
            "multiplied by 0.5 (they were too confident) and shifted by -0.25, towards the neg",
        ),
    ],
)
def test_calibration_is_described(slope: float, intercept: float, words: str) -> None:
    model = _make_model(_make_choice((BEST, 1.0), slope=slope, intercept=intercept))
    assert words in describe_calibration(model)
