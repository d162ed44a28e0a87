import math

from components._report.svg import draw_grid, draw_path, draw_rectangle, draw_shapes, draw_text, has_nan


def test_paths_have_two_decimals_at_most() -> None:
    assert draw_rectangle(0, 1.23456, 100, 50) == "M0 1.23H100V50H0z"
    assert draw_path([(0, 0), (1 / 3, 2), (3, 4)]) == "M0 0L0.33 2 3 4"
    assert draw_path([(0, 0), (1, 2)], is_stepped=True) == "M0 0H1V2"


def test_shapes_are_in_groups_of_neighbours_with_one_colour() -> None:
    page = draw_shapes(["a", "b", "", "c"], ["red", "red", "red", "blue"], (), "dot", 0.5, "stroke-width:4")
    assert page == (
        '<g class="dot" style="--c:red;stroke-width:4;opacity:0.5"><path d="ab"/></g>'
        '<g class="dot" style="--c:blue;stroke-width:4;opacity:0.5"><path d="c"/></g>'
    )


def test_a_shape_with_a_tip_is_a_path_of_its_own() -> None:
    page = draw_shapes(["a", "b"], "red", ["<1>", "<1>"], "fill", 1.0)
    assert page.count("<title>&lt;1&gt;</title>") == 2


def test_a_grid_without_lines_is_empty() -> None:
    assert draw_grid([], []) == ""
    assert draw_grid([50], [25]) == '<path class="line grid" d="M50 0v100M0 25h100"/>'


def test_a_text_is_escaped() -> None:
    assert draw_text(1, 2, "<", 'dx="4"', "&") == '<text x="1%" y="2%" dx="4">&lt;<title>&amp;</title></text>'


def test_a_place_without_a_number_is_found() -> None:
    assert has_nan((1, math.nan))
    assert not has_nan((1, 2))
