import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components.evaluate.contenders import Contender
from components.evaluate.evaluation import SensitiveGroup
from components.evaluate.groups import compare_groups
from components.evaluate.significance import judge_difference

PROBLEM = Problem.model_validate(
    {"target": "y", "task": "binary", "metric": "accuracy", "classes": (0, 1), "positive_label": 1}
)


def _compute_groups(column: pd.Series, positive: list[float], y: list[int]) -> tuple[SensitiveGroup, ...]:
    model = Contender("any", np.column_stack([1 - np.array(positive), positive]), 0.5)
    return compare_groups(column.to_frame("who"), model, np.array(y), PROBLEM, 0)


def test_each_group_has_its_own_score_and_rate() -> None:
    column = pd.Series(["f", "m", "f", None, "m"])
    found = _compute_groups(column, [0.9, 0.1, 0.8, 0.7, 0.2], [1, 1, 0, 1, 0])
    assert [(g.column, g.value, g.rows, g.score and g.score.value, g.positive_rate) for g in found] == [
        ("who", "f", 2, 0.5, 1.0),
        ("who", "m", 2, 0.5, 0.0),
        ("who", "(null)", 1, 1.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (pd.Series([True, False, True, False]), ["False", "True"]),
        (pd.Series([3, 20, 3, 20]), ["3", "20"]),
        (pd.Series([1.0, np.nan, 2.5, 1.0]), ["1", "2.5", "(null)"]),
        (pd.Series([True, None, False, None], dtype=object), ["False", "True", "(null)"]),
    ],
)
def test_few_values_are_groups_in_their_order(column: pd.Series, names: list[str]) -> None:
    found = _compute_groups(column, [0.9] * 4, [1] * 4)
    assert [group.value for group in found] == names


@pytest.mark.parametrize(
    "column",
    [pd.Series(range(100)), pd.Series(pd.date_range("2020-01-01", periods=100))],
)
def test_many_numbers_or_dates_are_cut_into_quarters(column: pd.Series) -> None:
    found = _compute_groups(column, [0.9] * 100, [1] * 100)
    assert [group.rows for group in found] == [25] * 4
    assert " to " in found[0].value


def test_of_many_strings_the_frequent_are_groups_and_the_rest_is_merged() -> None:
    column = pd.Series([f"k{i % 10}" for i in range(90)] + [f"r{i}" for i in range(10)])
    found = _compute_groups(column, [0.9] * 100, [1] * 100)
    assert (len(found), found[-1].value, sum(group.rows for group in found)) == (10, "(other)", 100)


def test_a_group_that_leaves_the_metric_undefined_has_no_score() -> None:
    problem = PROBLEM.model_copy(update={"metric": "roc_auc"})
    model = Contender("any", np.array([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]), 0.5)
    column = pd.Series(["a", "a", "b"]).to_frame("who")
    found = compare_groups(column, model, np.array([1, 0, 1]), problem, 0)
    assert [group.score and group.score.value for group in found] == [1.0, None]
    assert [group.gap for group in found] == [None, None]


def _draw_errors(n_rows: int, error_rates: dict[str, float]) -> tuple[pd.Series, list[float], list[int]]:
    rng = np.random.default_rng(0)
    names = rng.choice(list(error_rates), n_rows)
    y = rng.integers(2, size=n_rows)
    is_wrong = rng.random(n_rows) < np.array([error_rates[name] for name in names])
    return pd.Series(names), np.where(is_wrong, 1 - y, y).astype(float).tolist(), y.tolist()


def test_a_group_that_the_model_serves_worse_is_told_from_chance() -> None:
    found = _compute_groups(*_draw_errors(2_000, {"a": 0.2, "b": 0.2, "c": 0.3}))
    assert [judge_difference(group.gap) for group in found] == ["better", "the same", "worse"]
    worst = found[2]
    assert worst.score is not None
    assert worst.gap is not None
    assert worst.score.low is not None
    assert worst.score.high is not None
    assert worst.score.low < worst.score.value < worst.score.high
    assert worst.gap.value == pytest.approx(-0.1, abs=0.03)


def test_many_groups_of_one_quality_raise_few_alarms() -> None:
    found = _compute_groups(*_draw_errors(8_000, {f"group {i}": 0.2 for i in range(9)}))
    assert [judge_difference(group.gap) for group in found] == ["the same"] * 9
    wide = found[0].gap
    assert wide is not None
    assert wide.half_width == pytest.approx(0.4 / np.sqrt(8_000 / 9) * 2.77 * np.sqrt(9 / 8), rel=0.15)
