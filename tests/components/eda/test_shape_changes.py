import numpy as np
import pandas as pd
import pytest
from scipy.stats import skew

from components.eda import shape_changes
from components.eda.findings import name_transformation
from components.eda.shape_changes import (
    clip_outliers,
    is_one_of,
    mark_nulls,
    merge_rare,
    shorten_tail,
)
from components.eda.summaries import NumericSummary, summarise_columns
from components.preprocess.settings import Settings
from tests.explored_rows import open_explored_rows

TAIL = np.random.default_rng(0).lognormal(size=500)


def summarise(values: np.ndarray) -> NumericSummary:
    with open_explored_rows(pd.DataFrame({"x": values}), {"x": "float"}) as rows:
        (summary,) = summarise_columns(rows, ["x"], {"x": "float"}, seed=0)
    assert summary.numbers is not None
    return summary.numbers


@pytest.mark.parametrize(
    ("values", "name"),
    [(TAIL, "log(x)"), (TAIL - TAIL.min(), "log(1 + x)"), (TAIL - 1, "Yeo-Johnson"), (-TAIL, "Yeo-Johnson")],
)
def test_the_named_transformation_shortens_the_tail(values: np.ndarray, name: str) -> None:
    numbers = summarise(values)
    changed = shorten_tail(pd.Series([*values[:-1], np.nan]), numbers)
    assert name_transformation(numbers) == name
    assert abs(skew(changed.dropna())) < 0.5 * abs(numbers.skew)
    assert changed.isna().tolist() == [False] * 499 + [True]


def test_outliers_are_clipped_as_preprocess_does() -> None:
    numbers = summarise(TAIL)
    changed = clip_outliers(pd.Series(TAIL), numbers)
    assert changed.max() == pytest.approx(numbers.q3 + 3 * (numbers.q3 - numbers.q1))
    assert changed.min() == TAIL.min()


def test_rare_categories_become_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape_changes, "RARE_BELOW", 0.3)
    column = pd.Series(["a", "a", "a", "b", "b", "b", "c", "d", None])
    assert merge_rare(column).tolist() == [*"aaabbb", "(other)", "(other)", None]


@pytest.mark.parametrize(
    ("column", "kind", "values", "expected"),
    [
        (pd.Series([1, -999, 5, 98]), "integer", ("-999", "98"), [False, True, False, True]),
        (pd.Series([1.5, np.nan, 9.9]), "float", ("9.9",), [False, False, True]),
        (
            pd.Series(["2020-01-01", "1900-01-01", None], dtype="datetime64[us]"),
            "datetime",
            ("1900-01-01",),
            [False, True, False],
        ),
    ],
)
def test_the_proposed_values_become_null(column, kind, values, expected) -> None:
    assert is_one_of(column, kind, values).tolist() == expected
    assert mark_nulls(column, kind, values).isna().tolist() == (column.isna() | np.array(expected)).tolist()


def test_outliers_and_rare_categories_are_those_of_preprocess() -> None:
    settings = Settings()
    assert settings.fence_factor == shape_changes.FENCE_FACTOR
    assert settings.rare_below == shape_changes.RARE_BELOW
