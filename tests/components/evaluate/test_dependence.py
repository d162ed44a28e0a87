from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.evaluate.dependence import compute_dependences
from components.evaluate.evaluation import Dependence

BINARY = {"task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}
LETTERS = {"task": "multiclass", "metric": "accuracy", "classes": ("a", "b", "c")}
REGRESSION = {"task": "regression", "metric": "r2"}


def _compute(case: Any, *columns: str, rows: pd.DataFrame | None = None) -> tuple[Dependence, ...]:
    table = case.test if rows is None else rows
    return compute_dependences(case.package, table, columns, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("settings", "names"), [(BINARY, ["yes"]), (LETTERS, ["a", "b", "c"]), (REGRESSION, [""])]
)
def test_a_column_has_one_value_in_all_rows(
    trained: Callable, settings: dict[str, Any], names: list[str]
) -> None:
    case = trained(settings, family="lightgbm")
    (found,) = _compute(case, "colour")
    assert list(found.means) == names
    assert sorted(found.values) == ["blue", "green", "red"]
    for at, value in enumerate(found.values):
        predicted = case.package.predict(case.test.assign(colour=value))
        expected = predicted.reshape(len(case.test), -1)[:, -1].mean()
        assert found.means[names[-1]][at] == pytest.approx(expected)
        assert found.shares[at] == pytest.approx((case.test["colour"] == value).mean())


def test_numbers_are_at_quantiles_and_rise_with_the_signal(trained: Callable) -> None:
    (found,) = _compute(trained(REGRESSION), "signal")
    assert len(found.places) == len(found.values) == len(found.shares) == 10
    assert list(found.places) == sorted(found.places)
    assert (np.diff(found.means[""]) > 0).all()
    # The others are nulls.
    assert 0.9 < sum(found.shares) < 1


def test_the_given_columns_come_in_their_order_and_one_of_one_value_is_left_out(trained: Callable) -> None:
    case = trained(REGRESSION)
    found = _compute(case, "signal", "colour", rows=case.test.assign(colour="red"))
    assert [dependence.column for dependence in found] == ["signal"]
    assert [dependence.column for dependence in _compute(case, "colour", "signal")] == ["colour", "signal"]
