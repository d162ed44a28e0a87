import math
import re

import pytest

from components._report.charts import Band, Bars, Box, Line, Mark, Points, Rule
from tests.components._report.drawings import draw_mark

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


@pytest.mark.parametrize("mark", ALL, ids=lambda mark: type(mark).__name__)
def test_a_mark_is_within_the_square_and_escapes_its_texts(mark: Mark) -> None:
    shapes, texts = draw_mark(mark)
    numbers = [
        float(text) for path in re.findall(r' d="(.*?)"', shapes) for text in re.findall(r"[\d.-]+", path)
    ]
    assert numbers
    assert all(0 <= number <= 100 for number in numbers)
    assert not re.search(r"nan|inf|<(a|b|box|here)>", shapes + texts)


def test_only_marks_with_a_name_are_in_the_legend() -> None:
    assert [key.name for mark in ALL for key in mark.get_keys()] == ["points", "line", "band"]
