"""What a chart asks of its marks, each of which draws itself as SVG.

Shapes are drawn in a square of 100 units that a chart stretches to its width and height; widths of strokes
are in pixels all the same. Texts are drawn beside the square, because they must not stretch.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from components._report.colours import INK
from components._report.scales import Extent, Scale

# Room for the texts at the ends of bars and beside points, and around points, as shares of the range.
TEXT_ROOM = 0.18
POINT_ROOM = 0.04


class Drawing(NamedTuple):
    """SVG of a mark: shapes in the square of 100 units, and texts at places in per cent."""

    shapes: str
    texts: str = ""


class Key(NamedTuple):
    """An entry of the legend; ``shape`` is ``area``, ``dot`` or ``line``."""

    name: str
    colour: str
    shape: str


class Mark(Protocol):
    """What a chart asks of a mark."""

    def get_keys(self) -> list[Key]:
        """Return its entries of the legend."""

    def get_extents(self) -> tuple[Extent, Extent]:
        """Return what it covers on x and on y."""

    def draw(self, x: Scale, y: Scale) -> Drawing:
        """Return its SVG."""


def build_keys(name: str, colours: str | Sequence[str], shape: str) -> list[Key]:
    """Return the entry of a mark in the legend, in its first colour; none without a name."""
    colour = colours if isinstance(colours, str) else next(iter(colours), INK)
    return [Key(name, colour, shape)] if name else []
