"""A report page: sections of text, tables, tiles and figures in one file that needs no network.

Blocks are strings of HTML; every function here escapes its texts. The page contains plotly.js once,
compressed, and draws a figure when the reader scrolls to it.
"""

import base64
import gzip
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Literal, NewType

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from components._report.theme import STYLE

Block = NewType("Block", str)
Level = Literal["good", "note", "warning", "error"]
Cell = str | int | float | None

# DecompressionStream and inline scripts work in the sandboxed frame of the Kubeflow dashboard as well as
# from a file (https://developer.mozilla.org/docs/Web/API/DecompressionStream).
_LOADER = """
(async () => {
  const packed = document.getElementById("plotly").textContent;
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const figure = JSON.parse(box.querySelector("script").textContent);
    Plotly.newPlot(box, figure.data, figure.layout, { responsive: true, displaylogo: false,
      displayModeBar: false });
  };
  const boxes = [...document.querySelectorAll(".figure")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "400px" });
  boxes.forEach((box) => watcher.observe(box));
  addEventListener("beforeprint", () => boxes.forEach(draw));
})();
"""


def render_page(title: str, subtitle: str, *blocks: Block) -> str:
    """Return a page with a heading, a line under it, and blocks in order."""
    body = "".join(blocks)
    scripts = ""
    if 'class="figure"' in body:
        scripts = (
            f'<script id="plotly" type="application/gzip">{_pack_plotly()}</script><script>{_LOADER}</script>'
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p class="subtitle">{escape(subtitle)}</p>'
        f"{body}</main>{scripts}</body></html>"
    )


def render_section(title: str, *blocks: Block) -> Block:
    """Return a titled box around blocks."""
    return Block(f"<section><h2>{escape(title)}</h2>{''.join(blocks)}</section>")


def render_heading(text: str) -> Block:
    """Return a heading inside a section."""
    return Block(f"<h3>{escape(text)}</h3>")


def render_paragraph(text: str) -> Block:
    """Return a paragraph."""
    return Block(f"<p>{escape(text)}</p>")


def render_tiles(*facts: tuple[str, Cell]) -> Block:
    """Return values in large type, each with its label: ``(label, value)``."""
    boxes = (
        f'<div class="tile"><b>{escape(format_value(value))}</b><span>{escape(label)}</span></div>'
        for label, value in facts
    )
    return Block(f'<div class="tiles">{"".join(boxes)}</div>')


def render_grid(*blocks: Block) -> Block:
    """Return blocks side by side, as many as fit."""
    return Block(f'<div class="grid">{"".join(blocks)}</div>')


def render_card(title: str, facts: str, *blocks: Block) -> Block:
    """Return a part of a section: a title, a line of facts, and blocks."""
    return Block(
        f'<article><h3>{escape(title)}</h3><p class="facts">{escape(facts)}</p>{"".join(blocks)}</article>'
    )


def render_details(title: str, *blocks: Block) -> Block:
    """Return blocks that the reader can unfold."""
    return Block(f"<details><summary>{escape(title)}</summary>{''.join(blocks)}</details>")


def render_messages(*items: tuple[Level, str]) -> Block:
    """Return a list of messages, each with the colour of its level."""
    rows = (f'<li class="{level}">{escape(text)}</li>' for level, text in items)
    return Block(f'<ul class="messages">{"".join(rows)}</ul>')


def render_table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Block:
    """Return a table; columns of numbers are aligned to the right.

    Parameters
    ----------
    headers : sequence of str of length n_columns
        Names of the columns.
    rows : sequence of sequences of length n_columns
        The cells; None is shown as a dash.
    """
    numeric = [
        any(row[i] is not None for row in rows)
        and all(row[i] is None or isinstance(row[i], int | float) for row in rows)
        for i in range(len(headers))
    ]
    kind = [' class="number"' if is_number else "" for is_number in numeric]
    head = "".join(f"<th{k}>{escape(name)}</th>" for k, name in zip(kind, headers, strict=True))
    lines = (
        "".join(f"<td{k}>{escape(format_value(cell))}</td>" for k, cell in zip(kind, row, strict=True))
        for row in rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return Block(
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def render_figure(drawing: go.Figure) -> Block:
    """Return an interactive figure."""
    # "<" is escaped so that a column named "</script>" stays text.
    data = drawing.to_json().replace("<", "\\u003c")
    height = drawing.layout.height or 320
    label = f' aria-label="{escape(drawing.layout.title.text)}"' if drawing.layout.title.text else ""
    return Block(
        f'<div class="figure" role="img"{label} style="min-height:{height}px">'
        f'<script type="application/json">{data}</script></div>'
    )


def format_value(value: Cell) -> str:
    """Return a value as text: numbers with separators and at most four significant digits."""
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


@cache
def _pack_plotly() -> str:
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()
