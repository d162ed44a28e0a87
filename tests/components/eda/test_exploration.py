from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.kinds import Kind
from components.eda import explored_rows
from components.eda.exploration import Exploration, explore
from components.eda.explored_rows import ExploredRows
from components.eda.summaries import ColumnSummary
from components.eda.target_figures import CategoryInfo, NumberInfo
from tests.explored_rows import BINARY, open_explored_rows
from tests.foreign import find_foreign

N_ROWS = 120
RANDOM = np.random.default_rng(0)
NAN = float("nan")


def _choose(values: list[Any]) -> list[Any]:
    return [values[i] for i in RANDOM.integers(0, len(values), N_ROWS)]


# What large and badly written tables have.
FRAME = pa.table(
    {
        "number": pa.array([*RANDOM.lognormal(size=N_ROWS - 6), 0.0, -0.0, NAN, None, 1e300, -1e300]),
        "whole": pa.array([*RANDOM.integers(0, 9, N_ROWS - 2).tolist(), None, 2**60]),
        "category": pa.array(_choose(["a", "b\0", "c", "é", None])),
        "unique": pa.array([f"text number {i}" for i in RANDOM.permutation(N_ROWS)]),
        "is": pa.array(_choose([True, False, None]), pa.bool_()),
        "empty": pa.nulls(N_ROWS, pa.float64()),
        "time": pa.array(pd.date_range("2026-01-01", periods=N_ROWS, freq="h"), pa.timestamp("us")),
        "y": pa.array(_choose(["no", "yes", None])),
    }
)
KINDS: dict[str, Kind] = {
    "number": "float",
    "whole": "integer",
    "category": "string",
    "unique": "string",
    "is": "boolean",
    "empty": "float",
    "time": "datetime",
    "y": "string",
}


def _explore(folder: Path, scratch: Path) -> Exploration:
    with TableEngine(256 << 20, scratch) as engine:
        return explore(ExploredRows(str(folder), BINARY, engine), BINARY, KINDS, seed=0)


def _write(folder: Path, sizes: list[int], group_rows: int) -> None:
    folder.mkdir()
    start = 0
    for part, size in enumerate([*sizes, N_ROWS]):
        pq.write_table(
            FRAME.slice(start, size), folder / f"part-{part:05d}.parquet", row_group_size=group_rows
        )
        start += size


def _list_facts(found: Exploration) -> list[object]:
    """Return what is found, in a form that can be compared."""
    associations = found.associations
    assert associations is not None
    return [
        str(replace(found, associations=None, columns={})),
        np.round(associations.strengths, 12).tolist(),
        *map(str, found.columns.items()),
    ]


def _drop_skew(summary: ColumnSummary) -> ColumnSummary:
    numbers = summary.numbers and replace(summary.numbers, skew=0.0)
    return replace(summary, numbers=numbers)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=6), st.integers(1, 130))
def test_files_and_row_groups_do_not_matter(tmp_path_factory, sizes, group_rows):
    folder = tmp_path_factory.mktemp("tables")
    _write(folder / "one", [], N_ROWS)
    _write(folder / "many", sizes, group_rows)
    first, second = (_explore(folder / name, folder / "scratch") for name in ("one", "many"))
    assert _list_facts(first) == _list_facts(second)


@pytest.mark.parametrize("constant", ["_BATCH_ROWS", "_MOST_COLUMNS"])
def test_batches_and_blocks_do_not_matter(constant, tmp_path, monkeypatch):
    _write(tmp_path / "table", [50], 30)
    first = _explore(tmp_path / "table", tmp_path / "scratch")
    monkeypatch.setattr(explored_rows, constant, 3)
    second = _explore(tmp_path / "table", tmp_path / "scratch")
    skews = [[s.numbers.skew for s in found.summaries if s.numbers] for found in (first, second)]
    assert skews[1] == pytest.approx(skews[0], rel=1e-9)
    assert [*map(_drop_skew, first.summaries)] == [*map(_drop_skew, second.summaries)]
    assert _list_facts(first)[1:] == _list_facts(second)[1:]


def test_numbers_that_do_not_fit_into_memory_give_the_same(tmp_path, monkeypatch):
    _write(tmp_path / "table", [50], 30)
    first = _explore(tmp_path / "table", tmp_path / "scratch")
    monkeypatch.setattr(explored_rows, "are_sortable", lambda *_: False)
    second = _explore(tmp_path / "table", tmp_path / "scratch")
    assert [*map(_drop_skew, first.summaries)] == [*map(_drop_skew, second.summaries)]
    assert _list_facts(first)[1:] == _list_facts(second)[1:]


def _explore_foreign(file: str, target: str, **settings: Any) -> tuple[pd.DataFrame, Exploration]:
    frame = pd.read_csv(find_foreign("data", file)).rename(columns={target: "y"}).dropna(subset=["y"])
    kinds: dict[str, Kind] = {
        str(name): "float" if pd.api.types.is_numeric_dtype(column) else "string"
        for name, column in frame.items()
    }
    problem = Problem(target="y", **settings)
    with open_explored_rows(frame, kinds, problem) as rows:
        return frame, explore(rows, problem, kinds, seed=0)


def test_means_of_a_published_table_are_those_of_pandas_with_nearly_all_rows_in_the_bins() -> None:
    frame, found = _explore_foreign("mpg.csv", "mpg", task="regression", metric="r2")
    origin = found.columns["origin"]
    assert isinstance(origin, CategoryInfo)
    means = frame.groupby("origin")["y"].mean()
    assert dict(zip(origin.names, origin.groups.values, strict=True)) == pytest.approx(means.to_dict())
    errors = frame.groupby("origin")["y"].sem()
    reaches = (origin.groups.highs - origin.groups.lows) / 2
    assert dict(zip(origin.names, reaches / 1.97, strict=True)) == pytest.approx(errors.to_dict(), rel=0.03)
    weight = found.columns["weight"]
    assert isinstance(weight, NumberInfo)
    assert weight.groups.counts.sum() == len(frame)
    assert (np.diff(weight.groups.values[:-1]) < 0.5).all(), "heavier cars go less far"
    assert found.associations is not None
    assert {"displacement", "weight", "cylinders"} <= set(found.associations.clusters[0])


def test_shares_of_a_published_table_are_those_of_pandas() -> None:
    classes = ("Adelie", "Chinstrap", "Gentoo")
    frame, found = _explore_foreign(
        "penguins.csv", "species", task="multiclass", metric="accuracy", classes=classes
    )
    island = found.columns["island"]
    assert isinstance(island, CategoryInfo)
    shares = pd.crosstab(frame["island"], frame["y"], normalize="index").loc[island.names]
    np.testing.assert_allclose(island.groups.shares, shares)
