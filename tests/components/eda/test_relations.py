from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.eda.relations import LEAST_ROWS, compute_relations, compute_standard_error
from components.eda.target import Target

N_ROWS = 1_000
RANDOM = np.random.default_rng(0)
CLASSES = RANDOM.integers(0, 2, N_ROWS)
THREE = RANDOM.integers(0, 3, N_ROWS)
AMOUNT = RANDOM.lognormal(size=N_ROWS)
NOISE = RANDOM.normal(size=N_ROWS)


def _make_binary(values=CLASSES):
    return _make_classes(values, ("no", "yes"))


def _make_three(values=THREE):
    return _make_classes(values, ("a", "b", "c"))


def _make_classes(values, labels):
    y = np.asarray(values)
    return y, Target("y", len(y), labels, tuple(np.bincount(y, minlength=len(labels))))


def _make_regression(values=AMOUNT):
    y = np.asarray(values, dtype=float)
    return y, Target("y", len(y))


def _score(values, kind, target):
    y, facts = target
    order = np.random.default_rng(0).permutation(len(y))
    frame = pd.DataFrame({"x": values}).iloc[order]
    (relation,) = compute_relations(frame, {"x": kind}, y[order], facts)
    return relation


@pytest.mark.parametrize(
    ("values", "kind", "target", "low", "high"),
    [
        (NOISE, "float", _make_binary(), 0.5, 0.55),
        (CLASSES + 0.001 * NOISE, "float", _make_binary(), 0.999, 1.0),
        (-CLASSES + 0.001 * NOISE, "float", _make_binary(), 0.999, 1.0),
        (CLASSES * 2 + NOISE, "float", _make_binary(), 0.89, 0.94),
        # Both ends against the middle: no order of the values tells it.
        (np.where(CLASSES, NOISE, np.sign(NOISE) * 50 + NOISE), "float", _make_binary(), 0.99, 1.0),
        (np.where(CLASSES, "x", "z"), "string", _make_binary(), 1.0, 1.0),
        (CLASSES == 1, "boolean", _make_binary(), 1.0, 1.0),
        ([f"id {i}" for i in range(N_ROWS)], "string", _make_binary(), 0.5, 0.5),
        (np.arange(N_ROWS), "integer", _make_binary(), 0.5, 0.55),
        (pd.to_datetime(CLASSES * 10**15 + np.arange(N_ROWS)), "datetime", _make_binary(), 0.99, 1.0),
        (THREE, "integer", _make_three(), 1.0, 1.0),
        (NOISE, "float", _make_three(), 0.5, 0.55),
        (THREE == 0, "boolean", _make_three(), 0.8, 0.85),
        (NOISE, "float", _make_regression(), 0.0, 0.03),
        (AMOUNT * 2.2, "float", _make_regression(), 0.995, 1.0),
        (np.log(AMOUNT), "float", _make_regression(), 0.995, 1.0),
        (np.where(AMOUNT > 1, "high", "low"), "string", _make_regression(), 0.7, 0.8),
        (np.full(N_ROWS, 3.0), "float", _make_regression(), 0.0, 0.001),
        (np.full(N_ROWS, np.nan), "float", _make_binary(), 0.5, 0.5),
    ],
)
def test_scores_of_known_relations(values, kind, target, low, high):
    assert low <= _score(values, kind, target).score <= high


def test_the_nulls_are_scored_by_themselves():
    relation = _score(np.where(CLASSES, NOISE, np.nan), "float", _make_binary())
    assert (relation.score, relation.null_score, relation.is_null_copy) == (1.0, 1.0, True)
    relation = _score(np.where(NOISE > 1, np.nan, CLASSES), "float", _make_binary())
    assert relation.null_score < 0.55
    assert not relation.is_null_copy


@pytest.mark.parametrize(
    ("values", "kind", "target", "expected"),
    [
        (np.where(CLASSES, "x", "z"), "string", _make_binary(), True),
        (np.array(["x" if code else None for code in CLASSES], dtype=object), "string", _make_binary(), True),
        (THREE * 10, "integer", _make_three(), True),
        (THREE == 0, "boolean", _make_three(), False),
        (CLASSES + 0.1 * NOISE, "float", _make_binary(), False),
        (np.where(CLASSES ^ (np.arange(N_ROWS) == 0), "x", "z"), "string", _make_binary(), False),
        (AMOUNT, "float", _make_regression(), False),
    ],
)
def test_a_copy_of_the_target_under_other_names_is_known(values, kind, target, expected):
    assert _score(values, kind, target).is_copy is expected


@pytest.mark.parametrize(
    "target",
    [
        _make_binary(CLASSES[: LEAST_ROWS - 1]),
        _make_binary(np.zeros(50, dtype=int)),
        _make_regression(np.ones(50)),
    ],
)
def test_too_few_rows_or_no_spread_give_no_score(target):
    assert _score(NOISE[: len(target[0])], "float", target).score is None


def test_a_class_with_a_single_row_does_not_spoil_the_score():
    classes = np.array([2, *([0, 1] * 30)])
    assert _score(classes.astype(float), "float", _make_three(classes)).score > 0.8


def test_the_strongest_come_first():
    frame = pd.DataFrame({"noise": NOISE, "strong": CLASSES + NOISE, "copy": CLASSES})
    kinds: dict[Any, Kind] = dict.fromkeys(frame, "float")
    found = compute_relations(frame, kinds, *_make_binary())
    assert [relation.column for relation in found] == ["copy", "strong", "noise"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        # By Hanley and McNeil's formula for 500 rows of each class, worked out by hand.
        (_make_binary(np.arange(1_000) % 2), 0.003173),
        # 2 * 0.01 * sqrt(0.99 / 1000)
        (_make_regression(np.arange(1_000)), 0.000629),
    ],
)
def test_the_standard_error_of_a_score(target, expected):
    assert compute_standard_error(0.99, target[1]) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("n_rows", [100, 1_000])
def test_the_standard_error_shrinks_with_the_rows_of_the_rarer_class(n_rows):
    even, rare = np.arange(n_rows) % 2, (np.arange(n_rows) % 10 == 0).astype(int)
    errors = [compute_standard_error(0.99, _make_binary(values)[1]) for values in (even, rare)]
    assert errors[0] < errors[1]
