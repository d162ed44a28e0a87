import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.eda.associations import (
    compute_association_info,
    compute_correlation_ratio,
    compute_cramers_v,
)

N = 2_000
RANDOM = np.random.default_rng(0)


def _compute(columns: dict[str, tuple[Kind, pd.Series]]):
    frame = pd.DataFrame({name: values for name, (_, values) in columns.items()})
    return compute_association_info(frame, list(columns), {name: kind for name, (kind, _) in columns.items()})


def test_columns_that_tell_each_other_are_found_and_are_neighbours():
    x = RANDOM.normal(size=N)
    group = pd.Series(np.where(x > 0, "high", "low"))
    found = _compute(
        {
            "x": ("float", pd.Series(x)),
            "noise": ("float", pd.Series(RANDOM.normal(size=N))),
            "group": ("string", group),
            "random": ("string", pd.Series(RANDOM.choice(list("abc"), N))),
            "cube": ("float", pd.Series(-(x**3))),
            "day": ("datetime", pd.Timestamp(2026, 1, 1) + pd.to_timedelta(pd.Series(x * 1e6), unit="s")),
            "code": (
                "boolean",
                (group == "high").astype(object).mask(pd.Series(RANDOM.random(N) < 0.2), np.nan),
            ),
        }
    )
    (cluster,) = found.clusters
    assert set(cluster) == {"x", "group", "cube", "day", "code"}
    places = [found.columns.index(name) for name in cluster]
    assert max(places) - min(places) == 4
    strengths = pd.DataFrame(found.strengths, found.columns, found.columns)
    measures = pd.DataFrame(found.measures, found.columns, found.columns)
    assert (strengths.loc["x", "cube"], measures.loc["x", "cube"]) == (pytest.approx(1), "Spearman")
    assert (strengths.loc["group", "code"], measures.loc["code", "group"]) == (pytest.approx(1), "Cramér's V")
    # Two groups of ranks tell three quarters of their variance.
    assert strengths.loc["x", "group"] == pytest.approx(np.sqrt(0.75), abs=0.01)
    assert measures.loc["group", "x"] == "correlation ratio"
    assert strengths.loc["noise"].drop("noise").max() < 0.08
    assert strengths.loc["random"].drop("random").max() < 0.08


def test_many_categories_are_not_associated_by_chance():
    first, second = RANDOM.integers(0, 40, (2, 400))
    assert compute_cramers_v(first, second) < 0.15
    assert compute_correlation_ratio(first, RANDOM.normal(size=400)) < 0.35


def test_the_measures_are_those_of_the_literature():
    # Bergsma's formula by hand: phi squared 0.36, n = 100, two classes on each side.
    table = np.array([[40, 10], [10, 40]])
    first = np.repeat([0, 0, 1, 1], table.ravel())
    second = np.repeat([0, 1, 0, 1], table.ravel())
    assert compute_cramers_v(first, second) == pytest.approx(np.sqrt((0.36 - 1 / 99) / (1 - 1 / 99)))
    groups, values = np.repeat([0, 1], 5), np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert compute_correlation_ratio(groups, values) == pytest.approx(np.sqrt(1 - (20 / 8) / (82.5 / 9)))


@pytest.mark.parametrize("compute", [compute_cramers_v, compute_correlation_ratio])
def test_too_few_common_rows_tell_nothing(compute):
    groups = np.array([0, 1] * 4 + [-1] * 20)
    assert np.isnan(compute(groups, np.arange(28) % 2))


def test_one_category_tells_nothing():
    assert compute_cramers_v(np.zeros(20, int), np.arange(20) % 2) == 0
    assert compute_correlation_ratio(np.zeros(20, int), np.ones(20)) == 0


def test_pairs_without_common_rows_are_unknown_and_not_close():
    x = np.arange(40.0)
    found = _compute(
        {
            "a": ("float", pd.Series(np.where(x < 20, x, np.nan))),
            "b": ("float", pd.Series(np.where(x < 20, np.nan, x))),
        }
    )
    assert np.isnan(found.strengths[0, 1])
    assert found.clusters == []
