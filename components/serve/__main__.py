"""Serve a model: ``python -m components.serve --model_dir runs/<run>/model``."""

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import get_args, get_type_hints

from components.errors import print_user_errors
from components.serve.settings import Settings


def parse_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line; options have the names of KServe's own servers."""
    parser = argparse.ArgumentParser(prog="python -m components.serve", description=__doc__)
    declared = get_type_hints(Settings, include_extras=True)
    for option in fields(Settings):
        kind, text = get_args(declared[option.name])
        parser.add_argument(
            f"--{option.name}",
            type=(*get_args(kind), kind)[0],
            required=option.default is MISSING,
            default=option.default,
            help=text,
        )
    return Settings(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal stops the server.

    Raises
    ------
    SuiteError
        The model cannot be served.
    """
    settings = parse_arguments(arguments)
    # Imported after parsing: it takes seconds, and KServe parses the command line at import too.
    from components.serve.run import run

    run(settings)


if __name__ == "__main__":
    print_user_errors()
    main()
