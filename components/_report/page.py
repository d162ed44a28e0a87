"""Report pages: one HTML file each that needs no network, made from templates.

A stage's template is in the stage's folder. It extends ``page.html``, which has the style and the scripts,
and uses the macros of ``blocks.html``. Every value is escaped, unless a template marks it as safe.
"""

import base64
import gzip
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from jinja2 import Environment, FunctionLoader, StrictUndefined

from components._report.charts import render_chart
from components._report.colours import DARK, LIGHT
from components.errors import format_count

if TYPE_CHECKING:
    import plotly.graph_objects as go

Level = Literal["good", "note", "warning", "error"]
Message = tuple[Level, str]
Cell = str | int | float | None


def render_page(template: str, **values: object) -> str:
    """Return the HTML of a page.

    Parameters
    ----------
    template : str
        Path of the template from the root of the repository, such as ``components/eda/report.html``.
    **values : object
        What the template shows.

    Raises
    ------
    jinja2.UndefinedError
        The template uses a value that it was not given.
    """
    return _build_environment().get_template(template).render(values)


def format_value(value: Cell) -> str:
    """Return a value as text: numbers with separators and at most four significant digits."""
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def format_share(share: float, digits: int = 1) -> str:
    """Return a share, from 0 to 1, in per cent."""
    return f"{share:.{digits}%}"


def format_duration(seconds: float) -> str:
    """Return a time as text, in seconds, minutes or hours."""
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def find_numeric_columns(rows: Sequence[Sequence[Cell]], n_columns: int) -> list[bool]:
    """Return for each column of a table whether its cells are numbers; None may be among them."""
    columns = [[row[i] for row in rows if row[i] is not None] for i in range(n_columns)]
    return [bool(cells) and all(isinstance(cell, int | float) for cell in cells) for cells in columns]


def to_script_json(drawing: "go.Figure") -> str:
    """Return a figure as JSON for a script, in which "<" is escaped so that it cannot end the script."""
    return str(drawing.to_json()).replace("<", "\\u003c")


@cache
def _build_environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        find_numeric_columns,
        format_count,
        format_duration,
        format_share,
        format_value,
        render_chart,
        to_script_json,
    )
    environment.filters.update({function.__name__: function for function in filters})
    environment.globals.update(light=LIGHT, dark=DARK, pack_plotly=_pack_plotly)
    return environment


def _read_template(name: str) -> tuple[str, str, Callable[[], bool] | None]:
    package, _, file = name.rpartition("/")
    path = files(package.replace("/", ".")) / file
    return path.read_text(encoding="utf-8"), str(path), None


@cache
def _pack_plotly() -> str:
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()
