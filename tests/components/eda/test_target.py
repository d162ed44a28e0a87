import pandas as pd
import pytest

from components._problem.spec import Problem
from components.eda.target import EncodedTarget


@pytest.mark.parametrize(
    ("values", "settings", "labels", "codes"),
    [
        (
            ["no", "yes"],
            {"task": "binary", "classes": ("no", "yes"), "positive_label": "yes"},
            ("no", "yes"),
            [0, 1],
        ),
        (
            ["no", "yes"],
            {"task": "binary", "classes": ("no", "yes"), "positive_label": "no"},
            ("yes", "no"),
            [1, 0],
        ),
        ([3, 1, 2], {"task": "multiclass", "classes": (1, 2, 3)}, ("1", "2", "3"), [2, 0, 1]),
        ([0.5, 2.0], {"task": "regression"}, (), [0.5, 2.0]),
    ],
)
def test_classes_become_codes_the_positive_one_last(values, settings, labels, codes):
    target = EncodedTarget.from_frame(pd.DataFrame({"y": values}), Problem(target="y", **settings))
    assert (target.labels, target.values.tolist()) == (labels, codes)


@pytest.mark.parametrize(("n_classes", "expected"), [(0, False), (2, True), (5, True), (6, False)])
def test_few_classes_get_a_colour_each(n_classes, expected):
    target = EncodedTarget("y", pd.Series([0]).to_numpy(), tuple(map(str, range(n_classes))))
    assert target.has_coloured_classes is expected
