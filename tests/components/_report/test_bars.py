import math
import re

import pytest

from components._report.bars import Bars, build_grouped_bars
from tests.components._report.drawings import draw_mark


def test_bars_start_at_zero_and_are_as_wide_as_they_say() -> None:
    shapes, _ = draw_mark(Bars([1, 2], [10, 5], width=1, tips=["a", "b"]))
    assert '<path d="M0 100H50V0H0z"><title>a</title></path>' in shapes
    assert '<path d="M50 100H100V50H50z"><title>b</title></path>' in shapes


def test_bars_that_touch_are_one_outline_without_seams() -> None:
    shapes, _ = draw_mark(Bars([1, 2, 4, 5], [10, 5, math.nan, 10], width=1))
    assert re.findall(r' d="(.*?)"', shapes) == ["M0 100V0H20V50H40V100zM80 100V0H100V100z"]


def test_bars_of_a_group_are_side_by_side_around_their_place() -> None:
    first, second = build_grouped_bars(["a", "b"], [("then", "red", [0.1, 0.2]), ("now", "blue", [0.3, 0.4])])
    assert (first.places, second.places) == ([-0.2, 0.8], [0.2, 1.2])
    assert first.width == second.width == pytest.approx(0.36)
    assert second.tips == ["a, now: 30.00%", "b, now: 40.00%"]
