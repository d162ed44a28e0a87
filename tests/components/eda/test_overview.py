import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.eda import overview
from components.eda.relations import Relation
from components.eda.summaries import summarise_columns
from components.eda.target import Target
from tests.explored_rows import REGRESSION, open_explored_rows

THREE = Target("y", 6, ("a", "b", "c"), (1, 2, 3))


def test_classes_are_counted_the_most_frequent_first():
    with open_explored_rows(pd.DataFrame({"x": [0.0]}), {"x": "float"}) as rows:
        info = overview.compute_target_info(THREE, rows)
    assert (info.names, info.codes, info.counts) == (["c", "b", "a"], [2, 1, 0], [3, 2, 1])


def test_the_target_of_a_regression_is_binned():
    with open_explored_rows(pd.DataFrame({"y": np.arange(100.0)}), {}) as rows:
        info = overview.compute_target_info(Target.from_rows(rows, REGRESSION), rows)
    assert (sum(info.counts), info.names, len(info.edges)) == (100, [], len(info.counts) + 1)


def test_rare_classes_share_a_bar_and_no_row_is_lost():
    labels = tuple(f"class {i}" for i in range(30))
    figure = overview.draw_target(overview.TargetInfo(list(labels), list(range(30)), [], [2] * 30))
    assert len(figure.data[0].x) == 21
    assert sum(figure.data[0].x) == 60
    assert figure.layout.yaxis.ticktext[-1] == "10 other classes"


def test_relations_are_drawn_from_chance_and_leaks_stand_out():
    found = (Relation("copy", 1.0, None), Relation("noise", 0.5, None), Relation("none", None, None))
    info = overview.compute_relation_info(found, frozenset({"copy"}), THREE)
    assert info == (["copy", "noise"], [1.0, 0.5], [True, False], "ROC AUC", 0.5)
    colours = overview.draw_relations(info).data[0].marker.color
    assert colours[0] != colours[1]


def test_at_most_thirty_relations_are_drawn():
    found = [Relation(f"x{i}", 0.6, None) for i in range(100)]
    assert len(overview.compute_relation_info(found, frozenset(), THREE).columns) == 30


def _compute_missing(frame):
    kinds: dict[str, Kind] = dict.fromkeys(frame, "float")
    with open_explored_rows(frame, kinds) as rows:
        return overview.compute_missing_info(rows, summarise_columns(rows, list(frame), kinds, seed=0))


def test_nulls_are_counted_by_column_and_by_pattern():
    frame = pd.DataFrame(
        {"full": [1.0] * 4, "few": [np.nan, 1, 1, 1], "many": [np.nan, np.nan, np.nan, 1]},
    )
    info = _compute_missing(frame)
    assert (info.columns, info.shares, info.n_columns) == (["many", "few"], [0.75, 0.25], 2)
    assert info.rows == [2, 1, 1]
    assert info.patterns[0].tolist() == [True, False]


def test_patterns_of_many_columns_stay_few():
    values = np.where(np.random.default_rng(0).random((500, 60)) < 0.5, np.nan, 1.0)
    info = _compute_missing(pd.DataFrame(values, columns=[f"x{i}" for i in range(60)]))
    assert (len(info.columns), info.n_columns) == (30, 60)
    assert info.patterns.shape == (12, 30)


def test_a_table_without_nulls_has_no_missing_columns():
    assert _compute_missing(pd.DataFrame({"x": [1.0, 2.0]})).columns == []


def test_correlations_are_of_ranks_and_of_known_pairs():
    x = np.arange(20.0)
    frame = pd.DataFrame({"x": x, "exp": np.exp(x), "minus": np.where(x < 5, np.nan, -x), "flat": 1.0})
    info = overview.compute_correlation_info(frame, list(frame.columns))
    assert info.columns == ["x", "exp", "minus", "flat"]
    assert info.correlations[0, :3] == pytest.approx([1, 1, -1])
    assert np.isnan(info.correlations[0, 3])
    assert "NaN" not in overview.draw_correlations(info).to_json()


def test_the_correlations_of_many_columns_are_of_the_first_thirty():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 40)), columns=[f"x{i}" for i in range(40)])
    info = overview.compute_correlation_info(frame, list(frame.columns))
    assert (len(info.columns), info.correlations.shape) == (30, (30, 30))


@pytest.mark.parametrize("name", ["<b>bold</b>", "a" * 100])
def test_names_are_drawn_short_and_without_markup(name):
    info = overview.MissingInfo([name], [0.5], np.array([[True], [False]]), [1, 1], 1)
    (text,) = overview.draw_missing(info).layout.yaxis.ticktext
    assert "<" not in text
    assert len(text) <= 28
