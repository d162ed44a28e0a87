from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._recipe.preprocess import Preprocessor
from components._report.charts import Bars, render_chart
from components._table.engine import TableEngine
from components._table.schema import Kind
from components.preprocess.column_queries import ColumnQueries
from components.preprocess.features import Features
from components.preprocess.report import (
    CategoricalInfo,
    NumericInfo,
    PreprocessInfo,
    compute_preprocess_info,
    draw_changes,
    render_preprocessing,
)
from components.preprocess.value_changes import ValueChanges
from tests.tables import write_frame


def compute_info(folder: Path, table: pd.DataFrame, features: Features, **settings: Any) -> PreprocessInfo:
    preprocessor = Preprocessor(features.numeric, features.categorical, features.datetime, **settings).fit(
        table
    )
    kinds: dict[str, Kind] = {
        **dict.fromkeys(features.numeric, "float"),
        **dict.fromkeys(features.categorical, "string"),
        **dict.fromkeys(features.datetime, "datetime"),
    }
    write_frame(table[list(kinds)], kinds | {"flag": "boolean"}, folder / "train")
    with TableEngine(256 << 20, folder / "scratch") as engine:
        return compute_preprocess_info(ColumnQueries(folder / "train", engine), preprocessor, features)


def test_the_record_counts_what_is_filled_clipped_and_merged(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "x": [1.0, 2.0, 3.0, 4.0, 5.0, 1000.0, np.nan, -np.inf],
            "flag": pd.Series([True, None, True, False, True, True, True, True], dtype=object),
            "s": ["a", "a", "a", "b", "b", "c", None, None],
            "d": pd.Series(["2020-01-01"] * 8, dtype="datetime64[us]"),
        }
    )
    features = Features(["x", "flag"], ["s"], ["d"], [], {"id": "the problem's identifier"}, {})
    info = compute_info(tmp_path, table, features, fence_factor=2.0, rare_below=0.2)
    assert info.n_rows == 8
    # The quartiles of 1, 2, 3, 4, 5 and 1000 are 2.25 and 4.75. An infinity is filled, not clipped.
    assert info.numeric == [
        NumericInfo("x", filled=0.25, clipped=0.125, fill=3.5, low=-2.75, high=9.75),
        NumericInfo("flag", filled=0.125, clipped=0.0, fill=1.0, low=-np.inf, high=np.inf),
    ]
    assert info.categorical == [CategoricalInfo("s", n_kept=2, merged=0.125, null=0.25)]
    assert (info.datetime, info.left_out) == (["d"], {"id": "the problem's identifier"})


def test_only_columns_that_change_are_drawn(tmp_path: Path) -> None:
    table = pd.DataFrame({"whole": [1.0, 2.0, 3.0, 4.0], "holes": [1.0, 2.0, None, 4.0]})
    chart = draw_changes(compute_info(tmp_path, table, Features(["whole", "holes"], [], [], [], {}, {})))
    assert chart.y.labels == ["holes"]
    assert [(bars.name, bars.ends) for bars in chart.marks if isinstance(bars, Bars)] == [
        ("nulls filled", [0.25]),
        ("outliers clipped", [0.0]),
    ]


def test_of_many_numbers_those_with_most_changes_are_drawn_and_the_page_says_so() -> None:
    numeric = [NumericInfo(f"n{i}", i / 100, 0.0, 0.0, -np.inf, np.inf) for i in range(60)]
    info = PreprocessInfo(100, numeric, [], [], {}, {})
    assert list(draw_changes(info).y.labels[:2]) == ["n59", "n58"]
    assert "The 40 numbers with most changes are drawn, of 59." in render_preprocessing(
        info, [], ValueChanges(100, [])
    )


def test_names_are_neither_markup_nor_numbers_in_the_drawing(tmp_path: Path) -> None:
    names = ["<b>x</b>", "2020"]
    table = pd.DataFrame({name: [1.0, 2.0, None, 4.0] for name in names})
    chart = draw_changes(compute_info(tmp_path, table, Features(names, [], [], [], {}, {})))
    assert chart.y.kind == "category"
    assert "<b>" not in render_chart(chart)


@pytest.mark.parametrize(
    ("features", "says", "says_not"),
    [
        (Features(["x"], [], [], [], {}, {}), "Values changed", "Left out"),
        (Features([], ["s"], [], [], {"x": "says <nothing>"}, {}), "says &lt;nothing&gt;", "Values changed"),
        (Features([], [], ["d"], [], {}, {}), "What the recipe does", "merged as rare"),
        (Features(["x"], [], [], [], {}, {"d": "its days"}), "its days", "Left out"),
    ],
)
def test_the_page_has_a_section_for_each_kind_there_is(
    tmp_path: Path, features: Features, says: str, says_not: str
) -> None:
    table = pd.DataFrame(
        {"x": [1.0, None, 3.0], "s": ["a", None, "b"], "d": pd.Series([None] * 3, dtype="datetime64[us]")}
    )
    html = render_preprocessing(compute_info(tmp_path, table, features), ["A sentence."], ValueChanges(3, []))
    assert "A sentence." in html
    assert says in html
    assert says_not not in html
