from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.task import TASKS, TaskKind
from components._sweep.folds import FoldSet
from components._table.row_folds import choose_splits
from components.errors import InvalidData
from components.tune.folds import build_fold_set
from tests.components._model.tables import KINDS, draw_table, make_problem, make_recipe


@pytest.mark.slow_variants
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
    for (fit, score), fold in zip(choose_splits(table, data.y, question, 0).splits, data.folds, strict=True):
        own = make_recipe("binary")
        np.testing.assert_array_equal(
            own.fit_transform(table[list(KINDS)].iloc[fit], data.y[fit]), fold.X_fit
        )
        np.testing.assert_array_equal(own.transform(table[list(KINDS)].iloc[score]), fold.X_score)
        np.testing.assert_array_equal(fold.score_rows, score)
        assert fold.X_fit.dtype == np.float32
    assert not hasattr(recipe[0], "medians_")


@pytest.mark.slow_variants
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
    for (fit, _), fold in zip(choose_splits(table, data.y, question, 0).splits, data.folds, strict=True):
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


@pytest.mark.slow
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


@pytest.mark.slow_variants
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


@pytest.mark.slow_variants
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
    question = make_problem("regression", event_time="when", gap=200)
    with pytest.raises(InvalidData, match=r"cannot be split into folds by 'when'\.\n.*shorten the gap"):
        choose_splits(table, table["y"].to_numpy(), question, 0)
