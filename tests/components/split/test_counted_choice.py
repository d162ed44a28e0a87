from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.storage import hash_rows
from components.split.assignment import compute_strata, find_latest
from components.split.counted_choice import (
    CountedRule,
    TooManyGroups,
    _find_edges,
    choose_by_groups,
    choose_by_time,
)
from components.split.settings import Settings

REGRESSION = Problem.from_settings(
    {"target": "y", "task": "regression", "metric": "r2", "event_time": "when"}
)


def _open(folder: Path, **columns: object) -> TableEngine:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), folder / "part-00000.parquet")
    engine = TableEngine(64 << 20, folder)
    engine.add_table("rows", folder)
    return engine


@pytest.mark.slow_variants
@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5])
@pytest.mark.parametrize("n", [1, 2, 7, 1_000])
@pytest.mark.parametrize("kind", ["normal", "few", "equal"])
def test_the_edges_give_the_strata_of_all_numbers_at_once(
    tmp_path: Path, kind: str, n: int, fraction: float
) -> None:
    random = np.random.default_rng(n)
    y = {
        "normal": random.normal(size=n),
        "few": random.integers(0, 4, n) / 3,
        "equal": np.zeros(n),
    }[kind]
    with _open(tmp_path / "rows", y=y) as engine:
        edges = _find_edges(engine, fraction)
    expected = compute_strata(pd.Series(y), REGRESSION, fraction)
    assert np.searchsorted(edges, y, side="left").tolist() == expected.tolist()


@pytest.mark.parametrize("kind", ["dates", "integers", "floats"])
@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.9])
def test_the_latest_rows_are_those_of_all_times_at_once(tmp_path: Path, kind: str, fraction: float) -> None:
    steps = np.random.default_rng(0).integers(0, 60, 700)
    times = {
        "dates": steps.astype("datetime64[h]").astype("datetime64[us]"),
        "integers": steps + 2**60,
        "floats": steps / 7,
    }[kind]
    with _open(tmp_path / "rows", moment=times) as engine:
        rule, notes = choose_by_time(engine, REGRESSION, Settings(fraction), 1 << 20)
    train, test = rule.choose(pa.record_batch({"moment": times}))
    assert test.tolist() == find_latest(times, fraction).tolist()
    assert train.tolist() == (~test).tolist()
    assert notes == []


def test_a_group_is_on_the_side_of_its_hash() -> None:
    rule = CountedRule(None, None, np.array([2, 5], dtype=np.uint64))
    rows = pa.record_batch({"group_hash": np.array([5, 1, 2, 9, 0], dtype=np.uint64)})
    train, test = rule.choose(rows)
    assert test.tolist() == [True, False, True, False, False]
    assert train.tolist() == (~test).tolist()


def test_groups_may_take_only_their_memory(tmp_path: Path) -> None:
    problem = Problem.from_settings({"target": "y", "task": "regression", "metric": "r2", "group": "who"})
    who = np.arange(50)
    hashes = hash_rows(pd.DataFrame({"who": who}))
    with _open(tmp_path / "rows", y=who / 7, own_group=who, group_hash=hashes) as engine:
        assert choose_by_groups(engine, problem, Settings(), 5_000).test_groups is not None
        with pytest.raises(TooManyGroups, match=r"^$"):
            choose_by_groups(engine, problem, Settings(), 4_999)


def test_far_too_many_groups_are_not_put_into_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem.from_settings(
        {"target": "y", "task": "binary", "metric": "roc_auc", "group": "who", "classes": ["a", "b"]}
    )
    who = np.arange(5_000)
    hashes = hash_rows(pd.DataFrame({"who": who}))
    with _open(tmp_path / "rows", stratum=who % 2, own_group=who, group_hash=hashes) as engine:
        monkeypatch.setattr(engine, "query", lambda *_: pytest.fail("all groups were asked for"))
        with pytest.raises(TooManyGroups, match=r"^$"):
            choose_by_groups(engine, problem, Settings(), 100_000)
