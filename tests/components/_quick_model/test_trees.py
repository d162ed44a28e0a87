from typing import Any, NamedTuple

import numpy as np
import pytest

from components._problem.spec import Problem
from components._problem.task import TASKS, TaskKind
from components._quick_model import trees
from components._quick_model.trees import Outcome, judge_features, name_loss
from tests.components._model.tables import make_problem

N_ROWS = 400
N_CLASSES: dict[TaskKind, int] = {"binary": 2, "multiclass": 3}


class Matrices(NamedTuple):
    fit: np.ndarray
    score: np.ndarray


class Rows(NamedTuple):
    y: np.ndarray
    weights: np.ndarray
    splits: list[tuple[np.ndarray, np.ndarray]]

    @property
    def scored(self) -> np.ndarray:
        return np.concatenate([score for _, score in self.splits])


def judge(
    columns: np.ndarray,
    y: np.ndarray,
    problem: Problem,
    weights: np.ndarray | None = None,
    steps: int = 40,
    categories: tuple[int, ...] = (),
) -> Outcome:
    """Return the outcome of two folds; ``columns`` is of shape (n_rows, n_features)."""
    halves = np.arange(N_ROWS // 2), np.arange(N_ROWS // 2, N_ROWS)
    splits = [halves, halves[::-1]]
    single = columns.astype(np.float32)
    folds = [Matrices(single[fit], single[score]) for fit, score in splits]
    weights = np.ones(N_ROWS) if weights is None else weights
    return judge_features(folds, Rows(y, weights, splits), problem, steps, categories)


def draw_rows(kind: TaskKind) -> tuple[np.ndarray, np.ndarray]:
    """Return a feature that decides and one of noise, and the target."""
    columns = np.random.default_rng(0).normal(size=(N_ROWS, 2))
    if kind == "regression":
        return columns, np.sin(columns[:, 0])
    ranks = columns[:, 0].argsort().argsort()
    return columns, ranks * N_CLASSES[kind] // N_ROWS


@pytest.mark.parametrize("kind", TASKS)
def test_a_feature_that_decides_has_the_gain_and_makes_the_loss_small(kind: TaskKind) -> None:
    columns, y = draw_rows(kind)
    outcome, of_noise = (judge(of, y, make_problem(kind)) for of in (columns, columns[:, 1:]))
    assert outcome.losses.shape == (N_ROWS,)
    assert outcome.losses.mean() < 0.5 * of_noise.losses.mean()
    assert all(gains[0] > 10 * gains[1] for gains in outcome.gains)


@pytest.mark.parametrize(
    ("kind", "settings", "name"),
    [
        ("binary", {}, "log loss"),
        ("multiclass", {}, "log loss"),
        ("regression", {"metric": "neg_root_mean_squared_error"}, "squared error"),
        ("regression", {"metric": "neg_mean_absolute_error"}, "absolute error"),
    ],
)
def test_the_loss_is_named(kind: TaskKind, settings: dict[str, Any], name: str) -> None:
    assert name_loss(make_problem(kind, **settings)) == name


@pytest.mark.parametrize(
    ("kind", "metric", "loss"),
    [
        ("binary", "roc_auc", np.log(2)),
        ("multiclass", "neg_log_loss", np.log(3)),
        ("regression", "neg_root_mean_squared_error", 4.0),
        ("regression", "neg_mean_absolute_error", 2.0),
    ],
)
def test_without_a_signal_the_loss_is_that_of_the_mean(kind: TaskKind, metric: str, loss: float) -> None:
    rows = np.arange(N_ROWS)
    y = rows % 2 * 4.0 - 2.0 if kind == "regression" else rows % N_CLASSES[kind]
    outcome = judge(np.zeros((N_ROWS, 1)), y, make_problem(kind, metric=metric))
    assert outcome.losses.mean() == pytest.approx(loss, rel=0.01)


def test_fits_follow_the_weights() -> None:
    columns, y = draw_rows("regression")
    y = np.where(np.arange(N_ROWS) % 2, y, -y)
    is_odd = np.arange(N_ROWS) % 2 == 1
    weights = np.where(is_odd, 100.0, 1.0)
    outcome = judge(columns, y, make_problem("regression", weight="w"), weights)
    assert outcome.losses[is_odd].mean() < 0.1 * outcome.losses[~is_odd].mean()


def test_all_folds_stop_before_they_overfit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    columns, y = rng.normal(size=(N_ROWS, 5)), rng.normal(size=N_ROWS)
    stopped = judge(columns, y, make_problem("regression"), steps=100)
    monkeypatch.setattr(trees, "_STAGES", 1)
    whole = judge(columns, y, make_problem("regression"), steps=100)
    assert stopped.losses.mean() < 0.95 * whole.losses.mean()


def test_the_losses_are_those_of_the_predictions() -> None:
    columns, y = draw_rows("multiclass")
    outcome = judge(columns, y, make_problem("multiclass"))
    scored = np.roll(y, N_ROWS // 2)
    assert outcome.predictions.shape == (N_ROWS, 3)
    assert outcome.losses == pytest.approx(-np.log(outcome.predictions[np.arange(N_ROWS), scored]))


def test_codes_of_categories_are_not_numbers() -> None:
    codes = np.random.default_rng(0).integers(0, 12, N_ROWS)
    y = np.array([0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0])[codes]
    as_numbers, as_categories = (
        judge(codes[:, None], y, make_problem("binary"), categories=places) for places in ((), (0,))
    )
    assert as_categories.gains[0][0] != as_numbers.gains[0][0]
