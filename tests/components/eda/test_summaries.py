import numpy as np
import pandas as pd
import pytest

from components.eda.summaries import NumericSummary, summarise_columns

NAN = float("nan")


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
    summary = NumericSummary.from_values(np.array(values, dtype=float))
    assert getattr(summary, field) == pytest.approx(expected, abs=1e-4)


def test_a_column_without_numbers_has_no_distribution():
    assert NumericSummary.from_values(np.array([NAN, NAN])) is None


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
    (summary,) = summarise_columns(pd.DataFrame({"c": column}), {"c": kind})
    assert (summary.n_null, summary.n_distinct) == expected
    assert (summary.numbers is not None) == (kind in ("integer", "float"))
