"""The look of pages and figures."""

import plotly.graph_objects as go

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), told apart with any colour vision.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
GREY = "#8A94A6"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_INK = "#1F2937"
_LINE = "#E5E7EB"

STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: #F6F7F9; color: {_INK}; font: 15px/1.55 {_FONT}; }}
main {{ max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }}
h1 {{ font-size: 28px; line-height: 1.2; margin: 0 0 4px; }}
h2 {{ font-size: 18px; margin: 0 0 12px; }}
h3 {{ font-size: 15px; margin: 20px 0 6px; }}
p {{ margin: 0 0 10px; max-width: 80ch; }}
.subtitle {{ color: #5B6472; margin-bottom: 24px; }}
section {{ background: #fff; border: 1px solid {_LINE}; border-radius: 10px; padding: 20px 22px;
  margin: 0 0 18px; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px;
  margin: 0 0 18px; }}
.tile {{ background: #fff; border: 1px solid {_LINE}; border-radius: 10px; padding: 14px 16px; }}
.tile b {{ display: block; font-size: 22px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
.tile span {{ color: #5B6472; font-size: 13px; }}
.grid {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 14px; }}
.grid > * {{ min-width: 0; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
th, td {{ text-align: left; padding: 6px 10px; border-bottom: 1px solid {_LINE}; vertical-align: top; }}
th {{ color: #5B6472; font-weight: 600; white-space: nowrap; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
ul.messages {{ list-style: none; margin: 0; padding: 0; }}
ul.messages li {{ padding: 8px 12px; margin: 0 0 8px; border-left: 4px solid {GREY}; background: #F9FAFB; }}
ul.messages li.good {{ border-color: {GREEN}; }}
ul.messages li.warning {{ border-color: {ORANGE}; }}
ul.messages li.error {{ border-color: {RED}; }}
.figure {{ min-height: 60px; }}
"""


def styled(figure: go.Figure, *, height: int = 320, title: str = "") -> go.Figure:
    """Give a figure the suite's look and return it.

    Parameters
    ----------
    figure : Figure
        The figure, changed in place.
    height : int
        Height in pixels.
    title : str
        Title; empty for none.
    """
    axis = {"gridcolor": _LINE, "zerolinecolor": _LINE, "linecolor": "#CBD2DC", "automargin": True}
    figure.update_layout(
        template="none",
        height=height,
        title={"text": title, "font": {"size": 14}, "x": 0, "xanchor": "left", "xref": "paper"},
        margin={"l": 56, "r": 16, "t": 40 if title else 16, "b": 44},
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
