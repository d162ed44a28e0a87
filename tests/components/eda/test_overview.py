from typing import Any

import numpy as np
import pandas as pd

from components._report.charts import Chart
from components._report.colours import BLUE, GREEN, ORANGE
from components._table.kinds import Kind
from components.eda import overview
from components.eda.associations import AssociationInfo
from components.eda.interactions import InteractionInfo
from components.eda.relations import Relation
from components.eda.summaries import summarise_columns
from components.eda.target import Target
from tests.explored_rows import REGRESSION, open_explored_rows

THREE = Target("y", 6, ("a", "b", "c"), (1, 2, 3))


def _get_marks(figure: Chart) -> list[Any]:
    return list(figure.marks)


def test_classes_are_counted_the_most_frequent_first():
    with open_explored_rows(pd.DataFrame({"x": [0.0]}), {"x": "float"}) as rows:
        info = overview.compute_target_info(THREE, rows)
    assert (info.names, info.colours, info.counts) == (["c", "b", "a"], [GREEN, ORANGE, BLUE], [3, 2, 1])


def test_the_target_of_a_regression_is_binned():
    with open_explored_rows(pd.DataFrame({"y": np.arange(100.0)}), {}) as rows:
        info = overview.compute_target_info(Target.from_rows(rows, REGRESSION), rows)
    assert (sum(info.counts), info.names, len(info.edges)) == (100, [], len(info.counts) + 1)


def test_rare_classes_share_a_bar_and_no_row_is_lost():
    labels = tuple(f"class {i}" for i in range(30))
    figure = overview.draw_target(overview.TargetInfo(list(labels), [BLUE] * 30, [], [2] * 30))
    (bars,) = _get_marks(figure)
    assert (len(bars.ends), sum(bars.ends)) == (21, 60)
    assert figure.y.labels[-1] == "10 other classes"


def test_relations_are_drawn_from_chance_and_leaks_stand_out():
    found = (Relation("copy", 1.0, None), Relation("noise", 0.5, None), Relation("none", None, None))
    info = overview.compute_relation_info(found, frozenset({"copy"}), THREE)
    assert info == (["copy", "noise"], [1.0, 0.5], [True, False], "ROC AUC", 0.5)
    (bars,) = _get_marks(overview.draw_relations(info))
    assert bars.colours[0] != bars.colours[1]
    assert (bars.starts, bars.ends) == ([0.5, 0.5], [1.0, 0.5])


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


def test_each_pair_of_associated_columns_is_drawn_once_with_its_measure():
    strengths = np.array([[1, 0.9, np.nan], [0.9, 1, 0.2], [np.nan, 0.2, 1]])
    measures = [["", "Spearman", "Spearman"], ["Spearman", "", "Cramér's V"], ["Spearman", "Cramér's V", ""]]
    figure = overview.draw_associations(AssociationInfo(["a", "b", "c"], strengths, measures, []))
    (cells,) = _get_marks(figure)
    assert (figure.x.labels, figure.y.labels) == (["a", "b"], ["b", "c"])
    np.testing.assert_array_equal(cells.values, [[0.9, np.nan], [np.nan, 0.2]])
    assert cells.tips[1][1] == "c, b: 0.20 (Cramér's V)"


def test_the_cells_of_two_columns_have_their_rates_where_there_are_rows():
    rates = np.array([[0.1, np.nan], [0.25, 0.9]])
    info = InteractionInfo("age", "plan", 0.1, 0.05, 0.15, ["to 1", "to 2"], ["a", "b"], rates)
    figure = overview.draw_interaction(info, Target("y", 2, ("no", "yes"), (1, 1)))
    (cells,) = _get_marks(figure)
    assert cells.texts == [["10.0%", ""], ["25.0%", "90.0%"]]
    assert (cells.low, cells.high) == (0.1, 0.9)
    assert (figure.x.title, figure.y.labels) == ("plan", ["to 1", "to 2"])
