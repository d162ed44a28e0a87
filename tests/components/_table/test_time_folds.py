from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._table.target import encode_target
from components._table.time_folds import (
    N_FOLDS,
    SweepSplits,
    can_be_learned,
    choose_learnable,
    split_by_time,
)
from components.errors import InvalidData
from tests.components._model.tables import make_problem


def _choose(task: Any, y: list[Any], **settings: Any) -> SweepSplits:
    frame = pd.DataFrame({"at": np.arange(len(y)), "who": np.arange(len(y)) // 4, "y": y})
    question = make_problem(task, event_time="at", **settings)
    codes = encode_target(frame["y"], question)
    return choose_learnable(split_by_time(frame, codes, question, N_FOLDS, 0), frame, codes, question, 0)


def test_learning_needs_every_class_or_two_values() -> None:
    question = make_problem("multiclass")
    assert can_be_learned(np.array([2, 0, 1, 0]), question)
    assert not can_be_learned(np.array([2, 0, 2]), question)
    assert can_be_learned(np.array([0.5, 0.5, 1.5]), make_problem("regression"))
    assert not can_be_learned(np.array([0.5, 0.5]), make_problem("regression"))


def test_folds_that_lack_a_class_are_left_out_and_said() -> None:
    chosen = _choose("multiclass", ["a", "b"] * 25 + ["a", "b", "c"] * 20)
    assert 1 <= len(chosen.splits) < N_FOLDS
    assert chosen.notes == [
        f"{N_FOLDS - len(chosen.splits)} of 5 folds are left out, because one side lacks a class."
    ]


def test_complete_folds_have_no_note() -> None:
    chosen = _choose("multiclass", ["a", "b", "c"] * 40)
    assert (len(chosen.splits), chosen.notes) == (N_FOLDS, [])


@pytest.mark.parametrize(
    ("task", "y"),
    [
        ("multiclass", ["a", "b"] * 54 + ["a", "b", "c"] * 4),
        ("multiclass", ["c"] * 20 + ["a", "b", "c"] * 3 + ["a", "b"] * 40),
        ("regression", [0.5] * 110 + [0.5, 1.5, 2.5, 1.5, 0.5, 3.5, 4.5, 1.5, 2.5, 7.5]),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"gap": 2}, {"group": "who"}])
def test_one_other_fold_is_made_if_every_fold_lacks_a_class(
    task: Any, y: list[Any], settings: dict[str, Any]
) -> None:
    chosen = _choose(task, y, **settings)
    ((fit, score),) = chosen.splits
    assert fit.max() + settings.get("gap", 1) <= score.min()
    for rows in (fit, score):
        assert len(set(np.array(y, dtype=object)[rows])) >= (3 if task == "multiclass" else 2)
    (note,) = chosen.notes
    assert f"fits on the first {len(fit)} rows and scores {len(score)} later rows" in note


@pytest.mark.parametrize(
    ("task", "y", "message"),
    [
        (
            "multiclass",
            ["a", "b"] * 50 + ["c"],
            "101 training rows .* by 'at' with rows of class 'c' on both",
        ),
        ("multiclass", ["c"] * 5 + ["a", "b"] * 50, "by 'at' with rows of class 'c' on both sides"),
        ("binary", ["left"] * 30 + ["stayed"] * 30, "with rows of class .* on both sides"),
        ("regression", [1.5] * 60, "'y' has only one value in 60 training rows: 1.5"),
    ],
)
def test_classes_that_no_fold_has_on_both_sides_are_named(task: Any, y: list[Any], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        _choose(task, y)
