"""The marks of a chart: bars, points, lines and so on, each of which draws itself as SVG.

Shapes are drawn in a square of 100 units that a chart stretches to its width and height; widths of strokes
are in pixels all the same. Texts are drawn beside the square, because they must not stretch.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Literal, NamedTuple, Protocol

from components._report.colours import BLUE, GREY, INK, ORANGE, RED
from components._report.scales import Extent, Scale
from components._report.svg import (
    Place,
    draw_dot,
    draw_path,
    draw_rectangle,
    draw_shapes,
    draw_steps,
    draw_text,
    has_nan,
    list_colours,
)

# Room for the texts at the ends of bars and beside points, and around points, as shares of the range.
_TEXT_ROOM = 0.18
_POINT_ROOM = 0.04
# How strong the colour of a cell can be; one with a text is paler, so that the text stays legible.
_WEAKEST, _STRONGEST, _STRONGEST_UNDER_TEXT = 0.04, 1.0, 0.55
_MIDDLE = 'text-anchor="middle"'
_IN_CELL = f'class="cell" {_MIDDLE}'


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


@dataclass(frozen=True)
class Bars:
    """Bars of any width from ``starts``, by default 0, to ``ends``.

    Attributes
    ----------
    places, ends, starts : sequence of float
        The middle of each bar on its own axis, and its ends on the other.
    width : float or sequence of float
        Width in units of the axis of places.
    colours : str or sequence of str
        One colour for all or one for each.
    name : str
        Its text in the legend, none for an empty one.
    tips : sequence of str
        Texts shown while the pointer is over a bar.
    labels : sequence of str
        Texts beside the ends.
    is_horizontal : bool
        Whether places are on the vertical axis.
    opacity : float
        From 0 to 1.
    """

    places: Sequence[float]
    ends: Sequence[float]
    starts: Sequence[float] = ()
    width: float | Sequence[float] = 0.8
    colours: str | Sequence[str] = BLUE
    name: str = ""
    tips: Sequence[str] = ()
    is_horizontal: bool = False
    opacity: float = 1.0
    labels: Sequence[str] = ()

    def get_keys(self) -> list[Key]:
        return _build_keys(self.name, self.colours, "area")

    def get_extents(self) -> tuple[Extent, Extent]:
        halves = [width / 2 for width in self._widths]
        sides = [
            place + side * half for place, half in zip(self.places, halves, strict=True) for side in (-1, 1)
        ]
        room = _TEXT_ROOM if self.labels else 0.0
        falls = any(end < start for start, end in zip(self._starts, self.ends, strict=True))
        lengths = Extent([*self._starts, *self.ends], room if falls else 0.0, room)
        return (lengths, Extent(sides)) if self.is_horizontal else (Extent(sides), lengths)

    def draw(self, x: Scale, y: Scale) -> Drawing:
        along, across = (y, x) if self.is_horizontal else (x, y)
        boxes, texts = [], []
        labels = self.labels or ("",) * len(self.places)
        for place, width, start, end, label in zip(
            self.places, self._widths, self._starts, self.ends, labels, strict=True
        ):
            low, high = sorted((along.place(place - width / 2), along.place(place + width / 2)))
            first, last = across.place(start), across.place(end)
            boxes.append((first, low, last, high) if self.is_horizontal else (low, first, high, last))
            if label and not has_nan(boxes[-1]):
                middle = (low + high) / 2
                texts.append(self._draw_label(last, middle, label, is_before=end < start))
        paths = self._draw_boxes(boxes)
        return Drawing(draw_shapes(paths, self.colours, self.tips, "fill", self.opacity), "".join(texts))

    def _draw_boxes(self, boxes: Sequence[tuple[float, float, float, float]]) -> list[str]:
        if self.tips or self.is_horizontal or not isinstance(self.colours, str):
            return ["" if has_nan(box) else draw_rectangle(*box) for box in boxes]
        # One outline of bars that touch has no seams, and a third of the length.
        touching: list[list[tuple[float, float, float, float]]] = []
        for box in boxes:
            last = touching[-1][-1] if touching else (math.nan,) * 4
            if has_nan(box):
                continue
            if math.isclose(last[2], box[0], abs_tol=0.01) and last[1] == box[1]:
                touching[-1].append(box)
            else:
                touching.append([box])
        return [draw_steps(group) for group in touching]

    def _draw_label(self, end: float, middle: float, label: str, *, is_before: bool) -> str:
        if self.is_horizontal:
            more = 'dx="-4" text-anchor="end"' if is_before else 'dx="4"'
            return draw_text(end, middle, label, more)
        return draw_text(middle, end, label, f'dy="{12 if is_before else -8}" {_MIDDLE}')

    @property
    def _starts(self) -> Sequence[float]:
        return self.starts or (0.0,) * len(self.ends)

    @property
    def _widths(self) -> Sequence[float]:
        return (self.width,) * len(self.places) if isinstance(self.width, int | float) else self.width


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
        return _build_keys(self.name, self.colours, "dot" if self.symbol == "circle" else "cross")

    def get_extents(self) -> tuple[Extent, Extent]:
        room = max(_POINT_ROOM, _TEXT_ROOM if self.labels else 0)
        return (
            Extent([*self.xs, *self.x_lows, *self.x_highs], _POINT_ROOM, room),
            Extent([*self.ys, *self.y_lows, *self.y_highs], _POINT_ROOM, _POINT_ROOM),
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
        return _build_keys(self.name, self.colour, "dotted" if self.is_dotted else "line")

    def get_extents(self) -> tuple[Extent, Extent]:
        return Extent(self.xs), Extent(self.ys, _POINT_ROOM, _POINT_ROOM)

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
        return _build_keys(self.name, self.colour, "band")

    def get_extents(self) -> tuple[Extent, Extent]:
        return Extent(self.xs), Extent([*self.lows, *self.highs], _POINT_ROOM, _POINT_ROOM)

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
        values = Extent([self.low, self.high, *self.outliers], _POINT_ROOM, _POINT_ROOM)
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


@dataclass(frozen=True)
class Cells:
    """Coloured cells on two category axes.

    Attributes
    ----------
    values : sequence of sequences of float
        Shape (n_rows, n_columns); a NaN has no cell.
    texts, tips : sequence of sequences of str
        What is written in the cells, and shown while the pointer is over them; same shape, or empty.
    scale : str
        ``sequential`` from pale at ``low`` to blue at ``high``; ``diverging`` from red at ``-high`` through
        pale at 0 to blue at ``high``.
    low, high : float
        Range of the colours.
    """

    values: Sequence[Sequence[float]]
    texts: Sequence[Sequence[str]] = ()
    tips: Sequence[Sequence[str]] = ()
    scale: Literal["sequential", "diverging"] = "sequential"
    low: float = 0.0
    high: float = 1.0

    def get_keys(self) -> list[Key]:
        return []

    def get_extents(self) -> tuple[Extent, Extent]:
        return Extent(()), Extent(())

    def draw(self, x: Scale, y: Scale) -> Drawing:
        strongest = _STRONGEST_UNDER_TEXT if self.texts else _STRONGEST
        shapes, texts = [], []
        for row, values in enumerate(self.values):
            for column, value in enumerate(values):
                if value is None or math.isnan(value):
                    continue
                strength, colour = self._find_colour(value)
                path = draw_rectangle(
                    x.place(column - 0.49), y.place(row - 0.48), x.place(column + 0.49), y.place(row + 0.48)
                )
                tips = (self.tips[row][column],) if self.tips else ()
                opacity = max(strength * strongest, _WEAKEST)
                shapes.append(draw_shapes([path], colour, tips, "fill", opacity))
                if self.texts:
                    texts.append(draw_text(x.place(column), y.place(row), self.texts[row][column], _IN_CELL))
        return Drawing("".join(shapes), "".join(texts))

    def _find_colour(self, value: float) -> tuple[float, str]:
        if self.scale == "diverging":
            return min(abs(value) / self.high, 1.0), RED if value < 0 else BLUE
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0), BLUE


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


def _build_keys(name: str, colours: str | Sequence[str], shape: str) -> list[Key]:
    colour = colours if isinstance(colours, str) else next(iter(colours), INK)
    return [Key(name, colour, shape)] if name else []
