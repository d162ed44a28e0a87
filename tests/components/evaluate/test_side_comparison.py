from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.kinds import Kind
from components.evaluate import side_comparison
from components.evaluate.side_comparison import SideComparison, compare_sides
from tests.tables import write_frame

KINDS: dict[str, Kind] = {"age": "float", "plan": "string", "who": "integer", "y": "integer"}
COLUMNS = ["age", "plan"]


def _draw_groups(seed: int, first: int) -> pd.DataFrame:
    """Return 20 rows of each of 100 people; all of one person are alike."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(first, first + 100), 20)
    return pd.DataFrame(
        {
            "age": np.repeat(random.normal(40, 10, 100), 20),
            "plan": random.choice(["basic", "plus"], 2_000),
            "who": who,
            "y": random.integers(0, 3, 2_000),
        }
    )


TRAIN, TEST = _draw_groups(0, 0), _draw_groups(1, 100)


def _compare(folder: Path, train: pd.DataFrame, test: pd.DataFrame, group: str | None) -> SideComparison:
    for name, frame in (("train", train), ("test", test)):
        write_frame(frame, KINDS, folder / name)
    problem = Problem(target="y", task="multiclass", metric="accuracy", classes=(0, 1, 2), group=group)
    return compare_sides(str(folder / "train"), str(folder / "test"), COLUMNS, problem, seed=0)


def test_rows_of_one_group_count_once(tmp_path: Path) -> None:
    apart = _compare(tmp_path / "apart", TRAIN, TEST, None)
    assert (apart.n_train, apart.n_test) == (2_000, 2_000)
    assert apart.has_difference, "20 copies of 100 ages look like a difference"
    grouped = _compare(tmp_path / "grouped", TRAIN, TEST, "who")
    assert (grouped.n_train, grouped.n_test, grouped.group) == (100, 100, "who")
    assert not grouped.has_difference


def test_of_very_many_rows_the_groups_of_some_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_comparison, "_MOST_GROUPED_ROWS", 60)
    grouped = _compare(tmp_path, TRAIN, TEST, "who")
    assert 1 < grouped.n_train <= 60
    assert not grouped.has_difference


def test_a_difference_of_the_target_is_found(tmp_path: Path) -> None:
    found = _compare(tmp_path, TRAIN, TEST.assign(y=np.where(TEST["y"] == 2, 0, TEST["y"])), "who")
    assert [(difference.column, difference.part) for difference in found.differences] == [("y", "2")]
    assert found.has_difference
