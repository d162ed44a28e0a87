from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from pipelines.data.row_hash import hash_columns
from pipelines.data.table_comparison import find_common_kinds
from pipelines.data.table_rows import iterate_numbered
from pipelines.data.table_version import TableVersion
from pipelines.data.value_summary import SAMPLE_ROWS, Shift, ValueSummary, compute_shifts
from tests.pipelines.data.versions import write_version


def _summarise(version: TableVersion, key: str | None = None) -> ValueSummary:
    kinds = find_common_kinds(version, version)
    summary = ValueSummary(kinds, version.n_rows)
    for first, batch in iterate_numbered(version.table):
        keys = None if key is None else hash_columns(batch, {key: kinds[key]})
        summary.add(batch, keys, first)
    return summary


def test_nulls_range_and_mean_are_of_all_rows(tmp_path: Path) -> None:
    days = [datetime(2026, 1, day) for day in (3, 1, 2)]
    version = write_version(
        tmp_path / "a", {"n": [3, None, 5], "d": days, "s": ["a", None, None], "none": [None, None, 1.0]}
    )
    summary = _summarise(version)
    assert summary.get_values("n").describe("n") == "3 to 5, mean 4"
    assert summary.get_values("d").describe("d") == "2026-01-01 to 2026-01-03"
    assert summary.get_values("s") == (2, None, None, None)
    assert summary.get_values("none").n_null == 2


def test_the_same_rows_have_no_distance_and_moved_ones_have_one(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    numbers, plans = random.normal(size=500), random.choice(["a", "b"], 500)
    old = write_version(tmp_path / "old", {"x": numbers, "plan": plans.tolist(), "is_new": plans == "a"})
    new = write_version(tmp_path / "new", {"x": numbers + 1, "plan": ["c"] * 500, "is_new": plans == "a"})
    kinds = find_common_kinds(old, new)
    shifts = compute_shifts(_summarise(old), _summarise(new), kinds)
    assert shifts["x"].distance == pytest.approx(1, abs=0.1)
    assert (str(shifts["plan"]), str(shifts["is_new"])) == ("1 on a scale from 0 to 1", "none")
    same = compute_shifts(_summarise(old), _summarise(old), kinds)
    assert {str(shift) for shift in same.values()} == {"none"}
    assert str(Shift(0.25, is_in_deviations=True)) == "0.25 standard deviations"


def test_a_large_tables_sample_has_the_same_rows_in_any_order(tmp_path: Path) -> None:
    n = 2 * SAMPLE_ROWS
    old = write_version(tmp_path / "old", {"id": np.arange(n)})
    new = write_version(tmp_path / "new", {"id": np.random.default_rng(0).permutation(n)})
    samples = [_summarise(version, "id") for version in (old, new)]
    rows = [set(sample.build_rows().columns["id"]) for sample in samples]
    assert rows[0] == rows[1]
    assert samples[0].n_sampled == pytest.approx(SAMPLE_ROWS, rel=0.05)
    assert _summarise(old).n_sampled == SAMPLE_ROWS


def test_a_table_without_rows_has_no_distances(tmp_path: Path) -> None:
    old, empty = (write_version(tmp_path / str(n), {"x": np.arange(n) / 2}) for n in (3, 0))
    assert compute_shifts(_summarise(old), _summarise(empty), {"x": "float"}) == {}
