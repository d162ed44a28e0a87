"""Command lines of servers: an option for each setting, with the setting's name, default and text."""

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


def parse_settings(
    kind: type[T], program: str, description: str | None, arguments: Sequence[str] | None = None
) -> T:
    """Return the settings of a command line.

    Parameters
    ----------
    kind : type
        A dataclass; each field is annotated with its type and its text. A bool is false by default.
    program : str
        How the program is called.
    description : str or None
        What it does.
    arguments : sequence of str or None
        The words of the command line. None: this process's own.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    declared = get_type_hints(kind, include_extras=True)
    settings: Any = kind
    for option in fields(settings):
        value, text = get_args(declared[option.name])
        if value is bool:
            parser.add_argument(f"--{option.name}", action="store_true", help=text)
            continue
        parser.add_argument(
            f"--{option.name}",
            type=(*get_args(value), value)[0],
            required=option.default is MISSING,
            default=option.default,
            help=text,
        )
    return kind(**vars(parser.parse_args(arguments)))
