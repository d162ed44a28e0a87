from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from components._estimators.compact_forest import CompactForest, CompactTrees

X = np.random.default_rng(0).normal(size=(400, 5)).astype(np.float32)
VALUE = X[:, 0] + X[:, 1] ** 2


def _fit_classes(n_classes: int, **settings: Any) -> ExtraTreesClassifier:
    y = np.digitize(VALUE, np.linspace(0, 2, n_classes - 1))
    return ExtraTreesClassifier(20, random_state=0, min_samples_leaf=3, **settings).fit(X, y)


def _make_compact(
    forest: ExtraTreesClassifier | ExtraTreesRegressor, n_classes: int, parts: int = 1
) -> CompactForest:
    size = len(forest.estimators_) // parts
    trees = [
        CompactTrees.from_fitted(forest.estimators_[i * size : (i + 1) * size], n_classes)
        for i in range(parts)
    ]
    return CompactForest(CompactTrees.join(trees)._asdict(), 5, n_classes)


@pytest.mark.parametrize("parts", [1, 4])
def test_a_forest_of_regressions_predicts_as_scikit_learn(parts: int) -> None:
    forest = ExtraTreesRegressor(20, random_state=0).fit(X, VALUE)
    np.testing.assert_allclose(
        _make_compact(forest, 0, parts).predict(X), forest.predict(X), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weight", [None, "balanced"])
def test_a_forest_of_classes_predicts_as_scikit_learn(n_classes: int, weight: str | None, parts: int) -> None:
    forest = _fit_classes(n_classes, class_weight=weight)
    predicted = _make_compact(forest, n_classes, parts).predict_proba(X)
    np.testing.assert_allclose(predicted, forest.predict_proba(X), rtol=0, atol=1e-7)
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=0, atol=1e-12)


def test_a_value_at_a_threshold_goes_the_same_way() -> None:
    forest = ExtraTreesRegressor(20, random_state=0).fit(X, VALUE)
    tree = forest.estimators_[0].tree_
    splits = np.flatnonzero(tree.children_left >= 0)
    rows = np.zeros((len(splits), 5), dtype=np.float32)
    rows[np.arange(len(splits)), tree.feature[splits]] = tree.threshold[splits]
    np.testing.assert_allclose(_make_compact(forest, 0).predict(rows), forest.predict(rows), atol=1e-12)


def test_many_rows_are_predicted_as_one() -> None:
    forest = _make_compact(_fit_classes(4), 4)
    many = np.tile(X, (11, 1))
    np.testing.assert_array_equal(forest.predict_proba(many)[-400:], forest.predict_proba(X))


def test_trees_that_never_split_are_their_value() -> None:
    forest = ExtraTreesRegressor(3, random_state=0).fit(X, np.full(400, 7.5))
    np.testing.assert_allclose(_make_compact(forest, 0).predict(X[:3]), 7.5)
    np.testing.assert_array_equal(
        _make_compact(ExtraTreesRegressor(3).fit(X, np.zeros(400)), 0).predict(X[:3]), 0
    )


def test_the_memory_of_a_forest_hardly_depends_on_the_number_of_classes() -> None:
    y = np.random.default_rng(0).integers(0, 40, 400)
    forest = ExtraTreesClassifier(20, random_state=0).fit(X, y)
    compact = sum(values.nbytes for values in _make_compact(forest, 40).trees.values())
    whole = sum(tree.tree_.value.nbytes + tree.tree_.node_count * 64 for tree in forest.estimators_)
    assert compact < whole / 10
