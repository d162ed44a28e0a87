import warnings

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.metrics import get_scorer, get_scorer_names

from components._problem.metrics import (
    DEFAULT_SCORER,
    SCORERS,
    describe_metric,
    find_scorer,
    get_sign,
    name_metric,
    normalise_keyword,
    suggest_metric,
)
from components._problem.task import TASKS, TaskKind

X = np.random.default_rng(0).normal(size=(60, 2))
LATENT = X[:, 0] + 0.3 * X[:, 1]
TARGETS: dict[TaskKind, np.ndarray] = {
    "binary": (LATENT > 0).astype(int),
    "multiclass": np.digitize(LATENT, [-0.5, 0.5]),
    "regression": np.exp(LATENT),
}
MODELS = {
    task: (PoissonRegressor() if task == "regression" else LogisticRegression()).fit(X, y)
    for task, y in TARGETS.items()
}


def _can_score(name: str, task: TaskKind) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Of two classes one is always among the two likeliest: scikit-learn calls that meaningless.
            warnings.filterwarnings("error", ".*meaningless", UndefinedMetricWarning)
            score = get_scorer(name)(MODELS[task], X, TARGETS[task])
    except (AttributeError, ValueError, UndefinedMetricWarning):
        return False
    return bool(np.isfinite(score))


def _is_supervised(name: str) -> bool:
    return ".cluster" not in get_scorer(name)._score_func.__module__


@pytest.mark.parametrize("task", TASKS)
def test_every_supervised_scorer_is_listed_exactly_where_it_works(task: TaskKind) -> None:
    # A metric of numbers also accepts the codes of classes, and means nothing there.
    works = {
        name
        for name in get_scorer_names()
        if _is_supervised(name)
        and _can_score(name, task)
        and (task == "regression" or not _can_score(name, "regression"))
    }
    assert set(SCORERS[task]) == works


@pytest.mark.parametrize("task", TASKS)
def test_the_default_scorer_fits_its_task(task: TaskKind) -> None:
    assert DEFAULT_SCORER[task] in SCORERS[task]


@pytest.mark.parametrize(
    ("metric", "task", "expected"),
    [
        ("roc_auc", "binary", "roc_auc"),
        ("log_loss", "binary", "neg_log_loss"),
        ("neg_log_loss", "multiclass", "neg_log_loss"),
        ("neg_r2", "regression", None),
        ("auc", "binary", "roc_auc"),
        ("AUC", "multiclass", "roc_auc_ovr"),
        ("roc_auc", "multiclass", "roc_auc_ovr"),
        ("auc", "regression", None),
        ("ROC-AUC", "binary", "roc_auc"),
        ("PR-AUC", "binary", "average_precision"),
        ("Log Loss", "multiclass", "neg_log_loss"),
        ("logloss", "binary", "neg_log_loss"),
        ("F1", "multiclass", "f1_macro"),
        ("f1_score", "binary", "f1"),
        ("brier_score", "binary", "neg_brier_score"),
        ("RMSE", "regression", "neg_root_mean_squared_error"),
        ("neg_rmse", "regression", "neg_root_mean_squared_error"),
        ("mae", "regression", "neg_mean_absolute_error"),
        ("mae", "binary", None),
        ("R²", "regression", "r2"),
        ("r-squared", "regression", "r2"),
        ("", "binary", None),
        ("score", "regression", None),
    ],
)
def test_a_metric_means_a_scorer_by_any_of_its_names(
    metric: str, task: TaskKind, expected: str | None
) -> None:
    assert find_scorer(metric, task) == expected


@pytest.mark.parametrize(
    ("scorer", "name", "direction"), [("neg_log_loss", "log_loss", -1), ("roc_auc", "roc_auc", 1)]
)
def test_a_scorer_is_shown_without_its_sign(scorer: str, name: str, direction: int) -> None:
    assert (name_metric(scorer), get_sign(scorer)) == (name, direction)


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        ("roc_auc", "ROC AUC"),
        ("roc_auc_ovr_weighted", "ROC AUC one-vs-rest weighted"),
        ("neg_log_loss", "log loss"),
        ("log_loss", "log loss"),
        ("neg_root_mean_squared_error", "RMSE"),
        ("neg_median_absolute_error", "median absolute error"),
        ("f1_macro", "F1 macro"),
        ("r2", "R²"),
        ("value", "value per row"),
    ],
)
def test_a_text_names_a_metric_as_people_do(scorer: str, expected: str) -> None:
    assert describe_metric(scorer) == expected


@pytest.mark.parametrize(
    ("metric", "tasks", "expected"),
    [
        ("rsme", ["regression"], "Did you mean 'rmse'?"),
        ("rsme", TASKS, "Did you mean 'rmse'?"),
        ("acuracy", ["binary"], "Did you mean 'accuracy'?"),
        ("neg_root_mean_squared_eror", ["regression"], "Did you mean 'root_mean_squared_error'?"),
        (
            "auc",
            ["regression"],
            "Known metrics: root_mean_squared_error, mean_absolute_error, r2, "
            "mean_absolute_percentage_error, d2_absolute_error_score and 8 more.",
        ),
    ],
)
def test_an_unknown_metric_is_answered_with_what_it_may_have_meant(
    metric: str, tasks: list[TaskKind], expected: str
) -> None:
    assert suggest_metric(metric, tasks) == expected


@pytest.mark.parametrize(("metric", "expected"), [("Auto", "auto"), ("VALUE", "value"), ("AUC", "AUC")])
def test_a_word_that_is_no_scorer_is_known_in_any_case(metric: str, expected: str) -> None:
    assert normalise_keyword(metric) == expected


@pytest.mark.parametrize("task", TASKS)
def test_every_scorer_keeps_its_own_name(task: TaskKind) -> None:
    assert {name: find_scorer(name, task) for name in SCORERS[task]} == {n: n for n in SCORERS[task]}
    assert {name: find_scorer(name_metric(name), task) for name in SCORERS[task]} == {
        n: n for n in SCORERS[task]
    }
