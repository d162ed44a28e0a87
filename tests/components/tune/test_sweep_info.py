from dataclasses import replace

import pytest

from components._sweep.time_plan import TimePlan
from components._sweep.trials import Sweep, TrialResult
from components.tune.sweep_info import (
    FamilyInfo,
    compute_family_infos,
    compute_sweep_info,
    describe_plan,
    describe_search,
)
from tests.components.tune.trials import CUT_OFF, ERROR, ERRORS, make_finished_trial, make_fold_set


def test_errors_are_shown_positive_in_the_order_of_the_trials() -> None:
    info = compute_sweep_info(ERRORS, "neg_root_mean_squared_error")
    assert info.scale == ERROR
    assert [point.number for point in info.finished] == [0, 1, 3, 4]
    assert [point.score for point in info.finished] == [4.0, 8.0, 3.0, 6.5]
    assert info.best_so_far == [4.0, 4.0, 3.0, 3.0]
    assert [point.title for point in info.finished] == [
        "LightGBM",
        "Linear model",
        "LightGBM",
        "Linear model",
    ]
    assert {point.details for point in info.finished} == {"strength 0.123, size 3"}
    assert [(point.number, point.score) for point in info.pruned] == [(5, 9.0)]
    assert info.pruned[0].details.endswith("ended after 1 of 2 folds")
    assert info.failures == [(1, "ValueError: it broke")]
    assert info.seconds == 9.0
    assert [trial.number for trial in info.ranked] == [3, 0, 4, 1]


def test_a_trial_that_the_budget_cut_off_is_neither_finished_nor_pruned() -> None:
    info, whole = (compute_sweep_info(sweep, "neg_root_mean_squared_error") for sweep in (CUT_OFF, ERRORS))
    assert (info.finished, info.pruned, info.ranked) == (whole.finished, whole.pruned, whole.ranked)
    assert [(point.number, point.score) for point in info.cut_off] == [(6, 7.0)]
    assert info.cut_off[0].details.endswith("cut off after 1 of 2 folds")
    assert whole.cut_off == []
    families = {family.title: family for family in compute_family_infos(CUT_OFF, ERROR)}
    linear = families["Linear model"]
    assert (linear.n_finished, linear.n_pruned, linear.n_cut_off, linear.n_failed) == (2, 0, 1, 1)
    assert linear.best == 6.5


def test_each_family_has_its_best_trial_the_best_family_first() -> None:
    assert compute_family_infos(ERRORS, ERROR) == [
        FamilyInfo("LightGBM", 2, 0, 0, 0, 3.0, 3.0, 0.2),
        FamilyInfo("Linear model", 2, 0, 0, 1, 6.5, 1.0, pytest.approx(0.06)),  # type: ignore[arg-type]
        FamilyInfo("Neural network", 0, 1, 0, 0, None, None, None),
    ]


@pytest.mark.parametrize(
    ("trials", "metric", "words"),
    [
        (
            ERRORS.trials,
            "neg_root_mean_squared_error",
            "The best single trial is 3 (LightGBM), with RMSE 3 ± 1 over 2 folds (smaller is better). The "
            "next family is Linear model with 6.5, which is outside that spread.",
        ),
        (
            [make_finished_trial(0, "linear", 0.7, 0.9), make_finished_trial(1, "extra_trees", 0.75, 0.75)],
            "roc_auc",
            "The best single trial is 0 (Linear model), with ROC AUC 0.8 ± 0.1 over 2 folds (larger is "
            "better). The next family is Extra trees with 0.75, which is within that spread.",
        ),
        (
            [make_finished_trial(0, "linear", 0.75)],
            "roc_auc",
            "The best single trial is 0 (Linear model), with ROC AUC 0.75 ± 0 over 1 fold (larger is "
            "better).",
        ),
    ],
)
def test_the_search_in_words_names_the_winner_and_how_close_the_next_family_came(
    trials: list[TrialResult], metric: str, words: str
) -> None:
    sweep = Sweep(trials, {})
    info = compute_sweep_info(sweep, metric)
    assert describe_search(info, compute_family_infos(sweep, info.scale)) == words


@pytest.mark.parametrize(("most_folds", "is_short"), [(1, False), (5, True)])
def test_the_plan_in_words_says_whether_the_budget_left_folds_out(most_folds: int, is_short: bool) -> None:
    text = describe_plan(replace(make_fold_set("roc_auc"), plan=TimePlan(1.25, 3.0, most_folds, 9.0)))
    assert text.startswith("Each trial was scored in 1 fold, on 2 of 4 rows.")
    assert ("The budget allows no more of 5 folds." in text) == is_short
    assert "at most 1.25 seconds of processor time" in text
