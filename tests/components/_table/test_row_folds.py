from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._problem.task import TASKS, TaskKind
from components._table.row_folds import choose_splits, describe_left_out, split_rows
from components._table.target import encode_target
from components._table.time_folds import Split
from components.errors import InvalidData
from tests.components._model.tables import draw_table, make_problem


def _split(
    table: pd.DataFrame, question: Problem, seed: int = 0, n_folds: int = 5, repeats: int = 1
) -> list[Split]:
    y = encode_target(table["y"], question)
    return split_rows(table, y, question, n_folds, repeats, seed)


@pytest.mark.parametrize("kind", TASKS)
def test_random_folds_score_every_row_once_and_fit_on_all_others(kind: TaskKind) -> None:
    splits = _split(draw_table(kind, 2_100), make_problem(kind))
    assert len(splits) == 5
    np.testing.assert_array_equal(np.sort(np.concatenate([score for _, score in splits])), np.arange(2_100))
    for fit, score in splits:
        np.testing.assert_array_equal(np.union1d(fit, score), np.arange(2_100))
        assert np.intersect1d(fit, score).size == 0


def test_random_folds_keep_the_shares_of_the_classes() -> None:
    table = pd.DataFrame({"x": np.arange(100), "y": ["left"] * 20 + ["stayed"] * 80})
    for _, score in _split(table, make_problem("binary")):
        assert (table["y"].iloc[score] == "left").sum() == 4


def test_the_same_seed_cuts_alike_and_another_differently() -> None:
    table, question = draw_table("regression", 60), make_problem("regression")
    same, again, other = (_split(table, question, seed)[0][1].tolist() for seed in (1, 1, 2))
    assert same == again != other


def test_equal_rows_fall_into_one_fold() -> None:
    half = draw_table("binary", 60)
    table = pd.concat([half, half], ignore_index=True)
    for fit, score in _split(table, make_problem("binary")):
        assert set(fit % 60).isdisjoint(score % 60)


def test_groups_fall_into_one_fold() -> None:
    table = draw_table("binary", 120).assign(customer=[f"c{i % 17}" for i in range(120)])
    splits = _split(table, make_problem("binary", group="customer"))
    assert len(splits) == 5
    for fit, score in splits:
        assert set(table["customer"].iloc[fit]).isdisjoint(table["customer"].iloc[score])
        assert table["y"].iloc[fit].nunique() == table["y"].iloc[score].nunique() == 2


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_folds_by_group_have_the_same_rows_of_each_class(kind: TaskKind) -> None:
    rng = np.random.default_rng(0)
    # From groups of one row to groups of hundreds; most are of one class.
    customers = (2_000 * rng.random(20_000) ** 3).astype(int)
    table = draw_table(kind, 20_000).sort_values("y", ignore_index=True).assign(customer=customers)
    table["customer"] = np.where(rng.random(20_000) < 0.7, table["customer"], table.index // 8 + 2_000)
    splits = _split(table, make_problem(kind, group="customer"))
    assert len(splits) == 5
    for label, n_rows in table["y"].value_counts().items():
        counts = [int((table["y"].iloc[score] == label).sum()) for _, score in splits]
        np.testing.assert_allclose(counts, n_rows / 5, rtol=0.02)


@pytest.mark.parametrize("kind", TASKS)
def test_the_fold_of_a_group_does_not_depend_on_the_order_of_the_rows(kind: TaskKind) -> None:
    table = draw_table(kind, 600).assign(customer=np.arange(600) % 97)
    shuffled = table.sample(frac=1.0, random_state=0)
    question = make_problem(kind, group="customer")
    for (_, score), (_, moved) in zip(_split(table, question), _split(shuffled, question), strict=True):
        assert set(table["customer"].iloc[score]) == set(shuffled["customer"].iloc[moved])


def test_a_class_without_rows_and_large_groups_leave_no_fold_empty() -> None:
    table = pd.DataFrame({"y": ["a", "c"] * 50, "customer": [0] * 90 + list(range(1, 11))})
    splits = _split(table, make_problem("multiclass", group="customer"))
    assert len(splits) == 5
    assert sorted(len(score) for _, score in splits)[-1] == 90


def test_fewer_groups_than_folds_make_fewer_folds() -> None:
    table = draw_table("regression", 30).assign(customer=np.arange(30) % 3)
    splits = _split(table, make_problem("regression", group="customer"))
    assert {len(np.unique(table["customer"].iloc[fit])) for fit, _ in splits} == {2}


@pytest.mark.parametrize("n_moments", [2, 3, 7, 60])
def test_by_time_each_fold_scores_on_what_comes_after_all_it_fits_on(n_moments: int) -> None:
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(60) * 11 % n_moments, unit="D")
    table = draw_table("regression", 60).assign(bought=moments)
    splits = _split(table, make_problem("regression", event_time="bought"))
    assert 1 <= len(splits) <= 5
    for fit, score in splits:
        assert table["bought"].iloc[fit].max() < table["bought"].iloc[score].min()
    scored = np.concatenate([score for _, score in splits])
    assert np.unique(scored).size == scored.size
    # The latest rows are the likest to those to come.
    assert table["bought"].iloc[scored].max() == table["bought"].max()


@pytest.mark.parametrize("kind", TASKS)
def test_later_rows_of_other_groups_are_scored_after_a_gap(kind: TaskKind) -> None:
    table = draw_table(kind, 3_000)
    table["when"] = pd.date_range("2026-01-01", periods=3_000, freq="h")
    rng = np.random.default_rng(0)
    table["of"] = (np.arange(3_000) + rng.integers(0, 300, 3_000)) // 30
    question = make_problem(kind, event_time="when", group="of", gap="2 days")
    splits = _split(table, question)
    assert len(splits) == 5
    for fit, score in splits:
        assert not set(table["of"][fit]) & set(table["of"][score])
        assert table["when"][score].min() - table["when"][fit].max() >= pd.Timedelta(days=2)
    (note,) = describe_left_out(splits, table, question)
    assert note.startswith("For the gap of 2 days and different 'of', the folds leave out ")
    n_used = sum(len(fit) + len(score) for fit, score in splits)
    left_out = 1 - n_used / sum(int(score.max()) + 1 for _, score in splits)
    assert note.endswith(f" {left_out:.1%} of their rows.")
    assert 0 < left_out < 0.3


def test_folds_that_leave_nothing_out_have_no_notes() -> None:
    table = draw_table("binary", 600).assign(when=range(600), of=range(600))
    for settings in ({}, {"group": "of"}, {"event_time": "when"}):
        question = make_problem("binary", **settings)
        assert describe_left_out(_split(table, question), table, question) == []


@pytest.mark.parametrize("settings", [{}, {"group": "of"}])
def test_each_repeat_cuts_all_rows_into_other_folds(settings: dict[str, str]) -> None:
    table = draw_table("binary", 120).assign(of=np.arange(120) // 2)
    splits = _split(table, make_problem("binary", **settings), n_folds=4, repeats=3)
    assert len(splits) == 12
    for start in (0, 4, 8):
        scored = np.concatenate([score for _, score in splits[start : start + 4]])
        np.testing.assert_array_equal(np.sort(scored), np.arange(120))
    assert len({score.tobytes() for _, score in splits}) == 12


def test_by_time_rows_are_cut_once() -> None:
    table = draw_table("regression", 60).assign(when=range(60))
    question = make_problem("regression", event_time="when")
    splits = _split(table, question, n_folds=4, repeats=3)
    assert [score.tolist() for _, score in splits] == [
        list(range(start, start + 12)) for start in (12, 24, 36, 48)
    ]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("regression", {"event_time": "when", "gap": 200}),
        ("regression", {"event_time": "once"}),
        ("regression", {"event_time": "once", "group": "one"}),
        ("regression", {"group": "one"}),
        ("binary", {"group": "one"}),
        ("binary", {"event_time": "when", "group": "one"}),
    ],
)
def test_rows_that_cannot_be_split_give_no_folds(kind: TaskKind, settings: dict[str, str | int]) -> None:
    table = draw_table(kind, 100).assign(when=range(100), once=3, one="g")
    assert _split(table, make_problem(kind, **settings)) == []


def _choose(table: pd.DataFrame, question: Problem, seed: int = 0) -> list[Split]:
    return choose_splits(table, encode_target(table["y"], question), question, seed).splits


def _draw_frame(y: list[Any], **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(len(y)), **columns, "y": y})


@pytest.mark.parametrize(
    ("n_rows", "repeats"), [(100, 3), (500, 3), (501, 2), (2_000, 2), (2_001, 1), (10_000, 1)]
)
@pytest.mark.parametrize("settings", [{}, {"group": "of"}])
def test_few_rows_are_cut_several_times(n_rows: int, repeats: int, settings: dict[str, str]) -> None:
    y = np.arange(n_rows) / 7
    table = pd.DataFrame({"x": np.arange(n_rows), "of": np.arange(n_rows), "y": y})
    splits = _choose(table, make_problem("regression", **settings))
    assert len(splits) == 5 * repeats
    for i in range(repeats):
        partition = [score for _, score in splits[i * 5 : (i + 1) * 5]]
        np.testing.assert_array_equal(np.sort(np.concatenate(partition)), np.arange(n_rows))
    assert len({score.tobytes() for _, score in splits}) == 5 * repeats


@pytest.mark.parametrize(("n_rows", "n_folds"), [(15_000, 4), (30_000, 2), (60_000, 1)])
@pytest.mark.parametrize("settings", [{}, {"group": "of"}, {"event_time": "of"}])
def test_many_rows_are_scored_in_the_last_folds_only(
    n_rows: int, n_folds: int, settings: dict[str, str]
) -> None:
    table = pd.DataFrame({"x": np.arange(n_rows), "of": np.arange(n_rows), "y": np.arange(n_rows) / 7})
    splits = _choose(table, make_problem("regression", **settings))
    assert len(splits) == n_folds
    scored = np.concatenate([score for _, score in splits])
    assert np.unique(scored).size == scored.size
    assert n_rows / 7 * n_folds < scored.size < n_rows / 4 * n_folds
    if "event_time" in settings:
        # The latest rows are the likest to those to come.
        assert scored.max() == n_rows - 1


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("by", [None, "group", "event_time"])
def test_of_very_many_rows_one_fold_is_held_out(kind: TaskKind, by: str | None) -> None:
    n_rows = 200_001
    labels: dict[str, list[Any]] = {
        "binary": ["left", "stayed"],
        "multiclass": ["a", "b", "c"],
        "regression": [0.5, 1.5, 2.5],
    }
    y = np.array(labels[kind], dtype=object)[np.arange(n_rows) % len(labels[kind])]
    table = pd.DataFrame({"x": np.arange(n_rows), "by": np.arange(n_rows) // 700, "y": y})
    ((fit, score),) = _choose(table, make_problem(kind, **({by: "by"} if by else {})))
    assert np.intersect1d(fit, score).size == 0
    assert n_rows / 7 < len(score) < n_rows / 4
    assert len(fit) + len(score) == n_rows
    if by == "event_time":
        assert fit.max() < score.min()


def test_by_time_few_rows_are_cut_once() -> None:
    assert (
        len(
            _choose(
                _draw_frame([0.5, 1.5] * 30, at=list(range(60))), make_problem("regression", event_time="at")
            )
        )
        == 5
    )


def test_folds_in_which_nothing_can_be_learned_are_left_out() -> None:
    table = _draw_frame([0.5] * 30 + [1.5, 2.5] * 15, at=list(range(60)))
    splits = _choose(table, make_problem("regression", event_time="at"))
    assert 1 <= len(splits) < 5
    for rows in (rows for split in splits for rows in split):
        assert table["y"].iloc[rows].nunique() > 1


def test_folds_without_every_class_are_left_out() -> None:
    # All of class c is late, so that the early folds cannot learn it.
    y = ["a", "b"] * 20 + ["a", "b", "c", "c"] * 10
    table = _draw_frame(y, at=list(range(80)))
    splits = _choose(table, make_problem("multiclass", event_time="at"))
    assert 1 <= len(splits) < 5
    for rows in (rows for split in splits for rows in split):
        assert set(table["y"].iloc[rows]) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("kind", "table", "settings", "message"),
    [
        (
            "binary",
            _draw_frame(["left"] + ["stayed"] * 9),
            {},
            "10 training rows cannot be split into folds with rows of class 'left'",
        ),
        ("regression", _draw_frame([1.5]), {}, "'y' has only one value in 1 training row: 1.5"),
        (
            "regression",
            _draw_frame([1.5, 2.5], at=[3, 3]),
            {"event_time": "at"},
            "cannot be split into folds by 'at'",
        ),
        (
            "regression",
            _draw_frame([1.5, 2.5], of=["u", "u"]),
            {"group": "of"},
            "cannot be split into folds by 'of'",
        ),
        (
            "binary",
            _draw_frame(["left", "left", "stayed", "stayed"], at=[1, 2, 3, 4]),
            {"event_time": "at"},
            "by 'at' with rows of class .* on both sides",
        ),
        (
            "binary",
            _draw_frame(["left"] * 4 + ["stayed"] * 4, of=list("uuuuvvvv")),
            {"group": "of"},
            "by 'of' with rows of class .* on both sides",
        ),
    ],
)
def test_rows_that_cannot_be_split_are_refused(
    kind: TaskKind, table: pd.DataFrame, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidData, match=message):
        _choose(table, make_problem(kind, **settings))
