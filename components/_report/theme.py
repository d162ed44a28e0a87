"""The look of pages and figures."""

from html import escape

import plotly.graph_objects as go

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), clear to people with any colour vision.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
GREY = "#8A94A6"
# Background of dark text about a success with warnings.
AMBER = "#F2B33D"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)

# Colour scales: from zero to much, and from one extreme through zero to the other.
SEQUENTIAL = ((0.0, "#F3F6FA"), (0.5, SKY), (1.0, BLUE))
DIVERGING = ((0.0, RED), (0.25, "#F0B48A"), (0.5, "#F7F8FA"), (0.75, "#8CC3E8"), (1.0, BLUE))

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_INK = "#1F2937"
_MUTED = "#5B6472"
_LINE = "#E5E7EB"

STYLE = f"""
/* Without "only" some browsers make a page dark, and dark text on amber light. */
:root {{ color-scheme: only light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: #F6F7F9; color: {_INK}; font: 15px/1.55 {_FONT}; }}
main {{ max-width: 1160px; margin: 0 auto; padding: 36px 24px 64px; }}
h1 {{ font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; margin: 0 0 4px; text-wrap: balance; }}
h2 {{ font-size: 18px; line-height: 1.3; margin: 0 0 10px; }}
h3 {{ font-size: 15px; margin: 20px 0 6px; overflow-wrap: anywhere; }}
p {{ margin: 0 0 10px; max-width: 80ch; overflow-wrap: break-word; }}
.subtitle, .facts {{ color: {_MUTED}; }}
.subtitle {{ margin-bottom: 24px; }}
.facts {{ font-size: 13px; margin-bottom: 8px; max-width: none; }}
section {{ background: #fff; border: 1px solid {_LINE}; border-radius: 12px; padding: 20px 22px;
  margin: 0 0 18px; box-shadow: 0 1px 2px rgba(16, 24, 40, 0.04); }}
article {{ border-top: 1px solid {_LINE}; padding: 16px 0 8px; }}
article h3 {{ margin: 0 0 2px; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 0 0 18px; }}
.tile {{ background: #fff; border: 1px solid {_LINE}; border-radius: 12px; padding: 14px 16px;
  box-shadow: 0 1px 2px rgba(16, 24, 40, 0.04); }}
.tile b {{ display: block; font-size: 22px; line-height: 1.3; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }}
.tile span {{ color: {_MUTED}; font-size: 13px; }}
.grid {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 14px; }}
.grid > * {{ min-width: 0; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
th, td {{ text-align: left; padding: 6px 10px; border-bottom: 1px solid {_LINE}; vertical-align: top; }}
tbody tr:last-child td {{ border-bottom: 0; }}
th {{ color: {_MUTED}; font-weight: 600; white-space: nowrap; }}
td {{ overflow-wrap: break-word; min-width: 7ch; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
ul.messages {{ list-style: none; margin: 0 0 12px; padding: 0; }}
ul.messages li {{ padding: 8px 12px; margin: 0 0 8px; border-left: 4px solid {GREY}; background: #F9FAFB;
  border-radius: 0 8px 8px 0; overflow-wrap: break-word; }}
ul.messages li.good {{ border-color: {GREEN}; background: #F1FAF6; }}
ul.messages li.warning {{ border-color: {ORANGE}; background: #FEF9EE; }}
ul.messages li.error {{ border-color: {RED}; background: #FDF3EE; }}
details {{ margin: 10px 0 0; }}
summary {{ cursor: pointer; color: {BLUE}; font-weight: 600; font-size: 14px; padding: 4px 0; }}
.figure {{ min-height: 60px; }}
@media (max-width: 600px) {{
  main {{ padding: 20px 12px 40px; }}
  section {{ padding: 16px 14px; }}
  .tiles {{ grid-template-columns: repeat(2, minmax(0, 1fr)); }}
  .tile b {{ font-size: 18px; }}
}}
@media print {{ section, .tile {{ box-shadow: none; }} article {{ break-inside: avoid; }} }}
"""


def style_figure(figure: go.Figure, *, height: int = 320, title: str = "") -> go.Figure:
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


def shorten_label(text: str, most: int = 28) -> str:
    """Return a name as a label of a figure: cut in the middle, and escaped, because plotly reads markup."""
    if len(text) > most:
        tail = most // 3
        text = f"{text[: most - tail - 1]}…{text[-tail:]}"
    return escape(text, quote=False)
