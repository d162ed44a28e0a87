from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components._model.families import FAMILIES, build
from components._model.folds import FoldSet
from components._problem.task import TASKS, TaskKind
from components.tune.trial import OutOfTime, cross_validate
from tests.components.tune.sweeps import N_ROWS, write_folds


def test_scores_and_predictions_are_those_of_the_estimator_fitted_by_hand(tmp_path: Path) -> None:
    data = FoldSet.load(write_folds(tmp_path))
    scores, predicted = cross_validate("lightgbm", FAMILIES["lightgbm"].default, data, seed=3, threads=1)
    for fold, score in zip(data.folds, scores, strict=True):
        model = build("lightgbm", "binary", FAMILIES["lightgbm"].default, 3, 1).fit(fold.X_fit, fold.y_fit)
        by_hand = model.predict_proba(fold.X_score)
        np.testing.assert_array_equal(predicted[fold.score_rows], by_hand)
        assert score == pytest.approx(roc_auc_score(data.y[fold.score_rows], by_hand[:, 1]), abs=1e-12)


def test_predictions_are_in_the_order_of_the_scored_rows(tmp_path: Path) -> None:
    data = FoldSet.load(write_folds(tmp_path, "regression"))
    backwards = FoldSet(data.problem, data.y, data.folds[::-1])
    parameters = FAMILIES["linear"].default
    _, forth = cross_validate("linear", parameters, data, 0, 1)
    _, back = cross_validate("linear", parameters, backwards, 0, 1)
    np.testing.assert_array_equal(forth, back)
    assert np.corrcoef(forth, data.y[data.scored_rows])[0, 1] > 0.8


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", TASKS)
def test_every_family_fits_every_task(tmp_path: Path, family: str, kind: TaskKind) -> None:
    y = np.arange(N_ROWS) % 3 if kind == "multiclass" else None
    data = FoldSet.load(write_folds(tmp_path, kind, y))
    scores, predicted = cross_validate(family, FAMILIES[family].default, data, 0, 1)
    n_outputs = {"binary": (2,), "multiclass": (3,), "regression": ()}[kind]
    assert np.isfinite(scores).all()
    assert predicted.shape == (N_ROWS, *n_outputs)


def test_a_trial_ends_before_the_next_fold_when_the_budget_is_spent(tmp_path: Path) -> None:
    answers: Iterator[bool] = iter([False, True])
    with pytest.raises(OutOfTime, match="the budget was spent after 1 of 2 folds"):
        cross_validate(
            "linear", {"strength": 1.0}, FoldSet.load(write_folds(tmp_path)), 0, 1, lambda: next(answers)
        )


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    y = np.where(np.arange(N_ROWS) < N_ROWS // 2, np.arange(N_ROWS) % 2, 0)
    data = FoldSet.load(write_folds(tmp_path, y=y))
    # The rows to score on are of one class, for which no curve can be drawn.
    with (
        pytest.warns(UserWarning, match="Only one class"),
        pytest.raises(ValueError, match="roc_auc is nan in fold 0"),
    ):
        cross_validate("linear", {"strength": 1.0}, data, 0, 1)
