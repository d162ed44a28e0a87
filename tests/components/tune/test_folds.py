from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._problem.task import TASKS, TaskKind
from components._sweep.folds import FoldSet
from components._table.row_folds import Split
from components._table.target import encode_target
from components.errors import InvalidData
from components.tune.folds import build_fold_set, choose_splits
from tests.components._model.tables import KINDS, draw_table, make_problem, make_recipe


def _split(table: pd.DataFrame, question: Problem, seed: int = 0) -> list[Split]:
    return choose_splits(table, encode_target(table["y"], question), question, seed)


def _draw_frame(y: list[Any], **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(len(y)), **columns, "y": y})


@pytest.mark.parametrize(
    ("n_rows", "repeats"), [(100, 3), (500, 3), (501, 2), (2_000, 2), (2_001, 1), (10_000, 1)]
)
@pytest.mark.parametrize("settings", [{}, {"group": "of"}])
def test_few_rows_are_cut_several_times(n_rows: int, repeats: int, settings: dict[str, str]) -> None:
    y = np.arange(n_rows) / 7
    table = pd.DataFrame({"x": np.arange(n_rows), "of": np.arange(n_rows), "y": y})
    splits = _split(table, make_problem("regression", **settings))
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
    splits = _split(table, make_problem("regression", **settings))
    assert len(splits) == n_folds
    scored = np.concatenate([score for _, score in splits])
    assert np.unique(scored).size == scored.size
    assert n_rows / 7 * n_folds < scored.size < n_rows / 4 * n_folds
    if "event_time" in settings:
        # The latest rows are the likest to those to come.
        assert scored.max() == n_rows - 1


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
    ((fit, score),) = _split(table, make_problem(kind, **({by: "by"} if by else {})))
    assert np.intersect1d(fit, score).size == 0
    assert n_rows / 7 < len(score) < n_rows / 4
    assert len(fit) + len(score) == n_rows
    if by == "event_time":
        assert fit.max() < score.min()


def test_by_time_few_rows_are_cut_once() -> None:
    assert (
        len(
            _split(
                _draw_frame([0.5, 1.5] * 30, at=list(range(60))), make_problem("regression", event_time="at")
            )
        )
        == 5
    )


def test_folds_in_which_nothing_can_be_learned_are_left_out() -> None:
    table = _draw_frame([0.5] * 30 + [1.5, 2.5] * 15, at=list(range(60)))
    splits = _split(table, make_problem("regression", event_time="at"))
    assert 1 <= len(splits) < 5
    for rows in (rows for split in splits for rows in split):
        assert table["y"].iloc[rows].nunique() > 1


def test_folds_without_every_class_are_left_out() -> None:
    # All of class c is late, so that the early folds cannot learn it.
    y = ["a", "b"] * 20 + ["a", "b", "c", "c"] * 10
    table = _draw_frame(y, at=list(range(80)))
    splits = _split(table, make_problem("multiclass", event_time="at"))
    assert 1 <= len(splits) < 5
    for rows in (rows for split in splits for rows in split):
        assert set(table["y"].iloc[rows]) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("kind", "table", "settings", "message"),
    [
        ("binary", _draw_frame(["left"] + ["stayed"] * 9), {}, "10 training rows .* every class of 'y'"),
        ("regression", _draw_frame([1.5]), {}, "The 1 training rows cannot be split into folds"),
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
            "cannot be split into folds by 'at' with every class",
        ),
        (
            "binary",
            _draw_frame(["left"] * 4 + ["stayed"] * 4, of=list("uuuuvvvv")),
            {"group": "of"},
            "cannot be split into folds by 'of' with every class",
        ),
    ],
)
def test_rows_that_cannot_be_split_are_refused(
    kind: TaskKind, table: pd.DataFrame, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidData, match=message):
        _split(table, make_problem(kind, **settings))


@pytest.mark.parametrize("kind", TASKS)
def test_nothing_of_the_rows_to_score_on_reaches_what_is_fitted(kind: TaskKind) -> None:
    table, question = draw_table(kind), make_problem(kind, event_time="visited")
    table["visited"] = np.arange(len(table))
    recipe = make_recipe(kind)
    before = build_fold_set(table, question, recipe, seed=0, budget_seconds=600.0)
    for i, fold in enumerate(before.folds):
        wild = table.copy()
        rows = wild.index[fold.score_rows]
        wild.loc[rows, "amount"] = 1e9
        wild.loc[rows, ["city", "product"]] = "unheard of"
        wild.loc[rows, "since"] = pd.Timestamp("2200-01-01")
        # The same targets in another order: the fold still has every class.
        wild.loc[rows, "y"] = wild.loc[rows, "y"].to_numpy()[::-1]
        after = build_fold_set(wild, question, recipe, seed=0, budget_seconds=600.0).folds[i]
        np.testing.assert_array_equal(after.X_fit, fold.X_fit)
        np.testing.assert_array_equal(after.y_fit, fold.y_fit)
        assert not np.array_equal(after.X_score, fold.X_score)


def test_matrices_hold_what_the_recipe_makes_of_the_folds_own_rows() -> None:
    table, question = draw_table("binary"), make_problem("binary")
    recipe = make_recipe("binary")
    data = build_fold_set(table, question, recipe, seed=0, budget_seconds=600.0)
    for (fit, score), fold in zip(_split(table, question), data.folds, strict=True):
        own = make_recipe("binary")
        np.testing.assert_array_equal(
            own.fit_transform(table[list(KINDS)].iloc[fit], data.y[fit]), fold.X_fit
        )
        np.testing.assert_array_equal(own.transform(table[list(KINDS)].iloc[score]), fold.X_score)
        np.testing.assert_array_equal(fold.score_rows, score)
        assert fold.X_fit.dtype == np.float32
    assert not hasattr(recipe[0], "medians_")


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_each_fold_knows_which_of_its_own_features_are_monotonic(kind: TaskKind) -> None:
    table = draw_table(kind)
    # Constant but for some rows: a fold that scores on them has no such feature.
    table["visits"] = np.where(np.arange(len(table)) < 3, 1, 0)
    question = make_problem(
        kind, monotonic={"amount": "rising", "visits": "falling", "amount_is_null": "falling"}
    )
    recipe = make_recipe(kind)
    data = build_fold_set(table, question, recipe, seed=0, budget_seconds=600.0)
    assert data.facts.is_monotonic
    seen = set()
    for (fit, _), fold in zip(_split(table, question), data.folds, strict=True):
        own = make_recipe(kind)
        own.fit_transform(table[list(KINDS)].iloc[fit], data.y[fit])
        names = own.get_feature_names_out().tolist()
        ways = {"amount": 1, "visits": -1, "amount_is_null": -1}
        assert fold.monotonic.tolist() == [ways.get(name, 0) for name in names]
        assert fold.monotonic.shape == fold.X_fit.shape[1:]
        seen.add(tuple(fold.monotonic.tolist()))
    # The indicator of a missing amount has another name, because that name was taken.
    assert len(seen) > 1


def test_folds_of_a_problem_without_monotonic_columns_are_free() -> None:
    data = build_fold_set(
        draw_table("binary"), make_problem("binary"), make_recipe("binary"), seed=0, budget_seconds=600.0
    )
    assert not any(fold.monotonic.any() for fold in data.folds)
    assert not data.facts.is_monotonic


def test_the_digest_changes_with_the_problem_the_seed_and_the_targets_only(tmp_path: Path) -> None:
    table, recipe = draw_table("binary"), make_recipe("binary")
    flipped = table.assign(y=table["y"].replace({"left": "stayed", "stayed": "left"}))

    def compute_digest(name: str, frame: pd.DataFrame = table, seed: int = 0, **settings: Any) -> str:
        build_fold_set(frame, make_problem("binary", **settings), recipe, seed, 600.0).save(tmp_path / name)
        return FoldSet.load(tmp_path / name).sha256

    first = compute_digest("first")
    assert compute_digest("again", table.copy()) == first
    others = {
        compute_digest("seed", seed=1),
        compute_digest("problem", metric="accuracy"),
        compute_digest("targets", flipped),
        compute_digest("monotonic", monotonic={"amount": "rising"}),
    }
    assert len(others | {first}) == 5


def _build_for(seconds: float, n_folds: int | None = None) -> FoldSet:
    """Return the folds of 3,000 rows, which are cut five times."""
    table = draw_table("binary", 3_000)
    return build_fold_set(table, make_problem("binary"), make_recipe("binary"), 0, seconds, n_folds)


@pytest.fixture(scope="module")
def whole() -> FoldSet:
    """The folds of a sweep with time enough."""
    return _build_for(3_600.0)


def test_a_short_budget_leaves_the_last_folds(whole: FoldSet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(whole.folds) == 5
    monkeypatch.setattr("components.tune.time_planner._PROCESSORS", 0.05)
    short = _build_for(60.0)
    assert 1 <= len(short.folds) < 5
    for fold, same in zip(short.folds, whole.folds[-len(short.folds) :], strict=True):
        np.testing.assert_array_equal(fold.score_rows, same.score_rows)
        np.testing.assert_array_equal(fold.X_fit, same.X_fit)
    assert short.plan.fit_seconds < whole.plan.fit_seconds
    np.testing.assert_array_equal(
        short.scored_rows, np.sort(np.concatenate([fold.score_rows for fold in short.folds]))
    )


@pytest.mark.parametrize("kind", TASKS)
def test_folds_built_side_by_side_are_those_built_one_by_one(
    kind: TaskKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    for processes in (1, 3):
        monkeypatch.setattr("components.tune.folds.count_cpus", lambda n=processes: n)
        built.append(build_fold_set(draw_table(kind), make_problem(kind), make_recipe(kind), 0, 600.0))
    one_by_one, side_by_side = built
    assert len(side_by_side.folds) == len(one_by_one.folds) > 2
    for fold, other in zip(one_by_one.folds, side_by_side.folds, strict=True):
        for name, values in fold._asdict().items():
            np.testing.assert_array_equal(values, getattr(other, name), err_msg=name)


@pytest.mark.parametrize("n_folds", [1, 2, 4])
@pytest.mark.parametrize("seconds", [5.0, 3_600.0])
def test_a_sweep_that_goes_on_keeps_its_folds_whatever_its_time(
    n_folds: int, seconds: float, whole: FoldSet
) -> None:
    kept = _build_for(seconds, n_folds)
    assert [fold.score_rows.tolist() for fold in kept.folds] == [
        fold.score_rows.tolist() for fold in whole.folds[-n_folds:]
    ]


def test_a_gap_longer_than_all_times_leaves_no_folds() -> None:
    table = draw_table("regression", 100).assign(when=range(100))
    with pytest.raises(InvalidData, match=r"cannot be split into folds by 'when'\.\n.*shorten the gap"):
        _split(table, make_problem("regression", event_time="when", gap=200))
