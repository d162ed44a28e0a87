import numpy as np
import pytest

from components._compiled.trees import Leaves, Trees
from components._estimators.compact_forest import CompactForest
from components._estimators.forest_text import convert_forest
from components._problem.task import TaskKind
from tests.components._estimators.fits import draw_data, fit


@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_a_forest_with_one_output_predicts_the_same(kind: TaskKind) -> None:
    forest: CompactForest = fit("extra_trees", kind).estimator
    X = draw_data(kind, 400, seed=1).X
    outputs = Trees(convert_forest(forest), 6)(X)
    np.testing.assert_allclose(outputs, forest.predict_outputs(X), rtol=0, atol=1e-12)


def test_a_forest_of_more_classes_finds_the_same_leaves() -> None:
    forest: CompactForest = fit("extra_trees", "multiclass").estimator
    X = draw_data("multiclass", 400, seed=1).X
    leaves = Leaves(convert_forest(forest), 6)
    assert leaves.n_outputs == len(forest.trees["roots"])
    alone = np.concatenate([leaves(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_array_equal(alone, leaves(X))
    counts = np.diff(np.append(forest.trees["roots"], len(forest.trees["features"])))
    # A tree of n nodes has (n + 1) / 2 leaves.
    assert (leaves(X).max(axis=0) < (counts + 1) / 2).all()


def test_a_value_at_a_threshold_goes_the_same_way() -> None:
    forest: CompactForest = fit("extra_trees", "regression").estimator
    splits = np.flatnonzero(forest.trees["features"] >= 0)
    chosen = forest.trees["thresholds"][splits]
    rows = np.zeros((3 * len(splits), 6), dtype=np.float32)
    features = np.tile(forest.trees["features"][splits], 3)
    near = [chosen, np.nextafter(chosen, np.float32(np.inf)), np.nextafter(chosen, np.float32(-np.inf))]
    rows[np.arange(len(rows)), features] = np.concatenate(near)
    np.testing.assert_allclose(
        Trees(convert_forest(forest), 6)(rows)[:, 0], forest.predict(rows), rtol=0, atol=1e-12
    )


def test_trees_that_never_split_are_their_value() -> None:
    rows = draw_data("regression")
    forest = fit("extra_trees", "regression", rows=rows._replace(y=np.full(len(rows.y), 7.5))).estimator
    np.testing.assert_allclose(Trees(convert_forest(forest), 6)(rows.X[:3])[:, 0], 7.5)
