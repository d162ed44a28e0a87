"""Points with their intervals, and box plots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from components._report.colours import BLUE, ORANGE
from components._report.marks import POINT_ROOM, TEXT_ROOM, Drawing, Key, build_keys
from components._report.scales import Extent, Scale
from components._report.svg import (
    Place,
    draw_dot,
    draw_path,
    draw_rectangle,
    draw_shapes,
    draw_text,
    has_nan,
    list_colours,
)


@dataclass(frozen=True)
class Points:
    """Points, with intervals where both bounds of an axis are given.

    Attributes
    ----------
    xs, ys : sequence of float
        Places; one with a NaN is left out.
    x_lows, x_highs, y_lows, y_highs : sequence of float
        Bounds of the intervals.
    colours : str or sequence of str
        One colour for all or one for each.
    size : float
        Radius in pixels.
    name : str
        Its text in the legend.
    tips, labels : sequence of str
        Texts shown while the pointer is over a point, and texts beside points.
    symbol : str
        ``circle`` or ``cross``.
    opacity : float
        From 0 to 1.
    """

    xs: Sequence[float]
    ys: Sequence[float]
    x_lows: Sequence[float] = ()
    x_highs: Sequence[float] = ()
    y_lows: Sequence[float] = ()
    y_highs: Sequence[float] = ()
    colours: str | Sequence[str] = BLUE
    size: float = 4
    name: str = ""
    tips: Sequence[str] = ()
    labels: Sequence[str] = ()
    symbol: Literal["circle", "cross"] = "circle"
    opacity: float = 1.0

    def get_keys(self) -> list[Key]:
        return build_keys(self.name, self.colours, "dot" if self.symbol == "circle" else "cross")

    def get_extents(self) -> tuple[Extent, Extent]:
        room = max(POINT_ROOM, TEXT_ROOM if self.labels else 0)
        return (
            Extent([*self.xs, *self.x_lows, *self.x_highs], POINT_ROOM, room),
            Extent([*self.ys, *self.y_lows, *self.y_highs], POINT_ROOM, POINT_ROOM),
        )

    def draw(self, x: Scale, y: Scale) -> Drawing:
        places = [(x.place(a), y.place(b)) for a, b in zip(self.xs, self.ys, strict=True)]
        intervals = list(self._iterate_intervals(x, y, places))
        n_rounds = len(intervals) // max(len(places), 1)
        lines = draw_shapes(
            ["" if has_nan((*start, *end)) else draw_path([start, end]) for start, end in intervals],
            self.colours if isinstance(self.colours, str) else [*self.colours] * n_rounds,
            (),
            "line",
            self.opacity,
        )
        texts = "".join(self._iterate_labels(x, places))
        if self.symbol == "cross":
            return Drawing(lines, texts + self._draw_crosses(places))
        dots = ["" if has_nan(place) else draw_dot(*place) for place in places]
        width = f"stroke-width:{2 * self.size:g}"
        return Drawing(lines + draw_shapes(dots, self.colours, self.tips, "dot", self.opacity, width), texts)

    def _iterate_intervals(
        self, x: Scale, y: Scale, places: Sequence[Place]
    ) -> Iterator[tuple[Place, Place]]:
        if self.x_lows:
            for low, high, (_, v) in zip(self.x_lows, self.x_highs, places, strict=True):
                yield (x.place(low), v), (x.place(high), v)
        if self.y_lows:
            for low, high, (u, _) in zip(self.y_lows, self.y_highs, places, strict=True):
                yield (u, y.place(low)), (u, y.place(high))

    def _iterate_labels(self, x: Scale, places: Sequence[Place]) -> Iterator[str]:
        # A label is behind the interval.
        ends = map(x.place, self.x_highs or self.xs)
        labels = self.labels or ("",) * len(places)
        for (u, v), end, label in zip(places, ends, labels, strict=True):
            if label and not has_nan((u, v, end)):
                yield draw_text(end, v, label, f'dx="{self.size + 4:g}"')

    def _draw_crosses(self, places: Sequence[Place]) -> str:
        colours = list_colours(self.colours, len(places))
        tips = self.tips or ("",) * len(places)
        size = f"opacity:{self.opacity:g};font-size:{4 * self.size:g}px"
        return "".join(
            draw_text(
                *place,
                "×",
                f'class="cross" style="fill:{escape(colour)};{size}"',
                tip,
            )
            for place, colour, tip in zip(places, colours, tips, strict=True)
            if not has_nan(place)
        )


@dataclass(frozen=True)
class Box:
    """A box plot of one column or group.

    Attributes
    ----------
    place : float
        Its middle on its own axis; the box is 0.5 wide there.
    low, q1, median, q3, high : float
        Ends of the whiskers, quartiles and median.
    outliers : sequence of float
        Values beyond the whiskers.
    colour, tip : str
        Colour, and the text shown while the pointer is over the box.
    is_horizontal : bool
        Whether the values are on the horizontal axis.
    """

    place: float
    low: float
    q1: float
    median: float
    q3: float
    high: float
    outliers: Sequence[float] = ()
    colour: str = BLUE
    tip: str = ""
    is_horizontal: bool = True

    def get_keys(self) -> list[Key]:
        return []

    def get_extents(self) -> tuple[Extent, Extent]:
        values = Extent([self.low, self.high, *self.outliers], POINT_ROOM, POINT_ROOM)
        sides = Extent([self.place - 0.5, self.place + 0.5])
        return (values, sides) if self.is_horizontal else (sides, values)

    def draw(self, x: Scale, y: Scale) -> Drawing:
        across, along = (x, y) if self.is_horizontal else (y, x)
        low, q1, median, q3, high = map(across.place, (self.low, self.q1, self.median, self.q3, self.high))
        middle, first, last = (along.place(self.place + shift) for shift in (0, -0.25, 0.25))
        lines = "".join(
            draw_path([self._turn(*start), self._turn(*end)])
            for start, end in (
                ((low, middle), (q1, middle)),
                ((q3, middle), (high, middle)),
                ((median, first), (median, last)),
            )
        )
        outline = draw_rectangle(*self._turn(q1, first), *self._turn(q3, last))
        dots = [draw_dot(*self._turn(across.place(value), middle)) for value in self.outliers]
        tips = (self.tip,) if self.tip else ()
        return Drawing(
            draw_shapes([outline], self.colour, tips, "fill", 0.25)
            + draw_shapes([outline + lines], self.colour, (), "line", 1.0)
            + draw_shapes(dots, ORANGE, (), "dot", 0.7, "stroke-width:5")
        )

    def _turn(self, value: float, side: float) -> tuple[float, float]:
        return (value, side) if self.is_horizontal else (side, value)
