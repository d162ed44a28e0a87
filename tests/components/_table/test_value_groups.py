import numpy as np
import pandas as pd

from components._table.value_groups import ValueGroups


def test_few_values_are_groups_and_a_later_value_is_another() -> None:
    groups = ValueGroups.learn(pd.Series(["f", "m", None]))
    assert groups.name(pd.Series(["m", "x", None, "f"])).tolist() == ["m", "(other)", "(null)", "f"]


def test_later_numbers_fall_into_the_first_column_s_quarters() -> None:
    groups = ValueGroups.learn(pd.Series(np.arange(101.0)))
    named = groups.name(pd.Series([0.0, 20.0, 60.0, 100.0, 1e6, np.nan]))
    assert named.nunique() == 5
    assert named.tolist()[-2:] == ["(other)", "(null)"]
    assert named.iloc[0] == named.iloc[1]


def test_categories_are_grouped_like_strings() -> None:
    texts = pd.Series([f"k{i:02}" for i in range(12) for _ in range(20 - i)])
    as_text, as_category = (
        ValueGroups.learn(column).name(column) for column in (texts, texts.astype("category"))
    )
    assert as_text.tolist() == as_category.tolist()
    assert as_text.value_counts()["(other)"] == 11 + 10 + 9


def test_dates_of_any_unit_fall_into_quarters() -> None:
    days = pd.date_range("2024-01-01", periods=100)
    for unit in ("ns", "us", "s"):
        column = pd.Series(days.as_unit(unit))
        named = ValueGroups.learn(column).name(column)
        assert named.value_counts().tolist()[:4] == [25] * 4
