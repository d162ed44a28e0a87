from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.storage import read_frame, write_table
from components.split.stratified_sample import choose_sample

BINARY = Problem.from_settings(
    {"target": "y", "task": "binary", "metric": "roc_auc", "classes": ["no", "yes"], "positive_label": "yes"}
)
REGRESSION = Problem.from_settings({"target": "y", "task": "regression", "metric": "r2"})
N = 4_000


def _make_frame(n: int = N, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    y = np.where(random.random(n) < 0.1, "yes", "no")
    return pd.DataFrame({"x": random.normal(size=n), "z": np.arange(n) % 7, "y": y})


def _write(frame: pd.DataFrame, path: Path, rows_each: int | None = None) -> str:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if rows_each is None:
        write_table(table.to_batches(), table.schema, path)
    else:
        for i, start in enumerate(range(0, len(frame), rows_each)):
            part = table.slice(start, rows_each)
            write_table(part.to_batches(), table.schema, path / f"{i:04d}")
            (path / f"{i:04d}" / "part-00000.parquet").rename(path / f"part-{i:05d}.parquet")
            (path / f"{i:04d}").rmdir()
    return str(path)


def _choose(
    frame: pd.DataFrame, folder: Path, n_rows: int, problem: Problem = BINARY, **details: Any
) -> np.ndarray:
    folder.mkdir(exist_ok=True)
    table = _write(frame, folder / "table", details.get("rows_each"))
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return choose_sample(table, problem, n_rows, details.get("seed", 0), scratch).numbers


def _list_rows(frame: pd.DataFrame) -> list[str]:
    return sorted(map(str, frame.itertuples(index=False)))


@pytest.mark.parametrize("n_rows", [400, 1_001, 3_999])
def test_each_class_has_its_share_to_a_row(tmp_path: Path, n_rows: int) -> None:
    frame = _make_frame()
    chosen = frame.iloc[_choose(frame, tmp_path, n_rows)]
    assert len(chosen) == n_rows
    share = (frame["y"] == "yes").mean()
    assert abs((chosen["y"] == "yes").sum() - share * n_rows) < 1


@pytest.mark.parametrize(("n_rare", "expected"), [(3, 3), (20, 20), (400, 20), (1_000, 25)])
def test_a_rare_class_keeps_rows_enough_for_folds(tmp_path: Path, n_rare: int, expected: int) -> None:
    frame = _make_frame().assign(y=np.where(np.arange(N) < n_rare, "yes", "no"))
    chosen = frame.iloc[_choose(frame, tmp_path, 100)]
    assert (chosen["y"] == "yes").sum() == expected
    assert len(chosen) <= 120


@pytest.mark.parametrize("kind", ["different", "pairs", "one frequent", "few"])
def test_the_rows_are_in_order_and_each_is_once(tmp_path: Path, kind: str) -> None:
    numbers = _choose(_repeat(kind), tmp_path, 500)
    assert len(numbers) == 500
    assert (np.diff(numbers) > 0).all()


def _repeat(kind: str) -> pd.DataFrame:
    frame = _make_frame()
    number = np.arange(N)
    twins = {
        "different": number,
        "pairs": number // 2 * 2,
        "one frequent": np.where(number % 3 == 0, 0, number),
        "few": number % 50,
    }[kind]
    return frame.iloc[twins].reset_index(drop=True)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["different", "pairs", "one frequent"])
@pytest.mark.parametrize("problem", [BINARY, REGRESSION], ids=["binary", "regression"])
@pytest.mark.parametrize("rows_each", [97, 4_000])
def test_neither_files_nor_the_order_of_the_rows_decide(
    tmp_path: Path, kind: str, problem: Problem, rows_each: int
) -> None:
    frame = _repeat(kind)
    if problem.kind == "regression":
        frame["y"] = frame["x"] ** 2
    expected = _list_rows(frame.iloc[_choose(frame, tmp_path / "a", 500, problem)])
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    found = shuffled.iloc[_choose(shuffled, tmp_path / "b", 500, problem, rows_each=rows_each)]
    assert _list_rows(found) == expected


def test_copies_of_a_row_are_chosen_together(tmp_path: Path) -> None:
    frame = _repeat("pairs")
    is_chosen = np.isin(np.arange(N), _choose(frame, tmp_path, 1_000))
    # At the limit of each of two classes one pair may be cut.
    assert (is_chosen[::2] != is_chosen[1::2]).sum() <= 2


def test_a_row_with_many_copies_has_its_share(tmp_path: Path) -> None:
    frame = _repeat("one frequent")
    chosen = frame.iloc[_choose(frame, tmp_path, 600)]
    is_frequent, is_chosen_frequent = (rows["x"] == frame["x"][0] for rows in (frame, chosen))
    assert abs(is_chosen_frequent.sum() - is_frequent.mean() * 600) <= 1


def test_if_most_rows_repeat_others_each_row_is_chosen_on_its_own(tmp_path: Path) -> None:
    frame = _repeat("few").assign(y=_repeat("few")["x"])
    chosen = frame.iloc[_choose(frame, tmp_path, 1_000, REGRESSION)]
    counts = chosen["x"].value_counts()
    assert len(counts) == 50
    assert counts.between(5, 40).all()


def test_the_seed_decides(tmp_path: Path) -> None:
    frame = _make_frame()
    first, again, other = (_choose(frame, tmp_path, 1_000, seed=seed) for seed in (0, 0, 1))
    assert (first == again).all()
    # Independent samples share as many rows as chance gives them.
    assert np.isin(first, other).mean() == pytest.approx(0.25, abs=0.05)


@pytest.mark.slow_variants
@pytest.mark.parametrize("problem", [BINARY, REGRESSION], ids=["binary", "regression"])
def test_every_part_of_the_table_and_of_a_column_is_chosen_alike(tmp_path: Path, problem: Problem) -> None:
    frame = _make_frame()
    if problem.kind == "regression":
        frame["y"] = frame["x"] + np.random.default_rng(2).normal(size=N)
    by_position = np.arange(N) * 20 // N
    by_value = frame["x"].rank(method="first").to_numpy(int).clip(1, N - 1) * 20 // N
    counts = np.zeros((2, 20))
    n_seeds, n_rows = 40, 800
    for seed in range(n_seeds):
        numbers = _choose(frame, tmp_path, n_rows, problem, seed=seed)
        counts += [np.bincount(by[numbers], minlength=20) for by in (by_position, by_value)]
    for by, found in zip((by_position, by_value), counts, strict=True):
        expected = n_seeds * n_rows / N * np.bincount(by, minlength=20)
        statistic = ((found - expected) ** 2 / (expected * (1 - n_rows / N))).sum()
        # The chi-squared statistic of 19 degrees of freedom exceeds this once in 10,000 tables.
        assert statistic < 50.8


def test_values_that_differ_in_type_only_are_chosen(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "large": pd.array([None, *range(2**53, 2**53 + 999)], dtype="Int64"),
            "zero": [0.0, -0.0] * 500,
            "infinite": [np.inf, -np.inf, np.nan, 1.0] * 250,
            "flag": pd.array([True, None] * 500, dtype="boolean"),
            "text": ["", "a\x00", None, "\U0001f600"] * 250,
            "nothing": pd.array([None] * 1_000, dtype="string"),
            "y": ["no", "yes"] * 500,
        }
    )
    assert len(_choose(frame, tmp_path, 300)) == 300
    assert len(read_frame(tmp_path / "table")) == 1_000
