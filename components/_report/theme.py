"""The look of pages and figures."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), clear to people with any colour vision.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
BLACK = "#000000"
GREY = "#8A94A6"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, BLACK)

# Colour scales: from zero to much, and from one extreme through zero to the other.
SEQUENTIAL = ((0.0, "#F3F6FA"), (0.5, SKY), (1.0, BLUE))
DIVERGING = ((0.0, RED), (0.25, "#F0B48A"), (0.5, "#F7F8FA"), (0.75, "#8CC3E8"), (1.0, BLUE))

_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_INK = "#1F2937"
_MUTED = "#5B6472"
_LINE = "#E5E7EB"


def style_figure(figure: "go.Figure", *, height: int = 320, title: str = "") -> "go.Figure":
    """Give a figure the suite's look, in place, and return it; ``height`` is in pixels."""
    axis = {"gridcolor": _LINE, "zerolinecolor": _LINE, "linecolor": "#CBD2DC", "automargin": True}
    figure.update_layout(
        template="none",
        height=height,
        title={"text": title, "font": {"size": 14}, "x": 0, "xanchor": "left", "xref": "paper"},
        margin={"l": 48, "r": 12, "t": 40 if title else 16, "b": 40},
        font={"family": _FONT, "size": 12, "color": _INK},
        colorway=list(PALETTE),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        hoverlabel={"font": {"family": _FONT}},
    )
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def escape_label(text: str) -> str:
    """Return a name as a label of a figure: escaped, because plotly reads markup."""
    return escape(text, quote=False)


def shorten_label(text: str, most: int = 28) -> str:
    """Return a name as a label of a figure, cut in the middle."""
    if len(text) > most:
        tail = most // 3
        text = f"{text[: most - tail - 1]}…{text[-tail:]}"
    return escape_label(text)
