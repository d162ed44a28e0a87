import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components._estimators import FitOptions, StoppingRows, fit, predict
from components._problem.task import TASKS, TaskKind
from components._sweep.cross_validation import OutOfTime, RecordedTime, RepeatedTime, cross_validate
from components._sweep.folds import Fold, FoldSet
from components.tune.trial_process import FAILURES
from tests.components._estimators.fits import EVERY
from tests.components._model.tables import SMALL, make_problem
from tests.components.tune.sweeps import N_ROWS, write_folds


def make_folds(folder: Path, kind: TaskKind = "binary", y: np.ndarray | None = None) -> FoldSet:
    return FoldSet.load(write_folds(folder, kind, y))


def test_scores_steps_and_predictions_are_those_of_the_estimator_fitted_by_hand(tmp_path: Path) -> None:
    data = make_folds(tmp_path)
    outcome = cross_validate("lightgbm", SMALL["lightgbm"], data, seed=3, threads=1)
    assert outcome.predicted is not None
    # A fold is scored after the steps that the other one chose, or its own last: 40 after the best.
    others = [min(other, own + 40) for own, other in zip(outcome.steps, outcome.steps[::-1], strict=True)]
    assert outcome.steps[0] != outcome.steps[1]
    for fold, score, steps, other in zip(data.folds, outcome.fold_scores, outcome.steps, others, strict=True):
        stopping = StoppingRows(fold.X_score, data.y[fold.score_rows])
        options = FitOptions("binary", "roc_auc", seed=3)
        fold_data = (fold.X_fit, fold.y_fit, SMALL["lightgbm"], options)
        assert fit("lightgbm", *fold_data, stopping).steps == steps > 0
        by_hand = fit("lightgbm", *fold_data, other).estimator.predict_proba(fold.X_score)
        # Predictions after each step are recorded in single precision.
        np.testing.assert_allclose(outcome.predicted[fold.score_rows], by_hand, rtol=0, atol=1e-7)
        assert score == pytest.approx(roc_auc_score(stopping.y, by_hand[:, 1]), abs=1e-3)
    assert 0 < outcome.predict_ms < 100


def _draw_random_labels(seed: int) -> FoldSet:
    """Return six folds of ten rows, whose labels nothing predicts."""
    X = np.random.default_rng(seed).normal(size=(60, 8)).astype(np.float32)
    y = np.arange(60) % 2
    folds = []
    for scored in np.arange(60).reshape(6, -1):
        fitted = np.setdiff1d(np.arange(60), scored)
        free = (np.zeros(8, dtype=np.int64), np.zeros(8, dtype="U8"))
        folds.append(Fold(X[fitted], y[fitted], X[scored], scored, *free))
    return FoldSet(make_problem("binary", metric="roc_auc"), y, folds)


@pytest.mark.slow
def test_rows_that_stop_a_network_do_not_make_it_look_better_than_chance() -> None:
    parameters = {**SMALL["network"], "width": 64}
    honest, optimistic = [], []
    for seed in range(3):
        data = _draw_random_labels(seed)
        outcome = cross_validate("network", parameters, data, 0, 1)
        assert outcome.predicted is not None
        honest.append(roc_auc_score(data.y, outcome.predicted[:, 1]))
        parts = []
        for fold in data.folds:
            stopping = StoppingRows(fold.X_score, data.y[fold.score_rows])
            options = FitOptions("binary", "roc_auc", seed=0)
            fitted = fit("network", fold.X_fit, fold.y_fit, parameters, options, stopping)
            parts.append(predict(fitted.estimator, fold.X_score, "binary"))
        optimistic.append(roc_auc_score(data.y, data.merge_predictions(parts)[:, 1]))
    assert np.mean(honest) == pytest.approx(0.5, abs=0.05)
    assert np.mean(optimistic) > 0.58


def test_predictions_are_in_the_order_of_the_scored_rows(tmp_path: Path) -> None:
    data = make_folds(tmp_path, "regression")
    backwards = FoldSet(data.problem, data.y, data.folds[::-1])
    forth, back = (
        cross_validate("linear", SMALL["linear"], each, 0, 1).predicted for each in (data, backwards)
    )
    assert forth is not None
    np.testing.assert_array_equal(forth, back)
    assert np.corrcoef(forth, data.y[data.scored_rows])[0, 1] > 0.8


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_every_family_fits_every_task_of_its_own(tmp_path: Path, family: str, kind: TaskKind) -> None:
    y = np.arange(N_ROWS) % 3 if kind == "multiclass" else None
    outcome = cross_validate(family, SMALL[family], make_folds(tmp_path, kind, y), 0, 1)
    n_outputs = {"binary": (2,), "multiclass": (3,), "regression": ()}[kind]
    assert np.isfinite(outcome.fold_scores).all()
    assert [steps > 0 for steps in outcome.steps] == [family in ("lightgbm", "network")] * 2
    assert outcome.predicted is not None
    assert outcome.predicted.shape == (N_ROWS, *n_outputs)


@pytest.mark.parametrize("kind", TASKS)
def test_a_trial_that_the_budget_ends_keeps_the_folds_that_it_has(tmp_path: Path, kind: TaskKind) -> None:
    data = make_folds(tmp_path, kind, np.arange(N_ROWS) % 3 if kind == "multiclass" else None)
    answers: Iterator[bool] = iter([False, True])
    part = cross_validate("linear", {"strength": 1.0}, data, 0, 1, lambda share=1.0: next(answers))
    assert not list(answers)
    whole = cross_validate("linear", {"strength": 1.0}, data, 0, 1)
    assert (part.fold_scores, part.steps) == (whole.fold_scores[:1], [0])
    assert part.predicted is not None
    assert whole.predicted is not None
    assert part.predicted.shape == whole.predicted.shape
    scored = np.isin(data.scored_rows, data.folds[0].score_rows)
    np.testing.assert_array_equal(part.predicted[scored], whole.predicted[scored])
    assert np.isnan(part.predicted[~scored]).all()


def test_a_trial_without_time_for_a_fold_has_no_result(tmp_path: Path) -> None:
    with pytest.raises(OutOfTime, match="the budget was spent before the first fold"):
        cross_validate("linear", {"strength": 1.0}, make_folds(tmp_path), 0, 1, lambda share=1.0: True)


def test_each_fold_has_an_equal_share_of_the_time_and_what_the_ones_before_left(tmp_path: Path) -> None:
    shares: list[float] = []

    def is_over(share: float = 1.0) -> bool:
        shares.append(share)
        return False

    cross_validate("lightgbm", SMALL["lightgbm"], make_folds(tmp_path), 0, 1, is_over)
    # Once before each fold, for all the time of the trial, then in each step of its fit.
    second = shares.index(1.0, 1)
    assert shares[0] == 1.0
    assert set(shares[1:second]) == {0.5}
    assert set(shares[second:]) == {1.0}
    assert len(shares) > second + 2


@pytest.mark.parametrize("family", ["lightgbm", "network", "extra_trees"])
def test_a_fit_that_reaches_the_end_of_its_share_is_kept_and_the_next_fold_runs(
    tmp_path: Path, family: str
) -> None:
    data = make_folds(tmp_path)
    outcome = cross_validate(family, SMALL[family], data, 0, 1, lambda share=1.0: share < 1.0)
    whole = cross_validate(family, SMALL[family], data, 0, 1)
    assert len(outcome.fold_scores) == 2
    assert outcome.predicted is not None
    assert np.isfinite(outcome.predicted).all()
    # The first fold's fit was cut after its first step, the second's was not.
    assert outcome.steps[0] == (0 if family == "extra_trees" else 1)
    assert outcome.steps[1] == whole.steps[1]
    assert outcome.fold_scores[0] != whole.fold_scores[0]
    if family == "extra_trees":
        # The steps of others are scored in the other fold.
        assert outcome.fold_scores[1] == whole.fold_scores[1]


def test_a_hopeless_trial_ends_without_predictions(tmp_path: Path) -> None:
    asked: list[list[float]] = []

    def is_hopeless(scores: list[float]) -> bool:
        asked.append(list(scores))
        return True

    data = make_folds(tmp_path)
    whole = cross_validate("linear", SMALL["linear"], data, 0, 1)
    outcome = cross_validate("linear", SMALL["linear"], data, 0, 1, is_hopeless=is_hopeless)
    assert (outcome.fold_scores, outcome.steps, outcome.predicted) == (whole.fold_scores[:1], [0], None)
    assert asked == [whole.fold_scores[:1]]


def test_after_the_last_fold_nothing_is_hopeless(tmp_path: Path) -> None:
    asked: list[int] = []
    cross_validate(
        "linear",
        SMALL["linear"],
        make_folds(tmp_path),
        0,
        1,
        is_hopeless=lambda scores: bool(asked.append(1)),
    )
    assert asked == [1]


@pytest.mark.parametrize("kind", TASKS)
def test_a_network_that_diverges_is_a_trial_that_fails(tmp_path: Path, kind: TaskKind) -> None:
    y = np.arange(N_ROWS) % 3 if kind == "multiclass" else None
    parameters = {**SMALL["network"], "learning_rate": 1e30}
    with np.errstate(all="ignore"), pytest.raises(FAILURES, match=r"not finite|NaN|non-finite"):
        cross_validate("network", parameters, make_folds(tmp_path, kind, y), 0, 1)


def test_predictions_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    y = np.where(np.arange(N_ROWS) % 9 == 0, 1e200, 0.0)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FAILURES, match="predictions of fold 0 are not all finite"),
    ):
        cross_validate("network", SMALL["network"], make_folds(tmp_path, "regression", y), 0, 1)


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    y = np.where(np.arange(N_ROWS) < N_ROWS // 2, np.arange(N_ROWS) % 2, 0)
    # The rows to score have one class, for which there is no ROC curve.
    with (
        pytest.warns(UserWarning, match="Only one class"),
        pytest.raises(ValueError, match="roc_auc is nan in fold 0"),
    ):
        cross_validate("linear", {"strength": 1.0}, make_folds(tmp_path, y=y), 0, 1)


def test_time_to_predict_is_time_of_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def predict_slowly(*given: Any) -> np.ndarray:
        # Another process runs meanwhile.
        time.sleep(0.05)
        return predict(*given)

    monkeypatch.setattr("components._sweep.cross_validation.predict", predict_slowly)
    assert 0 < cross_validate("linear", SMALL["linear"], make_folds(tmp_path), 0, 1).predict_ms < 25


def test_heavy_rows_count_more_in_fits_and_scores(tmp_path: Path) -> None:
    plain = make_folds(tmp_path)
    weights = np.random.default_rng(0).uniform(0.1, 2, N_ROWS)
    folds = [
        fold._replace(weights_fit=weights[np.setdiff1d(np.arange(N_ROWS), fold.score_rows)])
        for fold in plain.folds
    ]
    outcome = cross_validate(
        "lightgbm", SMALL["lightgbm"], replace(plain, weights=weights, folds=folds), 0, 1
    )
    assert outcome.predicted is not None
    for fold, score in zip(folds, outcome.fold_scores, strict=True):
        rows = fold.score_rows
        own = weights[rows]
        assert score == pytest.approx(
            roc_auc_score(plain.y[rows], outcome.predicted[rows, 1], sample_weight=own)
        )
    unweighted = cross_validate("lightgbm", SMALL["lightgbm"], plain, 0, 1).predicted
    assert unweighted is not None
    assert not np.array_equal(outcome.predicted, unweighted)


def test_a_time_that_was_over_is_over_at_the_same_calls_again() -> None:
    answers = [False, True, False, True]
    left = iter(answers)
    recorded = RecordedTime(lambda share=1.0: next(left))
    assert [recorded(0.5) for _ in answers] == answers
    assert recorded.stops == [2, 4]
    repeated = RepeatedTime(recorded.stops)
    assert [repeated() for _ in answers] == answers
