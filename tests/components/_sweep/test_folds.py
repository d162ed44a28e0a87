from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components._estimators import Facts
from components._problem.task import TASKS, TaskKind
from components._sweep.folds import Fold, FoldSet
from components._sweep.time_plan import NO_LIMIT, TimePlan
from tests.components._model.tables import make_problem


def make_example(kind: TaskKind) -> FoldSet:
    matrix = np.arange(12, dtype=np.float32).reshape(6, 2)
    y = np.array([0, 1, 0, 1, 0, 1]) + (0.5 if kind == "regression" else 0)
    rows = [np.array([1, 4]), np.array([0, 5])]
    rest = [np.setdiff1d(np.arange(6), score) for score in rows]
    ways, forms = np.array([1, 0]), np.array(["", "one-hot"])
    folds = [
        Fold(matrix[fit], y[fit], matrix[score], score, ways, forms)
        for fit, score in zip(rest, rows, strict=True)
    ]
    return FoldSet(make_problem(kind), y, folds)


@pytest.mark.parametrize("kind", TASKS)
def test_folds_are_the_same_after_a_round_trip(tmp_path: Path, kind: TaskKind) -> None:
    written = make_example(kind)
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
    make_example("binary").save(tmp_path)
    fold = FoldSet.load(tmp_path).folds[0]
    assert isinstance(fold.X_fit, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        fold.X_fit[0, 0] = 1.0


def test_labels_keep_their_type_in_the_problem(tmp_path: Path) -> None:
    asked = make_problem("binary", classes=(False, True), positive_label=True)
    FoldSet(asked, np.array([0]), []).save(tmp_path)
    assert [type(label) for label in FoldSet.load(tmp_path).problem.classes] == [bool, bool]


def test_scored_rows_are_those_of_all_folds_in_order() -> None:
    assert make_example("binary").scored_rows.tolist() == [0, 1, 4, 5]


def select_rows(*score_rows: list[int], problem_of: TaskKind = "binary", **settings: Any) -> FoldSet:
    """Return folds of six rows that score the given ones."""
    y = np.arange(6) % 2
    folds = []
    for rows in map(np.array, score_rows):
        rest = np.setdiff1d(np.arange(6), rows)
        matrix = np.arange(18, dtype=np.float32).reshape(6, 3)
        folds.append(
            Fold(matrix[rest], y[rest], matrix[rows], rows, np.zeros(3, dtype=np.int64), np.full(3, ""))
        )
    return FoldSet(make_problem(problem_of, **settings), y, folds)


@pytest.mark.parametrize(
    ("score_rows", "parts", "scored", "expected"),
    [
        # Each row once, in whatever order.
        ([[4, 5], [0, 1]], [[4.0, 5.0], [0.0, 1.0]], [0, 1, 4, 5], [0, 1, 4, 5]),
        ([[3, 0]], [[3.0, 0.0]], [0, 3], [0, 3]),
        # Two repeats give the mean of both; row 2 was scored once.
        ([[0, 1], [2], [1, 0]], [[1.0, 2.0], [7.0], [4.0, 3.0]], [0, 1, 2], [2, 3, 7]),
        ([[0, 2], [0, 2], [0]], [[1.0, 5.0], [2.0, 6.0], [6.0]], [0, 2], [3, 5.5]),
    ],
)
def test_predictions_are_gathered_by_row_and_averaged_where_a_row_is_scored_again(
    score_rows: list[list[int]], parts: list[list[float]], scored: list[int], expected: list[float]
) -> None:
    data = select_rows(*score_rows)
    assert data.scored_rows.tolist() == scored
    assert data.merge_predictions([np.array(part) for part in parts]).tolist() == expected
    both = data.merge_predictions(
        [np.column_stack([part, np.negative(part)]).astype(np.float32) for part in parts]
    )
    assert both.dtype == np.float64
    assert both.tolist() == [[value, -value] for value in expected]


def test_rows_that_no_fold_has_predicted_are_no_numbers() -> None:
    data = select_rows([4, 5], [0, 1], [5, 2])
    merged = data.merge_predictions([np.array([4.0, 5.0]), np.array([0.0, 1.0])])
    np.testing.assert_array_equal(merged, [0.0, 1.0, np.nan, 4.0, 5.0])
    both = data.merge_predictions([np.array([[4.0, -4.0], [5.0, -5.0]])])
    np.testing.assert_array_equal(both[:, 0], [np.nan, np.nan, np.nan, 4.0, 5.0])
    np.testing.assert_array_equal(both[:, 1], -both[:, 0])


def test_the_plan_of_the_time_is_kept_with_the_folds(tmp_path: Path) -> None:
    for i, plan in enumerate((NO_LIMIT, TimePlan(0.25, 12.5, 5, 9.0))):
        replace(make_example("binary"), plan=plan).save(tmp_path / str(i))
        assert FoldSet.load(tmp_path / str(i)).plan == plan


@pytest.mark.parametrize(("kind", "n_outputs"), [("regression", 1), ("binary", 1), ("multiclass", 3)])
def test_the_facts_count_the_classes_of_a_multiclass_problem(kind: TaskKind, n_outputs: int) -> None:
    assert make_example(kind).facts.n_outputs == n_outputs


def test_the_facts_are_those_of_the_largest_fold() -> None:
    data = select_rows([1, 2, 3, 4, 5], [3, 4, 5], problem_of="regression", monotonic={"a": "rising"})
    metric = data.problem.metric
    assert data.facts == Facts("regression", metric, n_rows=3, n_features=3, is_monotonic=True)
    assert not make_example("binary").facts.is_monotonic
    assert (data.facts.has_alternatives, make_example("binary").facts.has_alternatives) == (False, True)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    def compute_digest(data: FoldSet, name: str) -> str:
        data.save(tmp_path / name)
        return FoldSet.load(tmp_path / name).sha256

    first = select_rows([0, 1], [2, 3])
    fold = first.folds[0]
    changed = {
        "problem": replace(first, problem=make_problem("binary", metric="accuracy")),
        # Row 5 is in no fold's fit.
        "target of a row that is only scored": replace(
            select_rows([0, 5], [1, 5]), y=np.array([0, 1, 0, 1, 0, 0])
        ),
        "rows": select_rows([0, 1], [2, 4]),
        "order": replace(first, folds=first.folds[::-1]),
        "features": replace(first, folds=[fold._replace(X_fit=fold.X_fit + 1), first.folds[1]]),
        "forms": replace(
            first, folds=[fold._replace(alternatives=np.array(["", "", "target"])), first.folds[1]]
        ),
        "ways": replace(first, folds=[fold._replace(monotonic=fold.monotonic + 1), first.folds[1]]),
    }
    digests = {name: compute_digest(data, name) for name, data in changed.items()}
    digests["as it was"] = compute_digest(first, "first")
    digests["before the target changed"] = compute_digest(select_rows([0, 5], [1, 5]), "before")
    assert len(set(digests.values())) == len(digests)
    assert compute_digest(select_rows([0, 1], [2, 3]), "again") == digests["as it was"]
    assert compute_digest(FoldSet.load(tmp_path / "first"), "copied") == digests["as it was"]
    assert first.sha256 == ""


def test_weights_and_notes_are_kept_and_make_other_data(tmp_path: Path) -> None:
    plain = make_example("binary")
    weights = np.array([0.5, 1.5, 1, 1, 1, 1])
    weighted = replace(plain, weights=weights, notes=("Some rows are left out.",))
    for name, data in (("plain", plain), ("weighted", weighted)):
        data.save(tmp_path / name)
    loaded = FoldSet.load(tmp_path / "weighted")
    assert loaded.weights is not None
    np.testing.assert_array_equal(loaded.weights, weights)
    assert loaded.notes == ("Some rows are left out.",)
    assert loaded.facts.is_weighted
    other = FoldSet.load(tmp_path / "plain")
    assert (other.weights, other.notes, other.facts.is_weighted) == (None, (), False)
    assert loaded.sha256 != other.sha256
