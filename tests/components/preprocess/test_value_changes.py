from pathlib import Path

import numpy as np
import pandas as pd

from components._recipe.preprocess import Preprocessor
from components._report.charts import render_chart
from components.preprocess.value_changes import ValueChanges, compute_value_changes, draw_value_changes
from tests.tables import write_frame


def compute_changes(folder: Path, table: pd.DataFrame) -> ValueChanges:
    names = list(map(str, table.columns))
    write_frame(table, dict.fromkeys(names, "float"), folder / "train")
    return compute_value_changes(folder / "train", Preprocessor(names, [], []).fit(table), names)


def test_a_distant_value_is_clipped_and_nulls_are_filled(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [*map(float, range(20)), 1000.0, np.nan, np.nan, -np.inf]})
    changes = compute_changes(tmp_path, table)
    (change,) = changes.columns
    assert (changes.n_rows, change.column, change.null) == (24, "x", 0.125)
    assert change.before.edges[[0, -1]].tolist() == [0.0, 1000.0]
    assert (change.before.counts[0], change.before.counts[-1], change.before.counts.sum()) == (20, 1, 21)
    assert change.after.counts.sum() == 24
    # The quartiles are 5 and 15: the fence is at 45, and the median of 10 fills three rows.
    filled = np.array([*range(20), 45, 10, 10, 10])
    expected = (filled - filled.mean()) / filled.std()
    np.testing.assert_allclose(change.after.edges[[0, -1]], [expected.min(), expected.max()])


def test_a_sample_of_many_rows_is_the_same_each_time(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.arange(6_000.0)})
    first = compute_changes(tmp_path / "one", table)
    second = compute_changes(tmp_path / "two", table)
    assert first.n_rows == first.columns[0].before.counts.sum() == 5_000
    np.testing.assert_array_equal(first.columns[0].after.counts, second.columns[0].after.counts)


def test_large_numbers_and_constants_are_drawn_and_nulls_and_too_large_ranges_are_not(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "wide": [-1e300, 0.0, 1e300],
            "same": [1e300] * 3,
            "null": [np.nan] * 3,
            "widest": [-1e308, 0.0, 1e308],
        }
    )
    changes = compute_changes(tmp_path, table)
    assert [change.column for change in changes.columns] == ["wide", "same"]
    assert all(np.isfinite(change.before.edges).all() for change in changes.columns)
    pairs = draw_value_changes(changes)
    assert [tuple(chart.title for chart in pair) for pair in pairs] == [
        ("wide: before", "wide: after"),
        ("same: before", "same: after"),
    ]
    assert all("nan" not in render_chart(chart) for pair in pairs for chart in pair)


def test_no_numbers_make_no_figures(tmp_path: Path) -> None:
    write_frame(pd.DataFrame({"x": [1.0]}), {"x": "float"}, tmp_path)
    assert draw_value_changes(compute_value_changes(tmp_path, Preprocessor([], [], []), [])) == []
