"""Lines through points, the area between two, and lines across the plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from components._report.colours import BLUE, GREY
from components._report.marks import POINT_ROOM, Drawing, Key, build_keys
from components._report.scales import Extent, Scale
from components._report.svg import draw_path, draw_shapes, draw_text, has_nan


@dataclass(frozen=True)
class Line:
    """A line through points in their order, broken where a value is NaN.

    Attributes
    ----------
    xs, ys : sequence of float
        Places.
    colour : str
        Colour.
    is_dotted, is_stepped : bool
        Whether it has gaps, and whether each value holds up to the next x.
    width : float
        Width in pixels.
    name : str
        Its text in the legend.
    """

    xs: Sequence[float]
    ys: Sequence[float]
    colour: str = BLUE
    is_dotted: bool = False
    is_stepped: bool = False
    width: float = 2
    name: str = ""

    def get_keys(self) -> list[Key]:
        return build_keys(self.name, self.colour, "dotted" if self.is_dotted else "line")

    def get_extents(self) -> tuple[Extent, Extent]:
        return Extent(self.xs), Extent(self.ys, POINT_ROOM, POINT_ROOM)

    def draw(self, x: Scale, y: Scale) -> Drawing:
        places = [(x.place(a), y.place(b)) for a, b in zip(self.xs, self.ys, strict=True)]
        pieces = [list(group) for is_gap, group in groupby(places, key=has_nan) if not is_gap]
        path = "".join(draw_path(piece, is_stepped=self.is_stepped) for piece in pieces)
        kind = "line dotted" if self.is_dotted else "line"
        return Drawing(draw_shapes([path], self.colour, (), kind, 1.0, f"stroke-width:{self.width:g}"))


@dataclass(frozen=True)
class Band:
    """The area between two lines, such as an interval around a line."""

    xs: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]
    colour: str = BLUE
    name: str = ""

    def get_keys(self) -> list[Key]:
        return build_keys(self.name, self.colour, "band")

    def get_extents(self) -> tuple[Extent, Extent]:
        return Extent(self.xs), Extent([*self.lows, *self.highs], POINT_ROOM, POINT_ROOM)

    def draw(self, x: Scale, y: Scale) -> Drawing:
        sides = [
            (x.place(a), y.place(low), y.place(high))
            for a, low, high in zip(self.xs, self.lows, self.highs, strict=True)
        ]
        pieces = [list(group) for is_gap, group in groupby(sides, key=has_nan) if not is_gap]
        path = "".join(
            draw_path([(u, low) for u, low, _ in piece] + [(u, high) for u, _, high in piece[::-1]]) + "z"
            for piece in pieces
        )
        return Drawing(draw_shapes([path], self.colour, (), "fill", 0.2))


@dataclass(frozen=True)
class Rule:
    """A dotted line across the plot at an x or a y, with a label."""

    x: float | None = None
    y: float | None = None
    label: str = ""
    colour: str = GREY

    def get_keys(self) -> list[Key]:
        return []

    def get_extents(self) -> tuple[Extent, Extent]:
        return Extent(() if self.x is None else (self.x,)), Extent(() if self.y is None else (self.y,))

    def draw(self, x: Scale, y: Scale) -> Drawing:
        shapes, texts = "", ""
        if self.x is not None:
            at = x.place(self.x)
            shapes += draw_path([(at, 0), (at, 100)])
            # Above the plot, where there are no marks.
            anchor = "start" if at < 20 else "end" if at > 80 else "middle"
            more = f'class="rule" dy="-8" text-anchor="{anchor}"'
            texts += draw_text(at, 0, self.label, more) if self.label else ""
        if self.y is not None:
            at = y.place(self.y)
            shapes += draw_path([(0, at), (100, at)])
            side = 'dy="10"' if at < 15 else 'dy="-8"'
            texts += draw_text(100, at, self.label, f'{side} text-anchor="end"') if self.label else ""
        return Drawing(draw_shapes([shapes], self.colour, (), "line dotted", 1.0, "stroke-width:1.5"), texts)
