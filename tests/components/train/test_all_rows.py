from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._estimators.binned_boosting import RowPart
from components._problem.spec import Problem
from components._recipe.recipe import fit_recipe
from components._table.row_sample import RowSample
from components._table.storage import read_frame
from components._table.target import encode_target
from components.train.all_rows import AllRows
from tests.components._model.tables import KINDS, make_problem, make_recipe
from tests.components.train.large import N_OTHERS, N_SAMPLED, draw_large_table
from tests.tables import write_frame

ALL_LEVELS = 250


def _write(folder: Path, table: pd.DataFrame, numbers: np.ndarray) -> tuple[str, str]:
    kinds: Any = {**KINDS, "y": "string", "weight": "float"}
    train, sample = str(folder / "train"), str(folder / "sample")
    write_frame(table, kinds, train)
    write_frame(table.iloc[numbers], kinds, sample)
    RowSample(numbers).save(sample)
    return train, sample


def _assign(
    folder: Path, table: pd.DataFrame | None = None, problem: Problem | None = None, seed: int = 0
) -> AllRows:
    drawn, numbers = draw_large_table("binary")
    train, sample = _write(folder, drawn if table is None else table, numbers)
    problem = problem or make_problem("binary")
    frame = read_frame(sample)
    recipe = make_recipe("binary")
    fit_recipe(recipe, frame, encode_target(frame["y"], problem), make_problem("binary"))
    return AllRows.assign(train, sample, frame, problem, recipe, seed)


def _join(parts: list[RowPart]) -> np.ndarray:
    return np.concatenate([part.X for part in parts])


def test_each_row_is_sampled_kept_out_or_learnt_from(tmp_path: Path) -> None:
    rows = _assign(tmp_path)
    stopping, judged = rows.read_stopping_rows(), rows.read_judged_rows()
    assert stopping is not None
    assert judged is not None
    kept_out = len(stopping.y) + len(judged.y)
    # A tenth, half of it for each.
    assert 0.07 * N_OTHERS < kept_out < 0.13 * N_OTHERS
    assert 0.35 < len(stopping.y) / kept_out < 0.65
    assert rows.n_rows == N_SAMPLED + N_OTHERS
    assert rows.n_to_learn == rows.n_rows - kept_out
    assert rows.count(ALL_LEVELS) == rows.n_to_learn - N_SAMPLED


def test_rows_are_those_of_the_table_as_the_recipe_transforms_new_rows(tmp_path: Path) -> None:
    rows = _assign(tmp_path)
    table, numbers = draw_large_table("binary")
    chosen = table[rows.uses < ALL_LEVELS]
    assert not chosen.index.isin(numbers).any()
    parts = list(rows.iterate(ALL_LEVELS))
    expected = np.asarray(rows.recipe.transform(chosen[list(KINDS)]), np.float32)
    np.testing.assert_array_equal(_join(parts), expected)
    y = np.concatenate([part.y for part in parts])
    np.testing.assert_array_equal(y, encode_target(chosen["y"], make_problem("binary")))


@pytest.mark.parametrize("most", [0, N_SAMPLED, 800, 1_200, 10_000])
def test_a_limit_leaves_rows_out_whose_chance_does_not_depend_on_their_place(
    tmp_path: Path, most: int
) -> None:
    rows = _assign(tmp_path)
    levels = rows.choose_levels(most)
    taken = rows.count(levels)
    expected = min(max(most - N_SAMPLED, 0), rows.n_to_learn - N_SAMPLED)
    # A level has about six rows.
    assert expected - 20 <= taken <= expected
    places = np.flatnonzero(rows.uses < levels) / rows.n_rows
    if taken > 300:
        assert abs(places.mean() - 0.5) < 3 * np.sqrt(1 / 12 / taken)
    assert len(_join(list(rows.iterate(levels)))) == taken if taken else True


def test_copies_of_a_row_are_kept_out_together(tmp_path: Path) -> None:
    table, numbers = draw_large_table("binary")
    others = np.setdiff1d(np.arange(len(table)), numbers)
    # Each second row is a copy of the one before.
    table.iloc[others[1::2]] = table.iloc[others[::2]].to_numpy()
    table["since"] = table["since"].astype("datetime64[us]")
    uses = _assign(tmp_path, table).uses
    np.testing.assert_array_equal(uses[others[::2]], uses[others[1::2]])


def test_rows_of_few_values_are_kept_out_one_by_one(tmp_path: Path) -> None:
    table, numbers = draw_large_table("binary")
    others = np.setdiff1d(np.arange(len(table)), numbers)
    for name in KINDS.keys() - {"visits"}:
        table[name] = table[name].iloc[0]
    uses = _assign(tmp_path, table).uses
    assert len(np.unique(uses[others])) > 200


def test_the_files_of_a_table_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    expected = _assign(tmp_path / "one").uses
    monkeypatch.setattr("components._table.storage._HASH_ROWS", 100)
    monkeypatch.setattr("components._table.storage._PART_ROWS", 300)
    np.testing.assert_array_equal(_assign(tmp_path / "many").uses, expected)
    assert len(list((tmp_path / "many" / "train").iterdir())) == 6


@pytest.mark.parametrize("settings", [{"event_time": "since"}, {"group": "city"}])
def test_rows_at_random_are_not_like_later_rows_or_new_groups(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    rows = _assign(tmp_path, problem=make_problem("binary", **settings))
    assert not rows.has_stopping_rows
    assert rows.read_judged_rows() is None
    assert rows.n_to_learn == rows.n_rows


def test_weights_are_in_the_unit_of_those_of_the_sample(tmp_path: Path) -> None:
    table, numbers = draw_large_table("binary")
    table["weight"] = np.linspace(1.0, 3.0, len(table))
    rows = _assign(tmp_path, table, make_problem("binary", weight="weight"))
    weights = np.concatenate([part.weights for part in rows.iterate(ALL_LEVELS) if part.weights is not None])
    expected = table["weight"] / table["weight"].iloc[numbers].mean()
    np.testing.assert_allclose(weights, expected[rows.uses < ALL_LEVELS])


def test_a_recipe_is_not_changed(tmp_path: Path) -> None:
    rows = _assign(tmp_path)
    assert isinstance(rows.recipe, Pipeline)
    before = _join(list(rows.iterate(ALL_LEVELS)))
    np.testing.assert_array_equal(before, _join(list(rows.iterate(ALL_LEVELS))))
