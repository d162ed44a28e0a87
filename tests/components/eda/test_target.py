import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._report.colours import GREY
from components._table.kinds import Kind
from components.eda.target import OTHER_CLASSES, Target, choose_colours
from tests.explored_rows import open_explored_rows


@pytest.mark.parametrize(
    ("values", "kind", "settings", "labels", "counts"),
    [
        (
            ["no", "yes", None, "yes"],
            "string",
            {"task": "binary", "classes": ("no", "yes"), "positive_label": "yes"},
            ("no", "yes"),
            (1, 2),
        ),
        (
            ["no", "yes", "yes"],
            "string",
            {"task": "binary", "classes": ("no", "yes"), "positive_label": "no"},
            ("yes", "no"),
            (2, 1),
        ),
        ([3, 1, 2, 3], "integer", {"task": "multiclass", "classes": (1, 2, 3)}, ("1", "2", "3"), (1, 1, 2)),
        (
            [True, None, False],
            "boolean",
            {"task": "binary", "classes": (False, True), "positive_label": True},
            ("False", "True"),
            (1, 1),
        ),
    ],
)
def test_the_rows_of_each_class_are_counted_the_positive_one_last(
    values, kind: Kind, settings, labels, counts
):
    problem = Problem(target="y", **settings)
    with open_explored_rows(pd.DataFrame({"y": values}), {"y": kind}, problem) as rows:
        target = Target.from_rows(rows, problem)
    assert (target.labels, target.counts, target.n_rows) == (labels, counts, sum(counts))


def test_the_values_of_a_regression_have_a_distribution():
    problem = Problem(target="y", task="regression")
    frame = pd.DataFrame({"y": [*range(101), None]})
    with open_explored_rows(frame, {"y": "integer"}, problem) as rows:
        target = Target.from_rows(rows, problem)
    assert target.distribution is not None
    assert target.distribution.quantiles.tolist() == [5, 25, 50, 75, 95]
    assert (target.n_rows, target.distribution.minimum, target.distribution.maximum) == (101, 0, 100)


@pytest.mark.parametrize(
    ("counts", "drawn", "places"),
    [
        ((), (), []),
        ((3, 4), ("0", "1"), [0, 1]),
        ((1, 2, 3, 4, 5), ("0", "1", "2", "3", "4"), [0, 1, 2, 3, 4]),
        ((5, 1, 9, 5, 5, 5, 5), ("0", "2", "3", "4", OTHER_CLASSES), [0, 4, 1, 2, 3, 4, 4]),
    ],
)
def test_the_most_frequent_of_many_classes_are_drawn(counts, drawn, places):
    target = Target("y", sum(counts), tuple(map(str, range(len(counts)))), counts)
    assert target.drawn_classes == drawn
    assert target.group_classes(np.arange(len(counts))).tolist() == places


def test_every_drawn_class_has_a_colour_of_its_own():
    colours = choose_colours(["a", "b", "c", "d", OTHER_CLASSES])
    assert len(set(colours)) == 5
    assert colours[-1] == GREY
