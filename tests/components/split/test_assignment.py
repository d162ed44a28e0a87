from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.storage import hash_rows
from components.errors import InvalidData
from components.split.assignment import (
    Assignment,
    assign_rows,
    choose_blocks,
    compute_strata,
    find_latest,
    list_deciding_columns,
    list_hashed_columns,
)
from components.split.settings import Settings


def _make_problem(task: str = "binary", **details: Any) -> Problem:
    labels: dict[str, dict[str, Any]] = {
        "binary": {"classes": [0, 1], "positive_label": 1},
        "multiclass": {"classes": ["a", "b", "c"]},
        "regression": {},
    }
    metric = "r2" if task == "regression" else "accuracy"
    return Problem.from_settings({"target": "y", "task": task, "metric": metric, **labels[task], **details})


def _draw_frame(task: str, n: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(3)
    y = {
        "binary": (random.random(n) < 0.1).astype(int),
        "multiclass": random.choice(["a", "b", "c"], p=[0.7, 0.2, 0.1], size=n),
        "regression": random.lognormal(size=n),
    }[task]
    return pd.DataFrame({"x": random.normal(size=n), "who": random.integers(30, size=n), "y": y})


def _assign(frame: pd.DataFrame, problem: Problem, settings: Settings) -> Assignment:
    hashed = list_hashed_columns(problem, list(frame.columns))
    hashes = hash_rows(frame[hashed]) if hashed else np.zeros(len(frame), dtype=np.uint64)
    return assign_rows(frame[list_deciding_columns(problem)], hashes, problem, settings)


TASKS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_a_random_split_keeps_the_shares_of_the_target(task: str, fraction: float) -> None:
    frame, problem = _draw_frame(task), _make_problem(task)
    _, test, strategy, notes = _assign(frame, problem, Settings(fraction))
    assert (strategy, notes) == ("random", ())
    assert test.mean() == pytest.approx(fraction, abs=0.02)
    strata = compute_strata(frame["y"], problem, fraction)
    for stratum in range(strata.max() + 1):
        rows = strata == stratum
        assert abs(test[rows].sum() - fraction * rows.sum()) <= 1


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("details", [{}, {"group": "who"}])
def test_copies_of_a_row_are_on_one_side(task: str, details: dict[str, Any]) -> None:
    once = _draw_frame(task, 80)
    frame = pd.concat([once, once.iloc[::2], once.iloc[::4]], ignore_index=True)
    test = _assign(frame, _make_problem(task, **details), Settings()).test
    sides = frame.assign(test=test).groupby(["x", "who", "y"])["test"].nunique()
    assert len(sides) == 80
    assert (sides == 1).all()
    assert test.mean() == pytest.approx(0.2, abs=0.1)


def test_rows_of_equal_features_say_nothing_wrong_of_each_other() -> None:
    """With a random target the training mean of a category must not predict the test mean."""
    products = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame({"c": random.choice(list("abcdefghij"), 200), "y": random.integers(0, 2, 200)})
        test = _assign(frame, _make_problem(), Settings(seed=seed)).test
        centred = frame["y"] - 0.5
        learnt = centred[~test].groupby(frame["c"]).mean()
        judged = centred[test].groupby(frame["c"]).mean()
        products.append((learnt * judged).mean())
    # Keeping equal rows together by features and target gives -0.25 here.
    assert abs(np.nanmean(products)) < 0.01


def test_zeros_of_either_sign_make_equal_rows() -> None:
    frame = pd.DataFrame({"x": np.repeat(np.arange(40.0), 2) * 0.0, "id": np.repeat(np.arange(40), 2)})
    frame["x"] = np.where(np.arange(80) % 2, frame["x"], -frame["x"])
    frame["y"] = frame["id"] % 2
    test = _assign(frame, _make_problem(), Settings()).test
    assert (test[::2] == test[1::2]).all()


@pytest.mark.parametrize("task", TASKS)
def test_groups_are_whole_and_every_class_is_on_both_sides(task: str) -> None:
    frame = _draw_frame(task)
    _, test, strategy, notes = _assign(frame, _make_problem(task, group="who"), Settings())
    assert (strategy, notes) == ("group", ())
    assert not set(frame["who"][test]) & set(frame["who"][~test])
    assert test.mean() == pytest.approx(0.2, abs=0.03)
    if task != "regression":
        assert set(frame["y"][test]) == set(frame["y"][~test]) == set(frame["y"])


@pytest.mark.parametrize("task", TASKS)
def test_the_latest_rows_are_tested(task: str) -> None:
    frame = _draw_frame(task)
    frame["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(200)[::-1], unit="D")
    _, test, strategy, notes = _assign(frame, _make_problem(task, event_time="when"), Settings())
    assert (strategy, notes) == ("time", ())
    assert test.tolist() == [True] * 40 + [False] * 160


def test_a_time_goes_before_a_group() -> None:
    frame = _draw_frame("binary").assign(when=range(200))
    assert _assign(frame, _make_problem(event_time="when", group="who"), Settings()).strategy == "time"


@pytest.mark.parametrize(
    ("times", "fraction", "expected"),
    [
        ([1, 2, 3, 4, 5], 0.2, [False, False, False, False, True]),
        ([3, 1, 2], 0.4, [True, False, False]),
        ([1, 2, 2, 2, 2], 0.2, [False, True, True, True, True]),
        ([1, 1, 1, 2, 2, 3], 0.2, [False, False, False, False, False, True]),
        ([1, 2], 0.01, [False, True]),
        ([7, 7], 0.5, [False, False]),
    ],
)
def test_rows_of_one_time_stay_together(times: list[int], fraction: float, expected: list[bool]) -> None:
    assert find_latest(np.array(times), fraction).tolist() == expected


@pytest.mark.parametrize(
    ("blocks", "strata", "fraction", "expected"),
    [
        # Test rows of each stratum.
        (range(10), [0] * 10, 0.2, [2]),
        (range(10), [0] * 5 + [1] * 5, 0.2, [1, 1]),
        (range(4), [0, 0, 1, 1], 0.01, [1, 1]),
        (range(4), [0, 0, 1, 1], 0.99, [1, 1]),
        ([0, 0, 0, 1, 1, 1], [0] * 6, 0.2, [3]),
    ],
)
def test_each_stratum_gives_its_share(
    blocks: list[int], strata: list[int], fraction: float, expected: list[int]
) -> None:
    for seed in range(5):
        test = choose_blocks(np.array(blocks), np.array(strata), fraction, np.random.default_rng(seed))
        assert np.bincount(strata, weights=test).tolist() == expected


def test_the_seed_decides_and_nothing_else() -> None:
    frame, problem = _draw_frame("binary"), _make_problem()
    masks = [_assign(frame, problem, Settings(seed=seed)).test for seed in (0, 0, 1)]
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()


def test_a_row_is_on_the_same_side_wherever_it_stands() -> None:
    frame, problem = _draw_frame("multiclass"), _make_problem("multiclass")
    order = np.random.default_rng(0).permutation(len(frame))
    test = _assign(frame, problem, Settings()).test
    assert (_assign(frame.iloc[order], problem, Settings()).test == test[order]).all()


def test_the_table_is_left_as_it_was() -> None:
    frame = _draw_frame("regression")
    before = frame.copy()
    _assign(frame, _make_problem("regression"), Settings())
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("target", "n_strata"),
    [
        ([1.0, 2.0, 3.0, 4.0], 1),
        (list(range(100)), 10),
        ([0.0] * 98 + [1.0, 2.0], 2),
        ([5.0] * 100, 1),
    ],
)
def test_numbers_are_cut_at_their_quantiles(target: list[float], n_strata: int) -> None:
    strata = compute_strata(pd.Series(target), _make_problem("regression"), 0.2)
    assert len(set(strata)) == n_strata
    assert (np.diff(strata[np.argsort(target, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(
    ("details", "deciding", "hashed"),
    [
        ({}, ["y"], ["x", "who", "when", "part"]),
        ({"group": "who"}, ["y", "who"], []),
        ({"event_time": "when", "group": "who"}, ["y", "when", "who"], []),
        ({"event_time": "when", "split_column": "part"}, ["y", "part", "when"], ["x", "who", "when", "y"]),
    ],
)
def test_all_columns_are_only_hashed_where_copies_matter(
    details: dict[str, Any], deciding: list[str], hashed: list[str]
) -> None:
    problem = _make_problem(**details)
    assert list_deciding_columns(problem) == deciding
    assert list_hashed_columns(problem, ["x", "who", "when", "part", "y"]) == hashed


def test_rows_without_a_group_are_a_group() -> None:
    who = pd.Series([None, "a", "b", "c", "d"] * 40, dtype=object)
    frame = _draw_frame("binary").assign(who=who)
    test = _assign(frame, _make_problem(group="who"), Settings()).test
    assert frame["who"].isna()[test].nunique() == 1
    assert test.sum() == 40


TINY = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "who": [1, 1, 2, 2], "when": [1, 2, 3, 4], "y": [0, 1, 0, 1]})


@pytest.mark.parametrize("details", [{}, {"split_column": "part"}])
def test_a_tiny_table_is_split(details: dict[str, Any]) -> None:
    table = TINY.assign(part=["train", "train", "test", "test"])
    assert _assign(table, _make_problem(**details), Settings(0.5)).test.sum() == 2


@pytest.mark.parametrize(
    ("frame", "details", "message"),
    [
        (
            TINY.assign(y=[1, 1, 1, 0]),
            {"event_time": "when"},
            "time split leaves no training .* class 0",
        ),
        (TINY.assign(y=[0, 1, 0, 0]), {"event_time": "when"}, "no test rows of class 1"),
        (TINY.assign(when=1), {"event_time": "when"}, "time split leaves no test rows"),
        (
            TINY,
            {"event_time": "when", "gap": 9},
            r"gap of 9(\.0)? leaves no training rows: all of the 3 rows .* to them\.\nWrite a shorter",
        ),
        (
            TINY.assign(who=1),
            {"event_time": "when", "group": "who"},
            r"time split leaves no test rows\.\nRemove event_time or, if it is set, group",
        ),
        (TINY.assign(y=[0, 1, 0, 0]), {"group": "who"}, r"group split leaves .* class 1\.\nRemove group"),
        (TINY.assign(who=1), {"group": "who"}, "group split leaves no test rows"),
        (TINY.iloc[[0, 0, 1, 1]], {}, r"random split leaves no test rows\.\nAdd different rows"),
        (TINY.iloc[[0, 2, 1, 1]], {}, "random split leaves no test rows of class 1"),
    ],
)
def test_a_split_without_rows_or_without_a_class_is_refused(
    frame: pd.DataFrame, details: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidData, match=message):
        _assign(frame, _make_problem(**details), Settings(0.25))


def _assign_parts(parts: Sequence[str | None], settings: dict[str, Any] | None = None) -> Assignment:
    n = len(parts)
    frame = pd.DataFrame({"x": np.arange(n), "y": [0, 1] * (n // 2), "part": parts, "who": np.arange(n) // 3})
    return _assign(frame, _make_problem(split_column="part", **(settings or {})), Settings())


@pytest.mark.parametrize(
    ("parts", "n_test", "note"),
    [
        (["train"] * 6 + ["TEST"] * 2, 2, None),
        (["Training set"] * 6 + ["hold-out"] * 2, 2, None),
        (["train"] * 4 + ["valid"] * 2 + ["test"] * 2, 2, "2 validation rows of 'part' are training rows"),
        (["train"] * 4 + ["val"] * 4, 4, "The test rows are the validation rows of 'part'"),
    ],
)
def test_a_column_names_the_test_rows(parts: list[str | None], n_test: int, note: str | None) -> None:
    train, test, strategy, notes = _assign_parts(parts)
    assert strategy == "column"
    assert test.tolist() == [False] * (len(parts) - n_test) + [True] * n_test
    assert (train == ~test).all()
    assert [text[: len(note or "")] for text in notes] == ([note] if note else [])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train"] * 8, r"column split leaves no test rows\.\nCorrect the column, or remove split_column"),
        (["test"] * 8, "column split leaves no training rows"),
        (["train"] * 7 + ["test"], "column split leaves no test rows of class 0"),
        (["train"] * 4 + ["A", "B", "test", "test"], "does not name the part of every row: 'A', 'B'"),
        (["train"] * 4 + [None, "test", "test", "test"], "every row: empty cells"),
    ],
)
def test_a_column_that_does_not_name_both_parts_is_refused(parts: list[str | None], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        _assign_parts(parts)


def test_rows_that_a_column_puts_on_the_wrong_side_are_counted() -> None:
    frame = _draw_frame("regression").assign(part=["train"] * 150 + ["test"] * 50, when=range(200))
    problem = _make_problem("regression", split_column="part", group="who", event_time="when")
    n_shared = frame["who"][150:].isin(frame["who"][:150]).sum()
    assert _assign(frame, problem, Settings()).notes == (
        f"Test rows whose 'who' is also in the training rows: {n_shared} of 50.",
    )


def test_a_gap_leaves_out_the_rows_before_the_test_rows() -> None:
    frame = _draw_frame("regression").assign(when=pd.date_range("2026-01-01", periods=200, freq="D"))
    problem = _make_problem("regression", event_time="when", gap="7 days")
    train, test, _, notes = _assign(frame, problem, Settings())
    assert test.tolist() == [False] * 160 + [True] * 40
    assert train.tolist() == [True] * 154 + [False] * 46
    assert notes == ("The gap of 7 days leaves out 6 rows before them.",)


@pytest.mark.parametrize("task", TASKS)
def test_test_rows_may_have_to_be_later_and_of_other_groups(task: str) -> None:
    # Each group is seen in about a fifth of the time.
    frame = _draw_frame(task, 1_000).assign(when=np.arange(1_000))
    frame["who"] = (np.arange(1_000) + np.random.default_rng(0).integers(0, 100, 1_000)) // 20
    problem = _make_problem(task, event_time="when", group="who")
    train, test, strategy, notes = _assign(frame, problem, Settings())
    assert strategy == "time"
    assert not set(frame["who"][train]) & set(frame["who"][test])
    assert frame["when"][train].max() < 800 <= frame["when"][test].min()
    lost_early, lost_late = 800 - train.sum(), 200 - test.sum()
    assert lost_early < 100
    assert lost_late < 100
    text = f"So that no 'who' is on both sides, {lost_early:,} earlier rows and {lost_late:,} later rows"
    assert notes[0].startswith(text)


def test_what_no_fold_of_the_sweep_can_learn_is_refused_before_it() -> None:
    frame = _draw_frame("multiclass").assign(at=np.arange(200))
    frame.loc[frame["y"] == "c", "y"] = "a"
    frame.loc[[159, 199], "y"] = "c"
    with pytest.raises(InvalidData, match="by 'at' with rows of class 'c' on both sides"):
        _assign(frame, _make_problem("multiclass", event_time="at"), Settings())


def test_a_class_of_one_group_in_training_is_refused() -> None:
    frame = _draw_frame("multiclass")
    frame.loc[frame["y"] == "c", "y"] = "a"
    frame.loc[frame["who"].isin([3, 4]), "y"] = "c"
    with pytest.raises(InvalidData, match="All training rows of class 'c' have one 'who'"):
        _assign(frame, _make_problem("multiclass", group="who"), Settings())
