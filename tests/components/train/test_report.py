from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components._model.signature import Signature
from components._sweep.trials import Sweep, TrialResult
from components.train.fitter import ModelPart
from components.train.member_choice import Member, MemberChoice
from components.train.model_info import describe_calibration, describe_model, describe_speed
from components.train.parameters import compute_importance_infos, compute_parallel_info, list_parameters
from components.train.report import render_training_page
from components.train.sweep_figures import (
    draw_history,
    draw_parallel,
    draw_threshold,
    draw_timeline,
    draw_tradeoff,
)
from components.train.sweep_info import FamilyInfo, MetricScale, compute_family_infos, compute_sweep_info
from components.train.threshold import Threshold
from components.train.tradeoff import compute_tradeoff_info, describe_pareto_front
from components.train.training_info import TrainingInfo, compute_training_info, describe_search
from components.train.trial_timeline import compute_timeline_info
from tests.browser import Browser

ERROR = MetricScale("root_mean_squared_error", True)
SCORE = MetricScale("roc_auc", False)


def _trial(number: int, family: str, *scores: float, **more: Any) -> TrialResult:
    parameters = more.pop("parameters", {"strength": 0.12345, "size": 3})
    failure = "" if scores else "ValueError: it broke"
    return TrialResult(
        number, more.pop("worker", 0), family, parameters, scores, (0,) * len(scores), failure=failure, **more
    )


ERRORS = Sweep(
    [
        _trial(0, "lightgbm", -3.0, -5.0, seconds=2.0, predict_ms=0.1),
        _trial(1, "linear", -8.0, -8.0, seconds=0.5, predict_ms=0.05),
        _trial(2, "linear"),
        _trial(3, "lightgbm", -2.0, -4.0, seconds=4.0, predict_ms=0.3),
        _trial(4, "linear", -6.0, -7.0, seconds=1.5, predict_ms=0.07),
        _trial(5, "network", -9.0, is_pruned=True, seconds=1.0),
    ],
    {},
)


def _choice(*members: tuple[TrialResult, float], **more: Any) -> MemberChoice:
    whole = {"score": -3.0, "single": -3.0, "slope": 1.0, "intercept": 0.0, **more}
    return MemberChoice(
        [Member(trial, weight) for trial, weight in members],
        predicted=np.zeros((1, 2)),
        reason="because",
        **whole,
    )


def _many(n_trials: int, metric_sign: int = 1) -> Sweep:
    rng = np.random.default_rng(0)
    trials = []
    for number in range(n_trials):
        family = ("lightgbm", "network", "linear")[number % 3]
        rate = float(10 ** rng.uniform(-4, 0))
        score = metric_sign * (0.8 - 0.02 * abs(np.log10(rate) + 2) + 0.0001 * rng.normal())
        trials.append(
            _trial(
                number,
                family,
                score,
                score + 0.01,
                parameters={"learning_rate": rate, "noise": float(rng.random()), "kind": "ab"[number % 2]},
                worker=number % 2,
                process=100 + number % 4,
                started=1_000.0 + number,
                seconds=0.8,
                predict_ms=0.1 + 0.1 * (number % 7),
            )
        )
    return Sweep(trials, {})


def test_errors_are_shown_positive_in_the_order_of_the_trials() -> None:
    info = compute_sweep_info(ERRORS, "neg_root_mean_squared_error", [3])
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


def test_each_family_has_its_best_trial_the_best_family_first() -> None:
    assert compute_family_infos(ERRORS, ERROR) == [
        FamilyInfo("LightGBM", 2, 0, 0, 3.0, 3.0, 0.2),
        FamilyInfo("Linear model", 2, 0, 1, 6.5, 1.0, pytest.approx(0.06)),
        FamilyInfo("Neural network", 0, 1, 0, None, None, None),
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
            [_trial(0, "linear", 0.7, 0.9), _trial(1, "extra_trees", 0.75, 0.75)],
            "roc_auc",
            "The best single trial is 0 (Linear model), with ROC AUC 0.8 ± 0.1 over 2 folds (larger is "
            "better). The next family is Extra trees with 0.75, which is within that spread.",
        ),
        (
            [_trial(0, "linear", 0.75)],
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
    choice = _choice((sweep.winner, 1.0))
    assert describe_search(compute_training_info(sweep, choice, [], metric, seed=0)) == words


def _model(choice: MemberChoice, metric: str = "neg_root_mean_squared_error") -> TrainingInfo:
    parts = [ModelPart(trial, weight, None) for trial, weight in choice.members]
    return compute_training_info(ERRORS, choice, parts, metric, seed=0)


def test_a_model_of_one_trial_is_described() -> None:
    model = _model(_choice((ERRORS.winner, 1.0))).model
    assert describe_model(model, "LightGBM", ERROR) == (
        "The model is LightGBM (trial 3), with a cross-validated RMSE of 3 on all out-of-fold rows (smaller "
        "is better)."
    )
    assert describe_calibration(model) == ""
    assert (
        describe_speed(model)
        == "It takes about 0.3 ms of processor time to predict a row, without the recipe and not compiled."
    )


def test_a_model_of_several_says_how_much_better_it_is() -> None:
    choice = _choice((ERRORS.trials[3], 0.75), (ERRORS.trials[4], 0.25), score=-2.5)
    model = _model(choice).model
    assert [(m.number, m.title, m.weight, m.fits, m.score) for m in model.members] == [
        (3, "LightGBM", 0.75, 1, 3.0),
        (4, "Linear model", 0.25, 1, 6.5),
    ]
    assert describe_model(model, "Ensemble of 2 models", ERROR).endswith(
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
    model = _model(_choice((ERRORS.winner, 1.0), slope=slope, intercept=intercept)).model
    assert words in describe_calibration(model)


def test_the_pareto_front_is_what_no_other_beats_in_score_and_time() -> None:
    info = compute_tradeoff_info(compute_sweep_info(ERRORS, "neg_root_mean_squared_error", [3]))
    assert info is not None
    assert [point.number for point in info.pareto_front] == [1, 4, 0, 3]
    assert describe_pareto_front(info).startswith(
        "4 trials are on the Pareto front: no other trial is better in both score and time. They are, from"
    )
    best_and_fastest = Sweep([replace(ERRORS.trials[3], predict_ms=0.01), *ERRORS.trials[:3]], {})
    only = compute_tradeoff_info(compute_sweep_info(best_and_fastest, "neg_root_mean_squared_error", []))
    assert only is not None
    assert [point.number for point in only.pareto_front] == [3]
    assert describe_pareto_front(only) == (
        "Trial 3 (LightGBM, 3 in 0.01 ms) is both the best and the fastest to predict."
    )
    untimed = Sweep([replace(trial, predict_ms=0.0) for trial in ERRORS.trials], {})
    assert compute_tradeoff_info(compute_sweep_info(untimed, "neg_root_mean_squared_error", [])) is None


def test_the_timeline_has_a_row_for_each_process() -> None:
    info = compute_timeline_info(_many(8), SCORE)
    assert info is not None
    assert info.processes == [f"worker {w}, process {p}" for w in (0, 1) for p in (0, 1)]
    assert [bar.process for bar in info.bars] == [0, 2, 1, 3, 0, 2, 1, 3]
    assert [bar.start for bar in info.bars] == list(range(8))
    assert info.seconds == pytest.approx(7.8)
    assert info.busy == pytest.approx(8 * 0.8 / (4 * 7.8))
    assert compute_timeline_info(ERRORS, ERROR) is None


def test_the_parameter_that_matters_is_found_where_there_are_trials_enough() -> None:
    assert compute_importance_infos(_many(27), 0) == []
    infos = compute_importance_infos(_many(90), 0)
    assert {info.title for info in infos} == {"LightGBM", "Neural network", "Linear model"}
    for info in infos:
        assert info.n_trials == 30
        assert info.names[0] == "learning_rate"
        assert info.shares[0] > 0.8
        assert info.explained > 0.5
    assert compute_importance_infos(_many(90), 0) == infos


def test_parameters_are_numbers_or_labels_and_only_those_that_differ() -> None:
    trials = [
        _trial(n, "linear", 0.5, parameters={"rate": 10.0**-n, "size": n, "kind": "ab"[n % 2], "same": 1})
        for n in range(4)
    ]
    rate, size, kind = list_parameters(trials)
    assert (rate.name, rate.is_log, rate.labels) == ("rate", True, [])
    assert (size.values, size.is_log) == ([0.0, 1.0, 2.0, 3.0], False)
    assert (kind.values, kind.labels) == ([0.0, 1.0, 0.0, 1.0], ["a", "b"])


def test_lines_of_the_winners_family_go_through_its_parameters_to_the_score() -> None:
    sweep = _many(30)
    info = compute_parallel_info(sweep, SCORE)
    assert info is not None
    assert info.scores == sorted(info.scores)
    assert info.numbers[-1] == sweep.winner.number
    drawing = draw_parallel(info, compute_sweep_info(sweep, "roc_auc", []))
    labels = [dimension.label for dimension in drawing.data[0].dimensions]
    assert labels[0] == "learning_rate"
    assert labels[-1] == "ROC AUC"
    assert compute_parallel_info(Sweep(ERRORS.trials[:2], {}), ERROR) is None


def test_the_history_marks_the_model_and_leaves_the_worst_at_the_edge_of_the_picture() -> None:
    trials = [_trial(number, "linear", 0.8 + number / 100) for number in range(19)]
    info = compute_sweep_info(Sweep([*trials, _trial(19, "linear", 0.1)], {}), "roc_auc", [18])
    drawing = draw_history(info)
    marked = next(trace for trace in drawing.data if trace.name == "in the model")
    assert (list(marked.x), list(marked.y)) == ([18], [0.98])
    low, high = drawing.layout.yaxis.range
    assert 0.1 < low < 0.81
    assert 0.98 < high < 1.1
    shown = next(trace for trace in drawing.data if trace.name == "Linear model")
    assert min(shown.y) == low
    assert "trial 19: 0.1," in shown.text[-1]


def test_the_threshold_is_marked_on_its_curve() -> None:
    threshold = Threshold(0.25, "F1", np.array([0.1, 0.25, 0.5]), np.array([0.2, 0.6, 0.3]))
    drawing = draw_threshold(threshold)
    assert list(drawing.data[0].x) == [0.1, 0.25, 0.5]
    assert drawing.layout.shapes[0].x0 == 0.25
    assert drawing.layout.yaxis.title.text == "F1"


@pytest.mark.parametrize("n_trials", [1, 40, 500])
@pytest.mark.parametrize("metric", ["roc_auc", "neg_log_loss"])
def test_a_page_of_any_sweep_draws_itself(
    n_trials: int, metric: str, tmp_path: Path, browser: Browser
) -> None:
    sweep = _many(n_trials, 1 if metric == "roc_auc" else -1)
    choice = _choice((sweep.winner, 1.0), score=sweep.winner.score, single=sweep.winner.score)
    parts = [ModelPart(sweep.winner, 1.0, None)]
    signature = Signature("binary", "y", {"a": "float"}, ["no", "yes"], None, "lightgbm", "LightGBM", metric)
    info = compute_training_info(sweep, choice, parts, metric, seed=0)
    (tmp_path / "page.html").write_text(render_training_page(info, signature, None, 3), encoding="utf-8")
    with browser.from_file(tmp_path / "page.html") as visit:
        assert visit.draw_all() >= 3
        assert (visit.faults, visit.requests) == ([], [])
    assert (tmp_path / "page.html").stat().st_size < 4_000_000


def test_failures_and_notes_are_on_the_page() -> None:
    failed = [_trial(n, "linear") for n in (2, 7)]
    sweep = Sweep([*ERRORS.trials, failed[1]], {}, ["Worker 1 lost the sweep's storage: <no route>"])
    info = compute_training_info(
        sweep, _choice((sweep.winner, 1.0)), [], "neg_root_mean_squared_error", seed=0
    )
    signature = Signature("regression", "y", {"a": "float"}, [], None, "lightgbm", "LightGBM", "r2")
    page = render_training_page(info, signature, None, 3)
    assert "2 trials: ValueError: it broke" in page
    assert "&lt;no route&gt;" in page
    assert draw_tradeoff(info.sweep, info.tradeoff).data  # type: ignore[arg-type]
    assert draw_timeline(compute_timeline_info(_many(5), SCORE)).data  # type: ignore[arg-type]
