from pathlib import Path

import numpy as np
import pytest

from components._model.folds import Fold, FoldSet
from components._problem.task import TASKS, TaskKind
from tests.components._model.tables import problem


def example(kind: TaskKind) -> FoldSet:
    matrix = np.arange(12, dtype=np.float32).reshape(6, 2)
    y = np.array([0, 1, 0, 1, 0, 1]) + (0.5 if kind == "regression" else 0)
    rows = [np.array([1, 4]), np.array([0, 5])]
    rest = [np.setdiff1d(np.arange(6), score) for score in rows]
    folds = [Fold(matrix[fit], y[fit], matrix[score], score) for fit, score in zip(rest, rows, strict=True)]
    return FoldSet(problem(kind), y, folds)


@pytest.mark.parametrize("kind", TASKS)
def test_folds_are_the_same_after_a_round_trip(tmp_path: Path, kind: TaskKind) -> None:
    written = example(kind)
    written.save(tmp_path / "folds")
    loaded = FoldSet.load(tmp_path / "folds")
    assert loaded.problem == written.problem
    np.testing.assert_array_equal(loaded.y, written.y)
    assert len(loaded.folds) == len(written.folds)
    for there, here in zip(loaded.folds, written.folds, strict=True):
        for name in Fold._fields:
            np.testing.assert_array_equal(getattr(there, name), getattr(here, name))
            assert getattr(there, name).dtype == getattr(here, name).dtype


def test_matrices_are_mapped_and_cannot_be_changed(tmp_path: Path) -> None:
    example("binary").save(tmp_path)
    fold = FoldSet.load(tmp_path).folds[0]
    assert isinstance(fold.X_fit, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        fold.X_fit[0, 0] = 1.0


def test_labels_keep_their_type_in_the_problem(tmp_path: Path) -> None:
    asked = problem("binary", classes=(False, True), positive_label=True)
    FoldSet(asked, np.array([0]), []).save(tmp_path)
    assert [type(label) for label in FoldSet.load(tmp_path).problem.classes] == [bool, bool]


def test_scored_rows_are_those_of_all_folds_in_order() -> None:
    assert example("binary").scored_rows.tolist() == [0, 1, 4, 5]
