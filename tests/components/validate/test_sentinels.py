from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from components.ingest.samples import open_sample
from components.validate.counted_column import convert_to_seconds
from components.validate.number_counts import NumberCounts
from components.validate.sentinels import find_date_sentinels, find_number_sentinels
from tests.foreign import find_foreign

RANDOM = np.random.default_rng(0)
AGE = RANDOM.integers(18, 90, 300)
PRESSURE = np.round(RANDOM.normal(72, 11, 300))
INCOME = np.round(RANDOM.lognormal(10, 0.6, 300), 2)
GRADES = RANDOM.integers(1, 6, 300)
COUNTS = RANDOM.negative_binomial(1, 0.05, 300)


def _find_number_marks(values: object) -> list[str]:
    known = pd.Series(values, dtype=float).dropna()
    distinct, counts = np.unique(known[np.isfinite(known)], return_counts=True)
    return [sentinel.text for sentinel in find_number_sentinels(NumberCounts.from_arrays(distinct, counts))]


def _find_date_marks(values: Any) -> list[str]:
    known = np.asarray(pd.DatetimeIndex(values).dropna())
    distinct, counts = np.unique(known, return_counts=True)
    return [
        sentinel.text
        for sentinel in find_date_sentinels(NumberCounts.from_arrays(convert_to_seconds(distinct), counts))
    ]


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        (AGE, {-999: 12}),
        (AGE, {999: 3}),
        (AGE, {-1: 12}),
        (AGE, {-9: 12}),
        (AGE, {9999: 90}),
        (AGE, {99999: 290}),
        (AGE, {200: 12}),
        (AGE, {888: 5, 999: 9}),
        (AGE, {-999: 5, 999: 9}),
        (INCOME, {-1: 9}),
        (INCOME, {9999999: 5}),
        (INCOME, {-99.99: 9}),
        (PRESSURE, {0: 35}),
        (GRADES, {9: 10}),
        (GRADES, {8: 6, 9: 10}),
        (GRADES, {99: 10}),
        (GRADES, {-9: 10}),
        (COUNTS, {-1: 150}),
        (RANDOM.integers(-100, 100, 300), {-32768: 4, 32767: 5}),
        # Amid the others, of which none is nearly as frequent.
        (INCOME, {9999: 14}),
        (INCOME, {99999: 14}),
        (np.round(RANDOM.normal(0, 20, 300), 2), {-1: 14}),
        (np.round(RANDOM.normal(0, 2000, 300), 2), {-999: 14}),
    ],
)
def test_a_number_far_from_the_rest_and_repeated_is_suspect(
    values: np.ndarray, marks: dict[float, int]
) -> None:
    marked = np.concatenate([values, *(np.full(n, mark) for mark, n in marks.items())])
    by_rows = sorted(marks, key=lambda mark: -marks[mark])
    assert [float(text) for text in _find_number_marks(marked)] == by_rows


@pytest.mark.parametrize(
    "values",
    [
        AGE,
        INCOME,
        GRADES,
        COUNTS,
        [*AGE, 999],
        # Zero is what many have.
        [*INCOME, *[0] * 40],
        [*COUNTS, *[0] * 40],
        RANDOM.integers(0, 2, 300),
        RANDOM.integers(-1, 2, 300),
        RANDOM.integers(0, 101, 300),
        RANDOM.integers(-5, 30, 300),
        # Prices end in nines.
        RANDOM.choice([99, 149, 199, 299, 499, 999], 300),
        # Hours are cut off at 99.
        [*np.clip(RANDOM.normal(60, 18, 300).round(), 1, 98), *[99] * 5],
        np.full(300, -999),
        [*[-999] * 12, *[5] * 300],
    ],
)
def test_honest_numbers_are_not_suspect(values: object) -> None:
    assert _find_number_marks(values) == []


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud"])
def test_scikit_learn_has_no_sentinels(name: str) -> None:
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    assert {column: found for column in frame if (found := _find_number_marks(frame[column]))} == {}


@pytest.mark.parametrize("rows", [300, 10_000])
def test_the_churn_sample_has_no_sentinel_but_its_unknown_age(rows: int) -> None:
    frame = pd.concat(batch.to_pandas() for batch in open_sample(f"sample:churn?rows={rows}", 0).batches)
    found = {column: _find_number_marks(frame[column]) for column in frame.select_dtypes("number")}
    found |= {column: _find_date_marks(frame[column]) for column in frame.select_dtypes("datetime")}
    unknown = {"age": ["999"]} if (frame["age"] == 999).sum() > 2 else {}
    assert {column: marks for column, marks in found.items() if marks} == unknown


@pytest.mark.parametrize(
    "file", ["horse-colic.csv", "mammography.csv", "mpg.csv", "penguins.csv", "taxis.csv"]
)
def test_real_tables_have_no_sentinels(file: str) -> None:
    header = None if file in ("horse-colic.csv", "mammography.csv") else 0
    frame = pd.read_csv(find_foreign("data", file), header=header, na_values="?")
    found = {column: _find_number_marks(frame[column]) for column in frame.select_dtypes("number")}
    if file == "taxis.csv":
        found |= {column: _find_date_marks(frame[column]) for column in ("pickup", "dropoff")}
    assert {column: marks for column, marks in found.items() if marks} == {}


DAYS = pd.date_range("2021-01-01", periods=300, freq="D")


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ([*DAYS, *["1900-01-01"] * 3], ["1900-01-01"]),
        ([*DAYS, *["1970-01-01"] * 9, *["2099-12-31"] * 12], ["2099-12-31", "1970-01-01"]),
        ([*DAYS, *["1955-05-05"] * 9], ["1955-05-05"]),
        # Amid dates of birth, and more frequent than any other.
        ([*pd.date_range("1930-01-01", "2005-01-01", periods=300), *["1970-01-01"] * 9], ["1970-01-01"]),
        (DAYS, []),
        ([*DAYS, "1900-01-01"], []),
        ([*DAYS, *["2021-12-31"] * 20], []),
        (pd.date_range("1930-01-01", "2005-01-01", periods=300), []),
        ([None] * 9, []),
    ],
)
def test_a_date_that_stands_for_none_is_suspect(dates: object, expected: list[str]) -> None:
    assert _find_date_marks(dates) == expected
