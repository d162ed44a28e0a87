import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from components._compiled.trees import Trees
from components._estimators.forest_text import convert_forest

X = np.random.default_rng(0).normal(size=(400, 5)).astype(np.float32)
VALUE = X[:, 0] + X[:, 1] ** 2


def test_a_forest_of_regressions_predicts_the_same() -> None:
    forest = ExtraTreesRegressor(20, random_state=0).fit(X, VALUE)
    np.testing.assert_allclose(
        Trees(convert_forest(forest), 5)(X)[:, 0], forest.predict(X), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weight", [None, "balanced"])
def test_a_forest_of_classes_predicts_the_same(n_classes: int, weight: str | None) -> None:
    y = np.digitize(VALUE, np.linspace(0, 2, n_classes - 1))
    forest = ExtraTreesClassifier(20, random_state=0, min_samples_leaf=3, class_weight=weight).fit(X, y)
    outputs = Trees(convert_forest(forest), 5)(X)
    expected = forest.predict_proba(X)
    np.testing.assert_allclose(outputs, expected[:, 1:] if n_classes == 2 else expected, rtol=0, atol=1e-12)


def test_a_value_at_a_threshold_goes_the_same_way() -> None:
    forest = ExtraTreesRegressor(20, random_state=0).fit(X, VALUE)
    tree = forest.estimators_[0].tree_
    splits = np.flatnonzero(tree.children_left >= 0)
    rows = np.zeros((len(splits), 5), dtype=np.float32)
    rows[np.arange(len(splits)), tree.feature[splits]] = tree.threshold[splits]
    np.testing.assert_allclose(Trees(convert_forest(forest), 5)(rows)[:, 0], forest.predict(rows), atol=1e-12)


def test_trees_that_never_split_are_their_value() -> None:
    forest = ExtraTreesRegressor(3, random_state=0).fit(X, np.full(400, 7.5))
    np.testing.assert_allclose(Trees(convert_forest(forest), 5)(X[:3])[:, 0], 7.5)
