from collections.abc import Callable

import numpy as np
import pytest

from components._problem.spec import Problem
from components._table.target import encode_target
from components.evaluate.contenders import (
    choose_constant,
    choose_linear_rows,
    fit_linear_model,
    repeat_constant,
)


def _make_problem(task: str, metric: str, **more: object) -> Problem:
    return Problem.model_validate({"target": "y", "task": task, "metric": metric, **more})


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("neg_root_mean_squared_error", 4.0), ("r2", 4.0), ("neg_mean_absolute_error", 1.0)],
)
def test_a_regression_is_held_against_the_constant_that_is_best_for_the_metric(
    metric: str, expected: float
) -> None:
    found = choose_constant(metric, np.array([0.0, 1.0, 11.0]), _make_problem("regression", metric))
    assert repeat_constant(found, 2).predictions.tolist() == [expected, expected]


@pytest.mark.parametrize(
    ("metric", "value", "decides_positive"),
    [
        ("accuracy", None, False),
        ("roc_auc", None, False),
        ("f1", None, True),
        ("value", {"tp": 10, "fp": -1}, True),
        ("value", {"tp": 1, "fp": -10}, False),
    ],
)
def test_a_binary_baseline_decides_always_for_the_class_that_serves_the_metric(
    metric: str, value: dict[str, float] | None, decides_positive: bool
) -> None:
    problem = _make_problem(
        "binary", metric, classes=("no", "yes"), positive_label="yes", **({"value": value} if value else {})
    )
    found = choose_constant(metric, np.array([0, 0, 0, 1]), problem)
    assert repeat_constant(found, 2).predictions.tolist() == [[0.75, 0.25]] * 2
    assert found.threshold is not None
    assert (found.threshold <= 0.25) is decides_positive
    assert found.title.endswith("yes" if decides_positive else "no")


def test_several_classes_are_predicted_by_their_shares() -> None:
    problem = _make_problem("multiclass", "neg_log_loss", classes=("a", "b", "c"))
    found = choose_constant("neg_log_loss", np.array([0, 1, 1, 2]), problem)
    assert (found.predictions.tolist(), found.title[-1]) == ([0.25, 0.5, 0.25], "b")


def test_the_simple_model_leaves_the_recipe_and_the_rows_as_they_are(trained: Callable) -> None:
    case = trained({"task": "binary", "metric": "roc_auc", "classes": ("n", "y"), "positive_label": "y"})
    recipe, before = case.package.pipeline[:-1], case.train.copy()
    fences = recipe[0].highs_.tolist()
    half = case.train.iloc[:150]
    y = encode_target(half["y"], case.problem)
    linear = fit_linear_model(recipe, half, y, case.problem, seed=0)
    found = linear.predict(case.test)
    assert recipe[0].highs_.tolist() == fences
    assert case.train.equals(before)
    assert (found.shape, linear.n_rows) == ((200, 2), 150)
    # It learnt from half of the rows and is not the model, which is linear too and learnt from all.
    assert not np.allclose(found, case.package.predict(case.test))
    assert ((found[:, 1] > 0.5) == (case.test["y"] == "y")).mean() > 0.7


def test_a_class_without_training_rows_gets_no_probability(trained: Callable) -> None:
    case = trained({"task": "multiclass", "metric": "accuracy", "classes": ("a", "b", "c")})
    known = case.train[case.train["y"] != "b"]
    y = encode_target(known["y"], case.problem)
    # The recipe needs codes without a gap where its trees look at the target.
    recipe = case.package.pipeline[:-2]
    found = fit_linear_model(recipe, known, y, case.problem, seed=0).predict(case.test)
    assert found[:, 1].tolist() == [0.0] * 200
    assert found.sum(axis=1) == pytest.approx(np.ones(200))


def test_of_many_rows_the_simple_model_sees_some_and_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _make_problem("multiclass", "accuracy", classes=("a", "b", "c"))
    y = np.array([0, 1] * 500 + [2])
    assert choose_linear_rows(y, problem, 0).tolist() == list(range(1_001))
    monkeypatch.setattr("components.evaluate.contenders._MOST_ROWS_OF_LINEAR", 60)
    rows = choose_linear_rows(y, problem, 0)
    assert (len(set(rows.tolist())), rows.tolist()) == (len(rows), sorted(rows.tolist()))
    assert 60 <= len(rows) <= 63
    assert 1_000 in rows
    assert rows.tolist() != choose_linear_rows(y, problem, 1).tolist()
