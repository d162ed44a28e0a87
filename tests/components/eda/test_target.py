import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.kinds import Kind
from components.eda.target import Target
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


@pytest.mark.parametrize(("n_classes", "expected"), [(0, False), (2, True), (5, True), (6, False)])
def test_few_classes_get_a_colour_each(n_classes, expected):
    target = Target("y", 1, tuple(map(str, range(n_classes))), (1,) * n_classes)
    assert target.has_coloured_classes is expected
