"""Marks drawn alone, on axes that fit them."""

from components._report.marks import Drawing, Mark
from components._report.scales import Axis, fit_scale


def draw_mark(mark: Mark, x: Axis | None = None, y: Axis | None = None) -> Drawing:
    """Return the SVG of a mark."""
    of_x, of_y = mark.get_extents()
    return mark.draw(
        fit_scale(x or Axis(), [of_x], is_vertical=False), fit_scale(y or Axis(), [of_y], is_vertical=True)
    )
