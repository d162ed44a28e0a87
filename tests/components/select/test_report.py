import numpy as np
import pandas as pd

from components._recipe.select import Selector
from components._report.charts import Bars, Rule, render_chart
from components._report.colours import BLUE, GREY
from components.select.report import SelectionInfo, compute_selection_info, draw_gains, render_selection

INFO = SelectionInfo(
    ["b", "a", "c"],
    [0.7, 0.2, 0.0],
    [True, True, False],
    0.1,
    [["c", "no variance", "one value in training"]],
)


def test_the_record_ranks_features_by_their_gain() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"noise": rng.normal(size=300), "still": 1.0, "signal": rng.normal(size=300)})
    selector = Selector("regression").fit(table, table["signal"].to_numpy())
    info = compute_selection_info(selector)
    assert info.features == ["signal", "noise", "still"]
    assert info.gains == sorted(info.gains, reverse=True)
    assert info.gains[0] > 0.9 > info.noise
    assert info.kept == [True, True, False]
    assert info.dropped == [["still", "no variance", "one value in training"]]


def test_bars_show_kept_and_dropped_features_and_the_noise() -> None:
    chart = draw_gains(INFO)
    bars, noise = chart.marks
    assert isinstance(bars, Bars)
    assert (chart.y.labels, bars.ends) == (["b", "a", "c"], [0.7, 0.2, 0.0])
    assert bars.colours == [BLUE, BLUE, GREY]
    assert noise == Rule(x=0.1, label="noise")


def test_names_are_neither_markup_nor_numbers_in_the_drawing() -> None:
    chart = draw_gains(SelectionInfo(["<b>x</b>", "2020"], [0.7, 0.3], [True, True], 0.1, []))
    assert chart.y.kind == "category"
    page = render_chart(chart)
    assert "&lt;b&gt;x&lt;/b&gt;</span>" in page
    assert ">2020</span>" in page
    assert "<b>" not in page


def test_many_features_are_drawn_in_part_and_the_page_says_so() -> None:
    names = [f"f{i}" for i in range(60)]
    info = SelectionInfo(names, [1 / 60] * 60, [True] * 60, 0.01, [])
    assert len(draw_gains(info).y.labels) == 40
    page = render_selection(info)
    assert "The 40 most useful are drawn." in page
    assert "Dropped features" not in page


def test_the_page_names_dropped_features_and_the_reasons() -> None:
    page = render_selection(INFO)
    assert "one value in training" in page
    assert "most useful are drawn" not in page
