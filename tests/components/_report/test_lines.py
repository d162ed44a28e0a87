import math

from components._report.lines import Line
from components._report.scales import Axis
from tests.components._report.drawings import draw_mark


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    shapes, _ = draw_mark(Line([0, 1, 2, 3, 4], [1, 1, math.nan, 1, 1]))
    assert shapes.count("M") == 2


def test_a_stepped_line_holds_each_value_up_to_the_next() -> None:
    shapes, _ = draw_mark(Line([0, 1], [0, 1], is_stepped=True), y=Axis(low=0, high=1))
    assert "M0 100H100V0" in shapes
