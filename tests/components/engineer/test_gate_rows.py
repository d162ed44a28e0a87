from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components.engineer.gate_rows import GateRows, choose_rows, explain_few_folds
from tests.components._model.tables import make_problem

N_ROWS = 240


def choose(frame: pd.DataFrame, y: np.ndarray, n_rows: int = N_ROWS, **settings: Any) -> GateRows:
    problem: Problem = make_problem("binary", **settings)
    return choose_rows(frame.assign(y=y), y, problem, n_rows, n_folds=4, repeats=2, seed=0)


def test_every_row_is_scored_once_in_each_repeat_and_classes_are_spread_evenly() -> None:
    y = np.repeat([0, 1], [200, 40])
    chosen = choose(pd.DataFrame({"x": np.arange(N_ROWS)}), y)
    assert len(chosen.splits) == 8
    for start in (0, 4):
        scored = [score for _, score in chosen.splits[start : start + 4]]
        assert sorted(np.concatenate(scored)) == list(range(N_ROWS))
        assert [int(y[rows].sum()) for rows in scored] == [10, 10, 10, 10]
    for fit, score in chosen.splits:
        assert not set(fit) & set(score)


def test_the_rows_of_a_group_and_copies_of_a_row_are_on_one_side() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"g": rng.integers(0, 30, N_ROWS).astype(str), "x": rng.integers(0, 300, N_ROWS)})
    y = rng.integers(0, 2, N_ROWS)
    for of, chosen in (("g", choose(frame, y, group="g")), ("x", choose(frame[["x"]], y))):
        values = frame[of].to_numpy()
        for fit, score in chosen.splits:
            assert not set(values[fit]) & set(values[score])
        assert len(np.unique(chosen.clusters)) == len(np.unique(values))


def test_with_a_time_later_rows_are_scored() -> None:
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 50, N_ROWS), unit="D")
    chosen = choose(pd.DataFrame({"t": times}), rng.integers(0, 2, N_ROWS), event_time="t")
    values = times.to_numpy()
    assert len(chosen.splits) == 4
    for fit, score in chosen.splits:
        assert values[fit].max() < values[score].min()
    # Each fold is one observation.
    for _, score in chosen.splits:
        assert len(np.unique(chosen.clusters[score])) == 1


@pytest.mark.parametrize("settings", [{}, {"group": "g"}])
def test_the_gap_and_the_groups_hold_in_a_sample(settings: dict[str, str]) -> None:
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(2_000), unit="h")
    frame = pd.DataFrame({"t": times, "g": (np.arange(2_000) + rng.integers(0, 200, 2_000)) // 20})
    y = rng.integers(0, 2, 2_000)
    chosen = choose(frame, y, n_rows=1_000, event_time="t", gap="2 days", **settings)
    sample = frame.iloc[chosen.rows].reset_index()
    assert len(chosen.splits) == 4
    for i, (fit, score) in enumerate(chosen.splits):
        assert sample["t"][score].min() - sample["t"][fit].max() >= pd.Timedelta(days=2)
        if settings:
            assert not set(sample["g"][fit]) & set(sample["g"][score])
        # With groups, too, each fold is one observation.
        assert set(chosen.clusters[score]) == {i}


def test_folds_that_a_model_cannot_learn_from_are_left_out() -> None:
    frame = pd.DataFrame({"t": np.arange(N_ROWS)})
    # A class that the first two folds cannot learn, and a gap that leaves the first fold 28 rows.
    late = (np.arange(N_ROWS) >= 100) & (np.arange(N_ROWS) % 2 == 0)
    assert len(choose(frame, late.astype(int), event_time="t").splits) == 2
    assert len(choose(frame, np.arange(N_ROWS) % 2, event_time="t", gap=20).splits) == 3


def test_a_sample_has_rows_of_rare_classes_in_every_fold() -> None:
    y = np.zeros(20_000, dtype=np.int64)
    y[:6] = 1
    chosen = choose(pd.DataFrame({"x": np.arange(len(y))}), y, n_rows=1_000)
    assert len(chosen.rows) == 1_000
    assert y[chosen.rows].sum() == 4
    assert [int(y[chosen.rows][score].sum()) for _, score in chosen.splits] == [1] * 8


def test_a_sample_is_drawn_by_the_seed_alone() -> None:
    frame, y = pd.DataFrame({"x": np.arange(N_ROWS)}), np.arange(N_ROWS) % 2
    one, again = choose(frame, y, n_rows=100), choose(frame, y, n_rows=100)
    assert one.rows.tolist() == again.rows.tolist()
    assert len(one.rows) == 100
    assert max(score.max() for _, score in one.splits) < 100


def test_targets_and_weights_are_those_of_the_sample() -> None:
    y = np.arange(N_ROWS) % 2
    frame = pd.DataFrame({"x": np.arange(N_ROWS), "w": np.arange(N_ROWS) + 1.0})
    chosen = choose(frame, y, 200, weight="w")
    np.testing.assert_array_equal(chosen.y, y[chosen.rows])
    # The mean of all training rows is 1, not that of the sample.
    np.testing.assert_allclose(chosen.weights, frame["w"][chosen.rows] / frame["w"].mean())
    assert (choose(frame[["x"]], y, 200).weights == 1).all()
    np.testing.assert_array_equal(chosen.scored[:50], chosen.splits[0][1])
    assert len(chosen.scored) == 2 * 200


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "A sample of 1,000 rows has fewer than two folds with every class of 'y' among at least 40 "),
        ({"group": "g"}, "A sample of 1,000 rows, split by 'g', has fewer than two folds "),
    ],
)
def test_a_sample_that_cannot_be_split_is_explained(settings: dict[str, str], expected: str) -> None:
    assert explain_few_folds(make_problem("binary", **settings), 1_000).startswith(expected)
