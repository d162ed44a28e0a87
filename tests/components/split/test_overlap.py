from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.storage import hash_rows
from components.split.overlap import Side, describe_overlap, find_overlap, query_overlap

TRAIN = pd.DataFrame({"x": [1.0, 2.0, None], "who": ["a", "b", None], "when": [1, 2, 3], "y": [0, 1, 0]})
COPIES = "Test rows that are also training rows: 1 of 2. The scores may be too good."
GROUPS = "Test rows whose 'who' is also in the training rows: 1 of 2."
EARLY = "Test rows that are not later than all training rows, by 'when': 2 of 2."


def _make_sides(test: pd.DataFrame) -> tuple[Side, Side]:
    hashes = hash_rows(pd.concat([TRAIN, test], ignore_index=True))
    return Side(TRAIN, hashes[: len(TRAIN)]), Side(test, hashes[len(TRAIN) :])


@pytest.mark.parametrize(
    ("test", "settings", "expected"),
    [
        ({"x": [1.0, 1.0], "who": ["a", "c"], "when": [1, 3], "y": [0, 0]}, {}, (COPIES,)),
        ({"x": [1.0, 1.0], "who": ["a", "c"], "when": [1, 3], "y": [1, 0]}, {}, ()),
        ({"x": [1.0, 1.0], "who": ["a", "c"], "when": [4, 4], "y": [0, 0]}, {"group": "who"}, (GROUPS,)),
        ({"x": [1.0, 1.0], "who": ["d", "c"], "when": [1, 3], "y": [0, 0]}, {"event_time": "when"}, (EARLY,)),
        ({"x": [9.0, 9.0], "who": ["d", "c"], "when": [4, 5], "y": [0, 0]}, {"event_time": "when"}, ()),
    ],
)
def test_what_both_sides_share_is_counted(
    test: dict[str, list[Any]], settings: dict[str, str], expected: tuple[str, ...]
) -> None:
    problem = Problem.from_settings({"target": "y", **settings})
    train_side, test_side = _make_sides(pd.DataFrame(test))
    assert describe_overlap(find_overlap(train_side, test_side, problem), problem) == expected


@pytest.mark.parametrize("n_train", [0, 1, 300])
@pytest.mark.parametrize("settings", [{}, {"group": "who"}, {"event_time": "when"}])
def test_an_engine_finds_the_same(tmp_path: Path, n_train: int, settings: dict[str, str]) -> None:
    random = np.random.default_rng(0)
    problem = Problem.from_settings({"target": "y", **settings})
    frame = pd.DataFrame({name: random.integers(0, 200, n_train + 100) for name in ("who", "when", "y")})
    hashes, who = hash_rows(frame), hash_rows(frame[["who"]])
    found = {}
    with TableEngine(64 << 20, tmp_path) as engine:
        for name, rows in (("train", slice(0, n_train)), ("test", slice(n_train, None))):
            found[name] = Side(frame[rows], hashes[rows])
            table = pa.table(
                {"row_hash": hashes[rows], "group_hash": who[rows], "moment": frame["when"][rows]}
            )
            (tmp_path / name).mkdir()
            pq.write_table(table, tmp_path / name / "part-00000.parquet")
            engine.add_table(name, tmp_path / name)
        assert query_overlap(engine, problem) == find_overlap(found["train"], found["test"], problem)
