"""Charts as HTML with SVG: without a script, as wide as the page and in its colours.

Shapes stretch with the page; texts are HTML or SVG beside them, and do not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from markupsafe import Markup

from components._report.bars import Bars, build_grouped_bars
from components._report.cells import Cells
from components._report.lines import Band, Line, Rule
from components._report.marks import Key, Mark
from components._report.points import Box, Points
from components._report.scales import Axis, Scale, fit_scale
from components._report.svg import draw_grid
from components._report.ticks import Tick, shorten_label

__all__ = [
    "Axis",
    "Band",
    "Bars",
    "Box",
    "Cells",
    "Chart",
    "Line",
    "Mark",
    "Points",
    "Rule",
    "build_grouped_bars",
    "render_chart",
]

_MOST_X_TICKS = 5
_PIXELS_PER_TICK = 45
# With more names under the plot they are upright: on a phone, and everywhere.
_MANY_NAMES, _TOO_MANY_NAMES = 4, 10
_MOST_NAMES = 40


@dataclass(frozen=True)
class Chart:
    """Marks on two axes.

    Attributes
    ----------
    title : str
        Shown above; none for an empty one.
    x, y : Axis
        Axes.
    marks : sequence of Mark
        What is drawn, the first below the others.
    height : int
        Height of the plot without its titles and the labels under it, in pixels.
    description : str
        What it shows, for those who cannot see it; shown to nobody else.
    """

    title: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]
    height: int = 240
    description: str = ""

    def describe(self) -> str:
        """Return the title and the description in one text, or what the axes show."""
        axes = " by ".join(filter(None, (self.y.title, self.x.title)))
        return ". ".join(filter(None, (self.title, self.description))) or axes or "chart"


def render_chart(chart: Chart) -> Markup:
    """Return the HTML of a chart, with every text escaped."""
    extents = [mark.get_extents() for mark in chart.marks]
    x = fit_scale(chart.x, [extent for extent, _ in extents], is_vertical=False)
    y = fit_scale(chart.y, [extent for _, extent in extents], is_vertical=True)
    x_ticks = x.compute_ticks(_MOST_X_TICKS)
    y_ticks = y.compute_ticks(min(max(chart.height // _PIXELS_PER_TICK, 2), 6))
    drawings = [mark.draw(x, y) for mark in chart.marks]
    grid = draw_grid(
        () if x.axis.kind == "category" else [x.place(tick.value) for tick in x_ticks],
        () if y.axis.kind == "category" else [y.place(tick.value) for tick in y_ticks],
    )
    parts = [
        '<figure class="chart">',
        f"<figcaption>{escape(chart.title)}</figcaption>" if chart.title else "",
        f'<div role="img" aria-label="{escape(chart.describe())}">',
        _render_legend(chart),
        f'<div class="axis-title">{escape(chart.y.title)}</div>' if chart.y.title else "",
        f'<div class="plot" style="--h:{chart.height}px">',
        _render_y_labels(y, y_ticks),
        '<svg class="plane" aria-hidden="true"><svg viewBox="0 0 100 100" preserveAspectRatio="none">',
        grid,
        *(drawing.shapes for drawing in drawings),
        "</svg>",
        *(drawing.texts for drawing in drawings),
        "</svg>",
        _render_x_labels(x, x_ticks),
        f'<div class="axis-title x-title">{escape(chart.x.title)}</div>' if chart.x.title else "",
        "</div></div></figure>",
    ]
    return Markup("".join(parts))  # noqa: S704  # every text in it is escaped


def _render_legend(chart: Chart) -> str:
    keys = dict.fromkeys(chain.from_iterable(mark.get_keys() for mark in chart.marks))
    return f'<div class="legend">{"".join(map(_render_key, keys))}</div>' if keys else ""


def _render_key(key: Key) -> str:
    return f'<span class="{key.shape}"><i style="--c:{escape(key.colour)}"></i>{escape(key.name)}</span>'


def _render_y_labels(scale: Scale, ticks: Sequence[Tick]) -> str:
    labels = [
        f'<span style="top:{scale.place(tick.value):.4g}%"{_render_full_text(tick.text)}>'
        f"{escape(shorten_label(tick.text))}</span>"
        for tick in ticks
    ]
    return f'<div class="y">{"".join(labels)}</div>'


def _render_x_labels(scale: Scale, ticks: Sequence[Tick]) -> str:
    if scale.axis.kind == "category":
        return _render_names(ticks)
    return f'<div class="x">{"".join(_iterate_x_labels(scale, ticks))}</div>' if ticks else ""


def _iterate_x_labels(scale: Scale, ticks: Sequence[Tick]) -> Iterator[str]:
    for tick in ticks:
        place = scale.place(tick.value)
        # At the edges a text begins or ends at its tick, so that it is not cut.
        side = ' class="start"' if place < 5 else ' class="end"' if place > 95 else ""
        yield f'<span{side} style="left:{place:.4g}%">{escape(tick.text)}</span>'


def _render_names(ticks: Sequence[Tick]) -> str:
    every = -(-len(ticks) // _MOST_NAMES)
    names = [
        f"<span{_render_full_text(tick.text)}>{escape(shorten_label(tick.text, 20))}</span>"
        if at % every == 0
        else "<span></span>"
        for at, tick in enumerate(ticks)
    ]
    amount = "too-many" if len(ticks) > _TOO_MANY_NAMES else "many" if len(ticks) > _MANY_NAMES else "few"
    return f'<div class="names {amount}">{"".join(names)}</div>' if names else ""


def _render_full_text(text: str) -> str:
    return f' title="{escape(text)}"' if len(text) > len(shorten_label(text, 12)) else ""
