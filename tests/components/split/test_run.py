import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.quarantine import Origin, SetAside, write_quarantine
from components._table.row_sample import RowSample
from components._table.storage import open_table, write_table
from components.errors import InvalidData
from components.memory import DEFAULT_MEMORY
from components.split.run import Settings, run
from tests.row_masks import make_mask
from tests.tables import read_kinds

N = 60
LARGE = 2**60 + 1
TABLE = pa.table(
    {
        "row": pa.array(range(N), pa.int64()),
        "number": pa.array([None if i % 5 == 0 else LARGE + i for i in range(N)], pa.int64()),
        "ratio": pa.array([None if i % 7 == 0 else i / 3 for i in range(N)], pa.float64()),
        "flag": pa.array([None if i % 6 == 0 else i % 2 == 0 for i in range(N)], pa.bool_()),
        "text": pa.array([None if i % 4 == 0 else f"t{i % 3}" for i in range(N)], pa.string()),
        "when": pa.array([i * 86_400_000_000 for i in range(N)], pa.timestamp("us")),
        "y": pa.array([None if i < 10 else ("yes" if i % 3 == 0 else "no") for i in range(N)], pa.string()),
    }
)
PROBLEM = {
    "target": "y",
    "task": "binary",
    "metric": "roc_auc",
    "classes": ["no", "yes"],
    "positive_label": "yes",
}


def _run(folder: Path, seed: int = 0, **details: Any) -> dict[str, dict[str, object]]:
    return _split(folder, details, seed)


def _split(
    folder: Path,
    details: dict[str, Any],
    seed: int = 0,
    *,
    quarantine: dict[str, Any] | None = None,
    own_test: str | None = None,
    memory: int = DEFAULT_MEMORY,
) -> dict[str, dict[str, object]]:
    paths = {name: str(folder / name) for name in ("dataset", "problem", "train", "test", "sample")}
    info = write_table(TABLE.to_batches(max_chunksize=7), TABLE.schema, paths["dataset"])
    Problem.from_settings(PROBLEM | details).save(paths["problem"])
    source = info.to_metadata() | {"source": "file.csv", "seed": 99}
    return run(
        dataset=paths["dataset"],
        problem=paths["problem"],
        train=paths["train"],
        test=paths["test"],
        sample=paths["sample"],
        source=source,
        own_test=own_test,
        quarantine=None if quarantine is None else str(folder / "quarantine"),
        quarantine_source=quarantine,
        settings=Settings(test_fraction=0.2, seed=seed),
        memory=memory,
    )


def _draw_rows(folder: Path, side: str) -> pa.Table:
    return open_table(folder / side).to_table()


@pytest.mark.parametrize("details", [{}, {"event_time": "when"}, {"group": "row"}])
def test_both_sides_together_are_the_rows_with_a_target_in_their_order(
    tmp_path: Path, details: dict[str, Any]
) -> None:
    _run(tmp_path, **details)
    train, test = _draw_rows(tmp_path, "train"), _draw_rows(tmp_path, "test")
    numbers = [side["row"].to_pylist() for side in (train, test)]
    assert all(side == sorted(side) for side in numbers)
    assert sorted(numbers[0] + numbers[1]) == list(range(10, N))
    # Every value is as it was read, integers too large for a float among them.
    assert pa.concat_tables([train, test]).sort_by("row").equals(TABLE.slice(10))


def test_the_kinds_of_the_columns_are_kept(tmp_path: Path) -> None:
    _run(tmp_path)
    kinds = read_kinds(tmp_path / "dataset")
    assert read_kinds(tmp_path / "train") == read_kinds(tmp_path / "test") == kinds


@pytest.mark.parametrize(
    ("details", "strategy"), [({}, "random"), ({"event_time": "when"}, "time"), ({"group": "row"}, "group")]
)
def test_the_metadata_tell_where_the_rows_come_from(
    tmp_path: Path, details: dict[str, Any], strategy: str
) -> None:
    facts = _run(tmp_path, seed=5, **details)
    hashes = {side: fact["sha256"] for side, fact in facts.items()}
    assert {side: fact["rows"] for side, fact in facts.items()} == {"train": 40, "test": 10, "sample": 0}
    assert hashes["train"] != hashes["test"]
    for fact in facts.values():
        assert fact["dataset_sha256"] not in hashes.values()
        assert len(str(fact["dataset_sha256"])) == 64
        assert (fact["source"], fact["strategy"], fact["seed"]) == ("file.csv", strategy, 5)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"etag": "e", "source_version": "v"}, {"etag": "e", "source_version": "v"}),
        ({"source_version": "c", "rev": "v1", "md5": "m"}, {"source_version": "c", "rev": "v1", "md5": "m"}),
        ({}, {}),
    ],
)
def test_the_version_of_the_source_is_among_the_metadata(
    tmp_path: Path, known: dict[str, str], expected: dict[str, str]
) -> None:
    _run(tmp_path)
    facts = run(
        dataset=str(tmp_path / "dataset"),
        problem=str(tmp_path / "problem"),
        train=str(tmp_path / "again"),
        test=str(tmp_path / "again-test"),
        sample=str(tmp_path / "sample"),
        source={"source": "s3://data/file.csv", **known},
        settings=Settings(),
    )
    for fact in facts.values():
        found = {name: fact[name] for name in ("source_version", "rev", "md5", "etag") if name in fact}
        assert found == expected


def test_the_same_seed_gives_the_same_rows(tmp_path: Path) -> None:
    hashes = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        hashes.append(_run(tmp_path / name, seed)["test"]["sha256"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_test_table_of_the_users_own_is_the_test_rows(tmp_path: Path) -> None:
    _run(tmp_path)
    own = TABLE.slice(10, 20).set_column(0, "row", pa.array(range(100, 120), pa.int64()))
    own = pa.concat_tables([own, TABLE.slice(0, 12)])
    write_table(own.to_batches(), TABLE.schema, tmp_path / "own")
    facts = run(
        dataset=str(tmp_path / "dataset"),
        problem=str(tmp_path / "problem"),
        train=str(tmp_path / "all"),
        test=str(tmp_path / "given"),
        sample=str(tmp_path / "sample"),
        source={"source": "file.csv"},
        settings=Settings(),
        own_test=str(tmp_path / "own"),
        test_source={"source": "test.csv", "notes": ["One column is new."]},
    )
    # Rows without a target cannot be learnt from, nor tested on.
    assert _draw_rows(tmp_path, "all").equals(TABLE.slice(10))
    assert _draw_rows(tmp_path, "given")["row"].to_pylist() == [*range(100, 120), 10, 11]
    assert (facts["test"]["strategy"], facts["test"]["test_source"]) == ("table", "test.csv")
    copies = "Test rows that are also training rows: 2 of 22. The scores may be too good."
    assert facts["train"]["notes"] == [copies, "One column is new."]


def test_an_empty_test_table_is_none(tmp_path: Path) -> None:
    facts = _run(tmp_path)
    write_table([], TABLE.schema, tmp_path / "own")
    assert facts == run(
        dataset=str(tmp_path / "dataset"),
        problem=str(tmp_path / "problem"),
        train=str(tmp_path / "train"),
        test=str(tmp_path / "test"),
        sample=str(tmp_path / "sample"),
        source={"source": "file.csv", "sha256": facts["train"]["dataset_sha256"]},
        settings=Settings(test_fraction=0.2, seed=0),
        own_test=str(tmp_path / "own"),
        test_source={},
    )


def test_rows_that_are_set_aside_are_on_neither_side_and_counted(tmp_path: Path) -> None:
    is_set_aside = make_mask([0, 20, 45], N)
    rows = SetAside("source", TABLE.to_batches(), is_set_aside, lambda found: ["x"] * found.num_rows)
    info = write_quarantine([rows], TABLE.schema, tmp_path / "quarantine")
    metadata = {**info.to_metadata(), "rows": 3.0, "expectations_sha256": "abc"}
    facts = _split(tmp_path, {}, quarantine=metadata)
    drawn = [row for side in ("train", "test") for row in _draw_rows(tmp_path, side)["row"].to_pylist()]
    assert sorted(drawn) == [row for row in range(10, N) if row not in (20, 45)]
    for side in ("train", "test"):
        assert (facts[side]["rows_set_aside"], facts[side]["expectations_sha256"]) == (3, "abc")


def test_an_own_test_table_loses_its_own_rows(tmp_path: Path) -> None:
    write_table(TABLE.to_batches(), TABLE.schema, tmp_path / "own_test")
    origins: dict[Origin, int] = {"source": 30, "test": 40}
    tables = [
        SetAside(origin, TABLE.to_batches(), make_mask([row], N), lambda found: ["x"] * found.num_rows)
        for origin, row in origins.items()
    ]
    info = write_quarantine(tables, TABLE.schema, tmp_path / "quarantine")
    _split(tmp_path, {}, quarantine=info.to_metadata(), own_test=str(tmp_path / "own_test"))
    for side, row in (("train", 30), ("test", 40)):
        drawn = _draw_rows(tmp_path, side)["row"].to_pylist()
        assert drawn == [other for other in range(10, N) if other != row]


def test_without_expectations_the_metadata_says_nothing_of_them(tmp_path: Path) -> None:
    assert not {"rows_set_aside", "expectations_sha256"} & _run(tmp_path)["train"].keys()


def _write_large(folder: Path, task: str, n: int) -> None:
    random = np.random.default_rng(1)
    classes: dict[str, Any] = {
        "binary": np.where(random.random(n) < 0.005, "yes", "no"),
        "regression": random.lognormal(size=n),
    }
    table = pa.table(
        {
            "x": pa.array(random.integers(0, 10**9, n), mask=random.random(n) < 0.1),
            "z": random.normal(size=n),
            "flag": pa.array(random.random(n) < 0.5, mask=np.arange(n) >= n - 3),
            "y": pa.array(classes[task], mask=np.arange(n) % 100 == 0),
        }
    )
    write_table(table.to_batches(), table.schema, folder / "dataset")
    regression = {"target": "y", "task": "regression", "metric": "r2"}
    Problem.from_settings(PROBLEM if task == "binary" else regression).save(folder / "problem")


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_random_choice_of_a_large_table_is_near_its_shares_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setattr("components.split.run._MOST_EXACT_ROWS", 19_999)
    _write_large(tmp_path, task, 20_000)
    paths: dict[str, Any] = {
        name: str(tmp_path / name) for name in ("dataset", "problem", "train", "test", "sample")
    }
    facts = run(**paths, source={}, settings=Settings(0.2))
    train, test = _draw_rows(tmp_path, "train"), _draw_rows(tmp_path, "test")
    known = open_table(tmp_path / "dataset").to_table().to_pandas().dropna(subset="y")
    assert train.num_rows + test.num_rows == len(known)
    assert test.num_rows / len(known) == pytest.approx(0.2, abs=0.015)
    assert facts["test"]["strategy"] == "random"
    share = f"{test.num_rows / len(known):.3%} of the rows are test rows"
    assert facts["train"]["notes"] == [
        f"{share}: of more than 19,999 rows, each one's side follows from its hash."
    ]
    if task == "binary":
        n_rare = (known["y"] == "yes").sum()
        assert abs(test["y"].to_pylist().count("yes") - 0.2 * n_rare) <= 1
    # Each side is in the order of the table.
    both = pa.concat_tables([train, test]).to_pandas()
    assert sorted(map(str, both.itertuples(index=False))) == sorted(map(str, known.itertuples(index=False)))
    positions = {row: i for i, row in enumerate(map(str, known.itertuples(index=False)))}
    order = [positions[str(row)] for row in test.to_pandas().itertuples(index=False)]
    assert order == sorted(order)


def test_a_large_table_leaves_out_the_rows_that_are_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.split.run._MOST_EXACT_ROWS", N - 1)
    rows = SetAside("source", TABLE.to_batches(), make_mask([20], N), lambda found: ["x"] * found.num_rows)
    info = write_quarantine([rows], TABLE.schema, tmp_path / "quarantine")
    _split(tmp_path, {}, quarantine=info.to_metadata())
    drawn = [row for side in ("train", "test") for row in _draw_rows(tmp_path, side)["row"].to_pylist()]
    assert sorted(drawn) == [row for row in range(10, N) if row != 20]


def test_a_large_table_with_a_class_of_one_row_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.split.run._MOST_EXACT_ROWS", N - 1)
    one = pa.array(["yes" if i == 0 else "no" for i in range(N)])
    table = TABLE.set_column(TABLE.schema.get_field_index("y"), "y", one)
    write_table(table.to_batches(), table.schema, tmp_path / "dataset")
    Problem.from_settings(PROBLEM).save(tmp_path / "problem")
    paths: dict[str, Any] = {
        name: str(tmp_path / name) for name in ("dataset", "problem", "train", "test", "sample")
    }
    with pytest.raises(InvalidData, match=r"random split leaves no test rows of class 'yes'\.\nAdd diff"):
        run(**paths, source={}, settings=Settings())


def test_training_rows_that_fit_into_the_memory_need_no_sample(tmp_path: Path) -> None:
    facts = _run(tmp_path)
    assert (facts["sample"]["rows"], facts["sample"]["notes"]) == (0, [])
    assert read_kinds(tmp_path / "sample") == read_kinds(tmp_path / "train")


@pytest.mark.parametrize("details", [{}, {"event_time": "when"}, {"group": "row"}])
def test_the_sample_has_training_rows_in_their_order_and_says_why(
    tmp_path: Path, details: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(tmp_path / "events.jsonl"))
    # A row takes about 160 bytes.
    facts = _split(tmp_path, details, memory=300_050_000)
    train, sample = _draw_rows(tmp_path, "train"), _draw_rows(tmp_path, "sample")
    assert 20 <= sample.num_rows < 40
    numbers = RowSample.load(tmp_path / "sample").numbers
    assert train.take(numbers).equals(sample)
    assert (facts["sample"]["rows"], facts["sample"]["dataset_sha256"]) == (
        sample.num_rows,
        facts["train"]["dataset_sha256"],
    )
    assert facts["sample"]["notes"] == [
        f"The sweep searches on {sample.num_rows} of 40 training rows: more do not fit into 0.279 GiB. "
        "Raise MEMORY to search on more."
    ]
    (told,) = map(json.loads, (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines())
    assert (told["event"], [told["text"]]) == ("notice", facts["sample"]["notes"])
