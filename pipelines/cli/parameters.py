"""Print the parameters of every pipeline as Markdown tables, as they stand in docs/parameters.md."""

import argparse
import json
import sys
from typing import Any

from pipelines.catalogue import PIPELINES
from pipelines.cli.parser import CommandParser, list_option_names
from pipelines.parameters import Parameter, read_signature

HELP = "print the parameters of every pipeline as Markdown"
_INTRODUCTION = """# Parameters

This page is generated from the pipelines' signatures by `make docs`.

Each parameter has one name. Give it as a variable (`make run TRIALS=50`, `make submit TRIALS=50`),
as a word (`.venv/bin/python -m pipelines run training trials=50`), as an option (`--trials 50`), in
a YAML file (`make run PARAMETERS=file.yaml`), or in the dashboard, which sorts them by name.
Write a list as `a,b` and a mapping as JSON or as the path of a YAML file.
"""


def add_options(parser: CommandParser) -> None:
    """Add the command's options: it has none."""
    parser.set_defaults(command=_print, parser=parser)


def _print(_: argparse.Namespace) -> int:
    sys.stdout.write(render_page())
    return 0


def render_page() -> str:
    """Return the page of all parameters."""
    return "\n".join([_INTRODUCTION, *(_render_table(name) for name in PIPELINES)])


def _render_table(pipeline: str) -> str:
    rows = [_render_row(pipeline, parameter) for parameter in read_signature(pipeline).values()]
    head = ["| parameter | variable | default | what it is |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {pipeline}\n", *head, *rows, ""])


def _render_row(pipeline: str, parameter: Parameter) -> str:
    variable = list_option_names(pipeline, parameter.name)[0].upper().replace("-", "_")
    default = "required" if parameter.is_required else _format_default(parameter.default)
    return f"| `{parameter.name}` | `{variable}` | {default} | {parameter.description} |"


def _format_default(value: Any) -> str:
    return "" if value in ("", {}, []) else f"`{value if isinstance(value, str) else json.dumps(value)}`"
