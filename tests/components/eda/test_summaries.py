import numpy as np
import pandas as pd
import pytest

from components.eda.summaries import summarise_columns
from tests.explored_rows import open_explored_rows

NAN = float("nan")
RANDOM = np.random.default_rng(0)


def _summarise(values, kind="float", name="c", seed=0):
    frame = pd.DataFrame({name: values})
    with open_explored_rows(frame, {name: kind}) as rows:
        (summary,) = summarise_columns(rows, [name], {name: kind}, seed=seed)
    return summary


def _summarise_numbers(values, seed=0):
    return _summarise(np.array(values, dtype=float), seed=seed).numbers


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ([1, 2, 3, 4, 5], "median", 3.0),
        ([1, 2, 3, 4, 5, NAN], "q3", 4.0),
        ([NAN, 7], "minimum", 7.0),
        ([1, 2, 3, 4, 5], "skew", 0.0),
        ([0, 0, 0, 4], "skew", 1.1547),
        ([0, 0, 0, -4], "skew", -1.1547),
        ([5, 5, 5], "skew", 0.0),
        ([0.1] * 3, "skew", 0.0),
        ([-1e307, 1e307, 0.0], "skew", 0.0),
        ([1e-320, 2e-320, 3e-320], "maximum", 3e-320),
        ([1, 2, 3, 4, 5, 100], "n_outside", 1),
        ([1, 2, 3, 4, 5, 10], "n_far_outside", 0),
        ([1, 2, 3, 4, 5, 100], "n_far_outside", 1),
        ([3, 3, 3, 3, 9], "n_outside", 0),
    ],
)
def test_numbers_are_described(values, field, expected):
    assert getattr(_summarise_numbers(values), field) == pytest.approx(expected, abs=1e-4)


def test_a_column_without_numbers_has_no_distribution():
    assert _summarise_numbers([NAN, NAN]) is None


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pd.Series(["a", None, "a"]), "string", (1, 1)),
        (pd.Series([True, None, False], dtype=object), "boolean", (1, 2)),
        (pd.Series([1, 2, 2]), "integer", (0, 2)),
        (pd.Series([1.5, NAN, NAN]), "float", (2, 1)),
        (pd.Series(pd.to_datetime(["2020-01-01", "NaT", "NaT"])), "datetime", (2, 1)),
        (pd.Series([None, None], dtype=object), "string", (2, 0)),
    ],
)
def test_nulls_and_distinct_values_are_counted(column, kind, expected):
    summary = _summarise(column, kind)
    assert (summary.n_null, summary.n_distinct) == expected
    assert (summary.numbers is not None) == (kind in ("integer", "float"))


def test_quantiles_have_the_digits_of_numpy():
    values = np.random.default_rng(0).lognormal(size=1_001)
    found = _summarise_numbers([*values, NAN])
    assert [found.q1, found.median, found.q3] == np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    assert list(found.points) == np.quantile(values, (np.arange(61) + 0.5) / 61).tolist()


def test_what_is_not_finite_counts_as_a_value_but_not_as_a_number():
    summary = _summarise([1.0, 2.0, np.inf, -np.inf, np.inf, NAN, -0.0, 0.0])
    assert (summary.n_null, summary.n_distinct) == (4, 5)
    assert (summary.numbers.minimum, summary.numbers.maximum) == (0, 2)


def test_whole_numbers_beyond_floats_are_told_apart():
    values = 2**53 + np.arange(40)
    assert _summarise(values, "integer").n_distinct == 40
    assert len(set(values.astype(float))) < 40


def test_whiskers_end_at_the_outermost_values_within_the_fences():
    found = _summarise_numbers([1, 2, 3, 4, 5, 6, 7, 100, NAN])
    assert (found.low, found.median, found.high) == (1, 4.5, 7)
    assert (found.outliers, found.n_outside) == ((100,), 1)


def test_equal_quartiles_have_no_outliers():
    found = _summarise_numbers([3, 3, 3, 3, 9])
    assert (found.low, found.high, found.outliers) == (3, 9, ())


def test_few_outliers_are_chosen_the_extremes_among_them():
    values = np.concatenate([np.arange(1_000.0), np.arange(5_000.0, 5_200.0)])
    found = _summarise_numbers(values)
    assert (found.n_outside, len(found.outliers)) == (200, 80)
    assert (found.outliers[0], found.outliers[-1]) == (5_000, 5_199)
    assert found == _summarise_numbers(values)
    assert found != _summarise_numbers(values, seed=1)


def test_of_equally_frequent_categories_the_first_in_the_table_comes_first():
    summary = _summarise(["z", None, "a", "m", "m", "z", "q"], "string")
    assert summary.categories == (("z", 2), ("m", 2), ("a", 1), ("q", 1))


def test_of_many_categories_the_most_frequent_are_kept():
    summary = _summarise([f"c{i}" for i in range(100)] * 2 + ["often"] * 5, "string")
    assert len(summary.categories) == 12
    assert summary.categories[:2] == (("often", 5), ("c0", 2))


@pytest.mark.parametrize(
    ("values", "kind", "name", "key", "is_free"),
    [
        ([f"arrived late, lid broken {i}" for i in range(1_600)], "string", "c", "100% of its texts", True),
        ([f"x{i}" for i in range(30)], "string", "c", "100% of its texts are different", False),
        (["a\0b", "a", "a\0c"] * 20, "string", "c", "", False),
        (np.arange(70_000) * 3, "integer", "c", "its whole numbers follow each other", False),
        (
            RANDOM.integers(0, 2**50, 70_000),
            "integer",
            "c",
            "its numbers are spread like random codes",
            False,
        ),
        (RANDOM.integers(0, 2**50, 30) ** 2, "integer", "key", "its name is that of a key", False),
        (RANDOM.integers(0, 50, 100), "integer", "id", "", False),
    ],
)
def test_keys_and_sentences_are_known(values, kind, name, key, is_free):
    summary = _summarise(values, kind, name)
    assert summary.key.startswith(key)
    assert (bool(summary.key), summary.is_free_text) == (bool(key), is_free)
