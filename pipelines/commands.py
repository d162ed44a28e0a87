"""The commands, their options, and their exit status.

kfp is imported when a command needs it, not before: help and mistakes are answered at once.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from components.errors import SuiteError

WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None
        The words of the command line. None: those of this process.

    Returns
    -------
    int
        0 for success, 1 for a run that failed or was rejected, 2 for wrong usage, 130 for an interruption.
    """
    given = _parser().parse_args(arguments)
    try:
        status: int = given.command(given)
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return WRONG_USAGE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m pipelines", description="Run and compile the suite's pipelines.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_compile(commands.add_parser("compile", help="write the specs that Kubeflow Pipelines runs"))
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is short: the whole usage is asked for with --help."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"error: {message}\nSee {self.prog} --help.\n")


def _add_compile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--registry", help="where the images are (default: REGISTRY, else docker.io/kfptabular)"
    )
    parser.add_argument("--tag", help="tag of the images (default: TAG, else git describe)")
    parser.add_argument("--output", default="dist", help="folder to write to (default: %(default)s)")
    parser.set_defaults(command=_compile)


def _compile(given: argparse.Namespace) -> int:
    from pipelines.compiling import compile_all

    for path in compile_all(given.output, given.registry, given.tag):
        sys.stdout.write(f"{path}\n")
    return 0
