"""Report pages: one HTML file each that needs no network, made from templates.

A stage's template is in the stage's folder. It extends ``page.html``, which has the style and the scripts,
and uses the macros of ``blocks.html``. Every value is escaped, unless a template marks it as safe.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from components._report.charts import render_chart
from components._report.colours import DARK, LIGHT
from components._report.formats import Cell, format_duration, format_share, format_value
from components.errors import format_count

__all__ = [
    "Cell",
    "Level",
    "Message",
    "find_numeric_columns",
    "format_duration",
    "format_share",
    "format_value",
    "render_page",
]

_CODE = re.compile(r"`([^`]+)`")
# A formatted number, share, interval or the dash of an unknown one.
_NUMBER = re.compile(r"–|[-\d.,]*\d%?( to [-\d.,]*\d%?)?")

Level = Literal["good", "note", "warning", "error"]
Message = tuple[Level, str]


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


def format_text(text: str) -> Markup:
    """Return a text as HTML: escaped, and what is between backticks as code."""
    # Splitting by a pattern with a group gives texts and codes in turn.
    parts = enumerate(_CODE.split(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in parts
    )


def find_numeric_columns(rows: Sequence[Sequence[Cell]], n_columns: int) -> list[bool]:
    """Return for each column of a table whether its cells are numbers, maybe as text, or None."""
    columns = [[row[i] for row in rows if row[i] is not None] for i in range(n_columns)]
    return [bool(cells) and all(map(_is_number, cells)) for cells in columns]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and bool(_NUMBER.fullmatch(cell)))


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
        format_text,
        format_value,
        render_chart,
    )
    environment.filters.update({function.__name__: function for function in filters})
    environment.globals.update(light=LIGHT, dark=DARK)
    return environment


def _read_template(name: str) -> tuple[str, str, Callable[[], bool] | None]:
    package, _, file = name.rpartition("/")
    path = files(package.replace("/", ".")) / file
    return path.read_text(encoding="utf-8"), str(path), None
