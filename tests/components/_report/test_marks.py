import math
import re

import pytest

from components._report.marks import Band, Bars, Box, Cells, Line, Mark, Points, Rule
from components._report.scales import Axis, fit_scale

ALL: list[Mark] = [
    Bars([0, 1], [2, -1], tips=["<a>", "b"], labels=["2", "-1"]),
    Bars([0, 1], [2, 1], starts=[1, 0], width=[1, 2], colours=["red", "var(--blue)"], is_horizontal=True),
    Points([0, 1], [1, math.nan], x_lows=[0, 1], x_highs=[1, 2], labels=["<a>", ""], name="points"),
    Points([0, 1], [1, 2], y_lows=[0, 1], y_highs=[2, 3], symbol="cross", tips=["a", "<b>"]),
    Line([0, 1, 2], [1, math.nan, 2], is_dotted=True, name="line"),
    Line([0, 1, 2], [1, 2, 3], is_stepped=True),
    Band([0, 1], [0, 1], [1, 2], name="band"),
    Box(0, 1, 2, 3, 4, 5, [9], tip="<box>"),
    Box(0, 1, 2, 3, 4, 5, is_horizontal=False),
    Rule(x=1, label="<here>"),
    Rule(y=1),
]


def _draw(mark: Mark, x: Axis | None = None, y: Axis | None = None) -> tuple[str, str]:
    of_x, of_y = mark.get_extents()
    return mark.draw(
        fit_scale(x or Axis(), [of_x], is_vertical=False), fit_scale(y or Axis(), [of_y], is_vertical=True)
    )


@pytest.mark.parametrize("mark", ALL, ids=lambda mark: type(mark).__name__)
def test_a_mark_is_within_the_square_and_escapes_its_texts(mark: Mark) -> None:
    shapes, texts = _draw(mark)
    numbers = [
        float(text) for path in re.findall(r' d="(.*?)"', shapes) for text in re.findall(r"[\d.-]+", path)
    ]
    assert numbers
    assert all(0 <= number <= 100 for number in numbers)
    assert not re.search(r"nan|inf|<(a|b|box|here)>", shapes + texts)


def test_bars_start_at_zero_and_are_as_wide_as_they_say() -> None:
    shapes, _ = _draw(Bars([1, 2], [10, 5], width=1, tips=["a", "b"]))
    assert '<path d="M0 100H50V0H0z"><title>a</title></path>' in shapes
    assert '<path d="M50 100H100V50H50z"><title>b</title></path>' in shapes


def test_bars_that_touch_are_one_outline_without_seams() -> None:
    shapes, _ = _draw(Bars([1, 2, 4, 5], [10, 5, math.nan, 10], width=1))
    assert re.findall(r' d="(.*?)"', shapes) == ["M0 100V0H20V50H40V100zM80 100V0H100V100z"]


def test_marks_without_tips_share_a_path_of_their_colour() -> None:
    shapes, _ = _draw(Points([0, 1, 2], [0, 1, 2], colours=["red", "red", "blue"]))
    assert [path.count("h0") for path in re.findall(r' d="(.*?)"', shapes)] == [2, 1]


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    shapes, _ = _draw(Line([0, 1, 2, 3, 4], [1, 1, math.nan, 1, 1]))
    assert shapes.count("M") == 2


def test_a_stepped_line_holds_each_value_up_to_the_next() -> None:
    shapes, _ = _draw(Line([0, 1], [0, 1], is_stepped=True), y=Axis(low=0, high=1))
    assert "M0 100H100V0" in shapes


def test_cells_are_as_strong_as_their_value_and_paler_under_a_text() -> None:
    names = Axis(kind="category", labels=["a", "b"])
    shapes, texts = _draw(Cells([[1.0, math.nan], [-0.5, 0.0]], scale="diverging"), names, names)
    assert re.findall(r"var\(--(\w+)\)(?:;opacity:([\d.]+))?", shapes) == [
        ("blue", ""),
        ("red", "0.5"),
        ("blue", "0.04"),
    ]
    assert texts == ""
    shapes, texts = _draw(Cells([[1.0]], [["<5>"]]), names, names)
    assert "opacity:0.55" in shapes
    assert "&lt;5&gt;" in texts


def test_only_marks_with_a_name_are_in_the_legend() -> None:
    assert [key.name for mark in ALL for key in mark.get_keys()] == ["points", "line", "band"]
