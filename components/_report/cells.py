"""Coloured cells of two category axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from components._report.colours import BLUE, RED
from components._report.marks import Drawing, Key
from components._report.scales import Extent, Scale
from components._report.svg import draw_rectangle, draw_shapes, draw_text

# How strong the colour of a cell can be; one with a text is paler, so that the text stays legible.
_WEAKEST, _STRONGEST, _STRONGEST_UNDER_TEXT = 0.04, 1.0, 0.55
_IN_CELL = 'class="cell" text-anchor="middle"'


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
