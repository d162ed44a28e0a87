import math

import pytest

from components._report.scales import Axis, Extent, fit_scale


@pytest.mark.parametrize(
    ("axis", "values", "value", "expected"),
    [
        (Axis(), [0, 10], 5, 50),
        (Axis(low=0, high=20), [0, 10], 5, 25),
        (Axis(kind="log"), [0, 1, 100], 10, 50),
        (Axis(), [0, math.nan, math.inf, 10], 5, 50),
        (Axis(), [3], 3, 50),
        (Axis(), [], 0.5, 50),
        (Axis(kind="category", labels=["a", "b"]), [], 0, 25),
    ],
)
def test_a_value_has_its_place_between_the_ends(
    axis: Axis, values: list[float], value: float, expected: float
) -> None:
    assert fit_scale(axis, [Extent(values)], is_vertical=False).place(value) == pytest.approx(expected)


def test_large_numbers_are_on_top_and_the_first_category_is() -> None:
    assert fit_scale(Axis(), [Extent([0, 10])], is_vertical=True).place(10) == 0
    categories = Axis(kind="category", labels=["a", "b"])
    assert fit_scale(categories, [], is_vertical=True).place(0) == 25


def test_what_is_outside_is_at_the_edge_and_nan_has_no_place() -> None:
    scale = fit_scale(Axis(low=0, high=1), [], is_vertical=False)
    assert (scale.place(-3), scale.place(7)) == (0, 100)
    assert math.isnan(scale.place(math.nan))
    assert fit_scale(Axis(kind="log"), [Extent([1, 10])], is_vertical=False).place(0) == 0


def test_marks_get_the_room_that_they_ask_for() -> None:
    scale = fit_scale(Axis(), [Extent([0, 10], 0.1, 0.2), Extent([5], 0.0, 0.1)], is_vertical=False)
    assert (scale.low, scale.high) == (-1, 12)


def test_a_hidden_axis_has_no_ticks_and_categories_have_one_each() -> None:
    hidden = fit_scale(Axis(is_shown=False), [Extent([0, 1])], is_vertical=False)
    assert hidden.compute_ticks(5) == []
    named = fit_scale(Axis(kind="category", labels=list("abcdefg")), [], is_vertical=False)
    assert [tick.text for tick in named.compute_ticks(3)] == list("abcdefg")
