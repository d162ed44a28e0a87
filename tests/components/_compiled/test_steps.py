from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from components._compiled.steps import (
    NULL,
    OTHER,
    Categories,
    DatePart,
    Scaling,
    Strings,
    build_matrix,
    fill_and_clip,
    list_engineered,
    list_preprocessed,
)

PREPROCESS: dict[str, Any] = {
    "numeric": {"age": {"fill": 2.0, "fences": [None, None], "mean": 2.0, "scale": 4.0}},
    "indicators": {"age": "age_is_null", "day": "day_is_null"},
    "categorical": {"city": ["Bern"]},
    "datetime": ["day"],
    "text": {},
}
ENGINEER: dict[str, Any] = {
    "numeric": ["age", "age_is_null"],
    "one_hot": {"city": ["Bern", NULL, OTHER]},
    "parts": [["day", "weekday"]],
    "first": {"day": 0},
    "target": {"city": {"categories": ["Bern", NULL, OTHER], "means": [[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]}},
    "fallbacks": [2.0, 0.0, 0.0],
    "means": [3.0, 1.0, 0.0],
    "scales": [2.0, 1.0, 0.5],
    "units": {},
    "crosses": {},
    "texts": {},
    "derived": [],
}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(None, None, [1.0, 9.0, 5.0, 5.0]), (2.0, None, [2.0, 9.0, 5.0, 5.0]), (2.0, 4.0, [2.0, 4.0, 4.0, 4.0])],
)
def test_nulls_and_infinities_are_filled_and_then_clipped(
    low: float | None, high: float | None, expected: list[float]
) -> None:
    values = np.array([1.0, 9.0, np.nan, -np.inf])
    assert fill_and_clip(values, 5.0, low, high).tolist() == expected
    assert np.isnan(values[2])


def test_the_columns_of_a_matrix_are_scaled_as_each_alone() -> None:
    rng = np.random.default_rng(0)
    matrix = np.where(rng.random((50, 3)) < 0.2, np.nan, rng.normal(size=(50, 3)))
    fill, mean, scale, low = rng.normal(size=(4, 3))
    together = Scaling(fill, mean, scale, low, low + 1)(matrix)
    alone = [Scaling(fill[i], mean[i], scale[i], low[i], low[i] + 1)(matrix[:, i]) for i in range(3)]
    np.testing.assert_array_equal(together, np.column_stack(alone))


def test_a_missing_date_takes_the_fill() -> None:
    dates = np.array(["1970-01-01", "NaT"], dtype="datetime64[us]")
    assert DatePart("weekday", 0, Scaling(4.0, 1.0, 2.0))(dates).tolist() == [1.0, 1.5]


@pytest.mark.parametrize("dtype", [np.int8, np.int64])
def test_unknown_strings_and_nulls_have_the_last_codes(dtype: type) -> None:
    strings = Strings(np.array([0, 1, 2, -1, 3, 4], dtype=dtype), ["b", "a", "?", NULL, OTHER])
    assert Categories(["a", "b"])(strings).tolist() == [1, 0, 3, 2, 2, 3]


def test_features_become_rows_that_stay_finite() -> None:
    matrix = build_matrix(np.array([[1e300, -1e300, 0.5], [1.0, 0.0, 2.0]]))
    widest = np.finfo(np.float32).max
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert matrix.tolist() == [[widest, 1.0], [-widest, 0.0], [0.5, 2.0]]


def test_preprocess_makes_numbers_indicators_codes_and_dates() -> None:
    raw = {
        "age": np.array([np.nan, 6.0]),
        "city": Strings(np.array([0, -1]), ["Bern"]),
        "day": np.array(["NaT", "1970-01-01"], dtype="datetime64[us]"),
    }
    made = {column.name: column.compute(raw[column.sources[0]]) for column in list_preprocessed(PREPROCESS)}
    assert list(made) == ["age", "age_is_null", "day_is_null", "city", "day"]
    assert made["age"].tolist() == [0.0, 1.0]
    assert made["age_is_null"].tolist() == made["day_is_null"].tolist() == [1.0, 0.0]
    assert made["city"].tolist() == [0, 1]
    np.testing.assert_array_equal(made["day"], raw["day"])


def test_engineer_makes_numbers_one_hot_parts_and_targets() -> None:
    preprocessed = {
        "age": np.array([0.0, 1.0]),
        "age_is_null": np.array([1.0, 0.0]),
        "city": np.array([2, 0]),
        "day": np.array(["NaT", "1970-01-01"], dtype="datetime64[us]"),
    }
    made = list_engineered(ENGINEER)
    assert [(column.name, column.encoding) for column in made] == [
        ("age", ""),
        ("age_is_null", ""),
        ("city=Bern", "one-hot"),
        (f"city={NULL}", "one-hot"),
        (f"city={OTHER}", "one-hot"),
        ("day_weekday", ""),
        ("city_target_0", "target"),
        ("city_target_1", "target"),
    ]
    values = [column.compute(preprocessed[column.sources[0]]).tolist() for column in made]
    assert values == [[0, 1], [1, 0], [0, 1], [0, 0], [1, 0], [-0.5, 0.0], [2.0, 0.0], [14.0, 10.0]]


def _select(name: str, **changed: object) -> dict[str, Any]:
    return {**PREPROCESS, "numeric": {"age": {**PREPROCESS["numeric"]["age"], name: changed[name]}}}


@pytest.mark.parametrize(
    "list_them",
    [
        lambda: list_preprocessed(_select("mean", mean="__import__('os')")),
        lambda: list_engineered({**ENGINEER, "first": {"day": "__import__('os')"}}),
        lambda: list_engineered({**ENGINEER, "scales": ["1)", 1.0, 1.0]}),
    ],
)
def test_text_in_place_of_a_number_is_refused(list_them: Callable[[], object]) -> None:
    """The row's code is made of these numbers, so that no text of a file may come into it."""
    with pytest.raises(ValueError, match=r"could not convert string to float|invalid literal for int"):
        list_them()
