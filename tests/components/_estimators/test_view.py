import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from components._estimators import FitOptions, Parameters
from components._estimators.view import add_view
from components._problem.task import TaskKind
from tests.components._estimators.fits import draw_data

ROWS = draw_data("regression", n_features=10)


@pytest.mark.parametrize(
    ("parameters", "steps", "n_seen"),
    [
        ({}, [], 10),
        ({"scaling": "standard", "percent": 100, "interactions": False}, [], 10),
        ({"scaling": "normal"}, ["scaling"], 10),
        ({"scaling": "standard", "percent": 30}, ["percent"], 3),
        ({"interactions": True}, ["interactions", "rescaling"], 55),
        ({"pieces": 4}, ["pieces"], 50),
        ({"pieces": 0}, [], 10),
        (
            {"scaling": "normal", "percent": 30, "interactions": True},
            ["percent", "scaling", "interactions", "rescaling"],
            6,
        ),
    ],
)
def test_a_view_holds_what_it_was_asked_for(parameters: Parameters, steps: list[str], n_seen: int) -> None:
    line = Ridge()
    view = add_view(parameters, FitOptions("regression", "r2", 0), line)
    assert ([name for name, _ in view.steps[:-1]] if isinstance(view, Pipeline) else []) == steps
    view.fit(*ROWS[:2])
    assert line.coef_.shape == (n_seen,)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_most_useful_features_are_kept(kind: TaskKind) -> None:
    rows = draw_data(kind, n_features=10)
    view = add_view({"percent": 30}, FitOptions(kind, "", 0), Ridge()).fit(*rows[:2])
    assert np.flatnonzero(view["percent"].get_support())[0] == 0
