"""Bars, alone and in groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from components._report.colours import BLUE
from components._report.formats import format_share
from components._report.marks import TEXT_ROOM, Drawing, Key, build_keys
from components._report.scales import Extent, Scale
from components._report.svg import draw_rectangle, draw_shapes, draw_steps, draw_text, has_nan

_MIDDLE = 'text-anchor="middle"'
# Of the room of a place, how much a group of bars takes.
_GROUP_WIDTH = 0.8


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
        return build_keys(self.name, self.colours, "area")

    def get_extents(self) -> tuple[Extent, Extent]:
        halves = [width / 2 for width in self._widths]
        sides = [
            place + side * half for place, half in zip(self.places, halves, strict=True) for side in (-1, 1)
        ]
        room = TEXT_ROOM if self.labels else 0.0
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


def build_grouped_bars(
    names: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[float]]],
    *,
    is_horizontal: bool = False,
) -> list[Bars]:
    """Return bars of shares side by side: at each place one for each series.

    Parameters
    ----------
    names : sequence of str
        What the places are, for the tips.
    series : sequence of (str, str, sequence of float)
        Name and colour of each series, and its shares.
    is_horizontal : bool
        Whether places are on the vertical axis.
    """
    step = _GROUP_WIDTH / len(series)
    return [
        Bars(
            [place + step * (number - (len(series) - 1) / 2) for place in range(len(names))],
            shares,
            width=0.9 * step,
            colours=colour,
            name=title,
            tips=[
                f"{name}, {title}: {format_share(share, 2)}"
                for name, share in zip(names, shares, strict=True)
            ],
            is_horizontal=is_horizontal,
        )
        for number, (title, colour, shares) in enumerate(series)
    ]
