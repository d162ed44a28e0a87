"""A profile does not depend on how much of its table is in memory, nor on the table's files."""

from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.engine import TableEngine
from components._table.long_texts import LONGEST_TEXT
from components.validate.table_profile import TableProfile, profile_table
from tests.readings import make_plain_reading

TIME = pa.timestamp("us")
RANDOM = np.random.default_rng(0)
N = 400
GROUPS = RANDOM.integers(0, 60, N)
LEVEL = RANDOM.normal(size=60)


def _profile(
    folder: Path, table: pa.Table, target: str, most_loaded: int, *, is_sortable: bool = True
) -> TableProfile:
    with (
        pytest.MonkeyPatch.context() as patch,
        TemporaryDirectory() as scratch,
        TableEngine(256 << 20, scratch) as engine,
    ):
        patch.setattr("components.validate.table_profile._MOST_LOADED_ROWS", most_loaded)
        patch.setattr("components.validate.disk_table.are_sortable", lambda *_: is_sortable)
        return profile_table(str(folder), target, make_plain_reading(table), engine)


def _profile_all_ways(table: pa.Table, target: str, ends: tuple[int, ...] = ()) -> TableProfile:
    """Return the profile of a table that is in one file, after a comparison with that of stored files."""
    with TemporaryDirectory() as folder:
        whole, parts = Path(folder, "whole"), Path(folder, "parts")
        whole.mkdir()
        parts.mkdir()
        pq.write_table(table, whole / "part-00000.parquet")
        edges = [0, *sorted(min(end, len(table)) for end in ends), len(table)]
        for part, start in enumerate(edges[:-1]):
            rows = table.slice(start, edges[part + 1] - start)
            pq.write_table(rows, parts / f"part-{part:05d}.parquet", row_group_size=3)
        loaded = _profile(whole, table, target, len(table))
        assert _profile(parts, table, target, -1) == loaded
        assert _profile(parts, table, target, -1, is_sortable=False) == loaded
        return loaded


def test_columns_may_have_any_names() -> None:
    names = ["x", "", "X", "row", "value", "n", "a.b", 'it"s']
    columns = {name: pa.array([at, None, at, at], pa.int64()) for at, name in enumerate(names)}
    assert _profile_all_ways(pa.table(columns), "X", (1, 3)).n_duplicates == 2


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("codes", "target", "is_found"),
    [
        (GROUPS, GROUPS % 2, True),
        (GROUPS, np.where(np.arange(N) % 100 == 7, "b", np.array(["a", "b"])[GROUPS % 2]), True),
        (GROUPS, GROUPS % 2 == 0, True),
        (GROUPS, LEVEL[GROUPS], True),
        (GROUPS, LEVEL[GROUPS] + 0.05 * RANDOM.normal(size=N), True),
        (GROUPS, LEVEL[GROUPS] + RANDOM.normal(size=N), False),
        (GROUPS, RANDOM.integers(0, 2, N), False),
        (np.arange(N) // 8, np.arange(N) < N // 2, True),
        (np.arange(N), np.arange(N) % 2, False),
    ],
)
def test_groups_are_found_alike(codes: np.ndarray, target: np.ndarray, is_found: bool) -> None:
    known = np.arange(N) % 50 > 0
    labels = pa.array(target, mask=~known)
    # Every row is there twice, and its copy is evidence of nothing.
    names = [f"n{code}" for code in codes]
    table = pa.table({"customer_id": codes, "code": codes, "name": names, "y": labels, "x": np.arange(N) / 7})
    found = _profile_all_ways(pa.concat_tables([table, table]), "y", (10, 333))
    assert (found.columns[0].grouping is not None) == is_found


def _draw_columns(n_rows: int) -> st.SearchStrategy[list[pa.Array]]:
    kinds = {
        pa.int64(): st.sampled_from([0, 1, 2, -1, 999, 2**53 + 1]) | st.integers(-(2**63), 2**63 - 1),
        pa.float64(): st.sampled_from([0.0, -0.0, 1.0, 2.5, -999.0]) | st.floats(),
        pa.bool_(): st.booleans(),
        pa.string(): st.sampled_from(["a", "b", "7", "7.5", "n/a"]) | st.text(max_size=3),
        TIME: st.sampled_from([datetime(1900, 1, 1), datetime(2020, 1, 1)]) | st.datetimes(),
    }
    columns = [
        st.lists(st.none() | values, min_size=n_rows, max_size=n_rows).map(partial(pa.array, type=type_))
        for type_, values in kinds.items()
    ]
    return st.lists(st.one_of(columns), min_size=1, max_size=4)


@st.composite
def _draw_tables(draw: st.DrawFn) -> tuple[pa.Table, tuple[int, ...]]:
    columns = draw(st.integers(0, 30).flatmap(_draw_columns))
    table = pa.table({f"c{at}": column for at, column in enumerate(columns)})
    copies = draw(st.integers(1, 3))
    ends = draw(st.lists(st.integers(0, 90), max_size=4))
    return pa.concat_tables([table] * copies), tuple(ends)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(drawn=_draw_tables())
def test_a_table_of_any_values_and_files_is_described_alike(drawn: tuple[pa.Table, tuple[int, ...]]) -> None:
    table, ends = drawn
    for target in ("none", table.schema.names[0]):
        _profile_all_ways(table, target, ends)


def test_long_texts_in_many_row_groups_are_counted_on_disk_and_are_no_categories(tmp_path: Path) -> None:
    long = "a b " * LONGEST_TEXT
    table = pa.table({"text": [long, long, long + "c", "short", None, None], "y": [1, 1, 1, 0, 0, 0]})
    pq.write_table(table, tmp_path / "part-00000.parquet", row_group_size=1)
    found = _profile(tmp_path, table, "y", len(table))
    column = found.columns[0].column
    assert (column.n_distinct, column.n_null, column.categories, found.n_duplicates) == (3, 2, (), 2)
    assert found.columns[0].examples[0] == long[:39] + "…"
