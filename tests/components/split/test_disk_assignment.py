"""That a table is split alike with its rows in memory and on disk, through the stage's own run."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.quarantine import SetAside, write_quarantine
from components._table.storage import open_table, write_table
from components.errors import InvalidData
from components.split.run import Settings, run
from tests.row_masks import make_mask

N = 500
BINARY = {
    "target": "y",
    "task": "binary",
    "metric": "roc_auc",
    "classes": ["no", "yes"],
    "positive_label": "no",
}
REGRESSION = {"target": "price", "task": "regression", "metric": "r2"}


def _make_table(seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "row": range(N),
            "who": [f"é{x}" for x in np.minimum(random.pareto(0.7, N), 200).astype(int)],
            "when": pa.array(random.integers(0, 90, N) * 86_400_000_000, pa.timestamp("us")),
            "step": random.integers(0, 400, N) / 4,
            "part": random.choice(["train", "Test", "validation"], N, p=[0.6, 0.3, 0.1]),
            "y": pa.array(random.choice(["no", "yes"], N, p=[0.8, 0.2]), mask=random.random(N) < 0.1),
            "price": np.round(random.lognormal(size=N), 2),
        }
    )


def _split(table: pa.Table, folder: Path, details: dict[str, Any], **more: Any) -> dict[str, Any]:
    folder.mkdir()
    write_table(table.to_batches(), table.schema, folder / "dataset")
    Problem.from_settings(details).save(folder / "problem")
    paths: dict[str, Any] = {
        name: str(folder / name) for name in ("dataset", "problem", "train", "test", "sample")
    }
    return run(**paths, source={}, settings=Settings(seed=3), **more)


ROLES: dict[str, dict[str, Any]] = {
    "group": {"group": "who"},
    "time": {"event_time": "when"},
    "number": {"event_time": "step", "gap": 2.5},
    "gap": {"event_time": "when", "gap": "5 days"},
    "time and group": {"event_time": "when", "gap": "1 day", "group": "who"},
    "column": {"split_column": "part", "group": "who", "event_time": "step"},
}


@pytest.mark.slow_variants
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("target", [BINARY, REGRESSION], ids=["binary", "regression"])
def test_rows_on_disk_are_split_as_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, target: dict[str, Any]
) -> None:
    table, details = _make_table(), target | ROLES[role]
    expected = _split(table, tmp_path / "memory", details)
    monkeypatch.setattr("components.split.run._ROW_BYTES", 10**10)
    assert _split(table, tmp_path / "disk", details) == expected


@pytest.mark.parametrize("details", [{}, {"group": "who", "event_time": "when"}])
def test_a_test_table_on_disk_is_compared_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, details: dict[str, Any]
) -> None:
    table, own = _make_table(), _make_table().slice(100, 50)
    write_table(own.to_batches(), own.schema, tmp_path / "own")
    rows = SetAside("test", own.to_batches(), make_mask([7], 50), lambda found: ["x"] * found.num_rows)
    write_quarantine([rows], table.schema, tmp_path / "quarantine")
    more = {"own_test": str(tmp_path / "own"), "quarantine": str(tmp_path / "quarantine")}
    expected = _split(table, tmp_path / "memory", BINARY | details, **more)
    assert expected["test"]["notes"]
    monkeypatch.setattr("components.split.run._ROW_BYTES", 10**10)
    assert _split(table, tmp_path / "disk", BINARY | details, **more) == expected


@pytest.mark.parametrize(
    ("details", "match"),
    [
        ({"event_time": "constant"}, "time split leaves no test rows"),
        ({"event_time": "when", "gap": "200 days"}, "gap of 200 days leaves no training rows"),
        ({"split_column": "y2"}, r"does not name the part of every row: 'maybe', empty cells\."),
        ({"split_column": "row"}, r"it has more than 100 different values, such as 0, 1, 3, 5, 6\."),
        ({"split_column": "part", "classes": ["no", "yes", "x"], "task": "multiclass"}, "of class 'x'"),
    ],
)
def test_a_table_that_cannot_be_split_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, details: dict[str, Any], match: str
) -> None:
    monkeypatch.setattr("components.split.run._ROW_BYTES", 10**10)
    monkeypatch.setattr("components.split.disk_assignment._MOST_PARTS", 100)
    table = _make_table().append_column("constant", pa.array([1] * N))
    table = table.append_column("y2", pa.array(["train", "maybe", None, "test", "train"] * (N // 5)))
    settings = {**BINARY, **details}
    if settings["task"] == "multiclass":
        settings |= {"metric": "log_loss", "positive_label": None}
    with pytest.raises(InvalidData, match=match):
        _split(table, tmp_path / "disk", settings)


def test_groups_that_do_not_fit_are_chosen_by_their_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.split.run._ROW_BYTES", 10**10)
    monkeypatch.setattr("components.split.counted_choice._PAIR_BYTES", 10**10)
    facts = _split(_make_table(), tmp_path / "disk", BINARY | {"group": "who"})
    train, test = (open_table(tmp_path / "disk" / side).to_table() for side in ("train", "test"))
    assert not set(train["who"].to_pylist()) & set(test["who"].to_pylist())
    (note,) = facts["train"]["notes"]
    assert "the groups are too many for the memory" in note
    assert facts["train"]["strategy"] == "group"


def test_groups_by_time_that_do_not_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.split.run._ROW_BYTES", 10**10)
    monkeypatch.setattr("components.split.counted_choice._PAIR_BYTES", 10**10)
    with pytest.raises(InvalidData, match=r"groups of 'who' are too many .*\nRaise MEMORY"):
        _split(_make_table(), tmp_path / "disk", BINARY | {"group": "who", "event_time": "when"})
