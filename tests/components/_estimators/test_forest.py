import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from components._estimators.prediction import predict
from tests.components._estimators.fits import draw_data, fit
from tests.components._model.tables import SMALL


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int) -> None:
    fitted = fit("extra_trees", "regression", threads=threads)
    assert fitted.steps == 0
    again = fit("extra_trees", "regression")
    X = draw_data("regression", seed=1).X
    np.testing.assert_array_equal(
        predict(fitted.estimator, X, "regression"), predict(again.estimator, X, "regression")
    )


def test_leaves_of_a_large_table_are_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components._estimators.forest._MOST_LEAVES", 4)
    forest = fit("extra_trees", "binary").estimator
    n_leaves = len(forest.trees["starts"]) - 1
    # 160 rows, at least 40 in a leaf.
    assert n_leaves <= 4 * len(forest.trees["roots"])


def test_the_trees_are_those_of_one_forest() -> None:
    X, y, _ = draw_data("multiclass")
    forest = fit("extra_trees", "multiclass").estimator
    parameters = {name: value for name, value in SMALL["extra_trees"].items() if name != "encoding"}
    whole = ExtraTreesClassifier(120, random_state=0, **parameters).fit(X, y)
    np.testing.assert_allclose(forest.predict_proba(X), whole.predict_proba(X), rtol=0, atol=1e-7)


def test_predictions_rise_with_a_feature_that_must() -> None:
    rows = draw_data("regression")
    monotonic = (1, -1, 0, 0, 0, 0)
    estimator = fit("extra_trees", "regression", rows=rows, monotonic=monotonic).estimator
    grid = np.repeat(rows.X[:1], 50, axis=0)
    grid[:, 0] = np.linspace(-3, 3, 50)
    assert (np.diff(predict(estimator, grid, "regression")) >= 0).all()


def test_a_fit_that_is_cut_keeps_the_trees_so_far() -> None:
    answers = iter([False, False, True])
    cut = fit("extra_trees", "binary", is_over=lambda: next(answers)).estimator
    assert not list(answers)
    whole = fit("extra_trees", "binary").estimator
    assert (len(cut.trees["roots"]), len(whole.trees["roots"])) == (30, 120)
    n_nodes = len(cut.trees["features"])
    for name in ("features", "thresholds", "left", "right"):
        np.testing.assert_array_equal(cut.trees[name], whole.trees[name][:n_nodes])
    X = draw_data("binary", seed=1).X
    planned = fit("extra_trees", "binary", parameters={**SMALL["extra_trees"], "trees": 30}).estimator
    np.testing.assert_array_equal(predict(cut, X, "binary"), predict(planned, X, "binary"))


def test_a_shortened_fit_has_fewer_trees() -> None:
    parameters = {**SMALL["extra_trees"], "trees": 20}
    assert len(fit("extra_trees", "regression", parameters=parameters).estimator.trees["roots"]) == 20
