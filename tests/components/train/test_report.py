import numpy as np
import pytest

from components._model.trials import Sweep, TrialResult
from components.train.report import (
    FamilyInfo,
    family_infos,
    history_figure,
    sweep_info,
    threshold_figure,
    verdict,
)
from components.train.threshold import Threshold


def _trial(number: int, family: str, *scores: float, seconds: float = 1.0) -> TrialResult:
    failure = "" if scores else "ValueError: it broke"
    return TrialResult(number, 0, family, {"strength": 0.12345, "size": 3}, scores, seconds, failure)


ERRORS = Sweep(
    [
        _trial(0, "lightgbm", -3.0, -5.0, seconds=2.0),
        _trial(1, "linear", -8.0, -8.0, seconds=0.5),
        _trial(2, "linear"),
        _trial(3, "lightgbm", -2.0, -4.0, seconds=4.0),
        _trial(4, "linear", -6.0, -7.0, seconds=1.5),
    ],
    {},
)


def test_errors_are_shown_positive_in_the_order_of_the_trials() -> None:
    info = sweep_info(ERRORS, "neg_root_mean_squared_error")
    assert (info.metric, info.is_error) == ("root_mean_squared_error", True)
    assert info.numbers == [0, 1, 3, 4]
    assert info.scores == [4.0, 8.0, 3.0, 6.5]
    assert info.best_so_far == [4.0, 4.0, 3.0, 3.0]
    assert info.families == ["LightGBM", "Linear model", "LightGBM", "Linear model"]
    assert info.parameters == ["strength 0.123, size 3"] * 4
    assert info.failures == [(2, "ValueError: it broke")]
    assert info.seconds == 8.0
    assert [trial.number for trial in info.trials] == [3, 0, 4, 1]


def test_each_family_has_its_best_trial_the_best_family_first() -> None:
    infos = family_infos(sweep_info(ERRORS, "neg_root_mean_squared_error"))
    assert infos == [FamilyInfo("LightGBM", 2, 3.0, 3.0), FamilyInfo("Linear model", 2, 6.5, 1.0)]


@pytest.mark.parametrize(
    ("trials", "metric", "words"),
    [
        (
            ERRORS.trials,
            "neg_root_mean_squared_error",
            "LightGBM is best: root_mean_squared_error 3 ± 1 over 2 folds (smaller is better). "
            "Linear model comes next with 6.5, further off than that spread.",
        ),
        (
            [_trial(0, "linear", 0.7, 0.9), _trial(1, "extra_trees", 0.75, 0.75)],
            "roc_auc",
            "Linear model is best: roc_auc 0.8 ± 0.1 over 2 folds (larger is better). "
            "Extra trees comes next with 0.75, which is within that spread.",
        ),
        (
            [_trial(0, "linear", 0.75)],
            "roc_auc",
            "Linear model is best: roc_auc 0.75 ± 0 over 1 folds (larger is better).",
        ),
    ],
)
def test_the_verdict_names_the_winner_and_how_close_the_next_family_came(
    trials: list[TrialResult], metric: str, words: str
) -> None:
    assert verdict(sweep_info(Sweep(trials, {}), metric)) == words


def test_the_history_marks_the_winner_and_leaves_the_worst_out_of_the_picture() -> None:
    trials = [_trial(number, "linear", 0.8 + number / 100) for number in range(9)]
    drawing = history_figure(sweep_info(Sweep([*trials, _trial(9, "linear", 0.1)], {}), "roc_auc"))
    (mark,) = drawing.layout.annotations
    assert (mark.x, mark.y) == (8, 0.88)
    low, high = drawing.layout.yaxis.range
    assert 0.1 < low < 0.8
    assert 0.88 < high < 1


def test_the_threshold_is_marked_on_its_curve() -> None:
    threshold = Threshold(0.25, "F1", np.array([0.1, 0.25, 0.5]), np.array([0.2, 0.6, 0.3]))
    drawing = threshold_figure(threshold)
    assert list(drawing.data[0].x) == [0.1, 0.25, 0.5]
    assert drawing.layout.shapes[0].x0 == 0.25
    assert drawing.layout.yaxis.title.text == "F1"
