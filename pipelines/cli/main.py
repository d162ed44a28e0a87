"""The commands and their exit status.

kfp is imported when a command needs it, not before: help and mistakes are answered at once.
"""

import sys
from collections.abc import Sequence
from types import ModuleType

from components.errors import DiskFull, SuiteError
from pipelines.cli import (
    compare,
    data,
    doctor,
    drill,
    models,
    parameters,
    reproduce,
    run,
    runs,
    schedule,
    serve,
    submit,
)
from pipelines.cli import compile as compile_command
from pipelines.cli.parser import CommandParser, check_unknown_words, list_variable_words
from pipelines.interface import reword

_FAILED = 1
WRONG_USAGE = 2
# Each has HELP and ``add_options(parser)``, which sets the function that carries the command out.
_COMMANDS: dict[str, ModuleType] = {
    "run": run,
    "serve": serve,
    "compile": compile_command,
    "submit": submit,
    "schedule": schedule,
    "runs": runs,
    "models": models,
    "compare": compare,
    "reproduce": reproduce,
    "data": data,
    "drill": drill,
    "doctor": doctor,
    "parameters": parameters,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None
        The words of the command line. None: those of this process.

    Returns
    -------
    int
        0 for success; 1 for a run that failed or was rejected, for a change whose model is worse, and for
        everything that prevents a run on a cluster; 2 for wrong usage; 130 for an interruption.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parser = build_parser()
        given, unknown = parser.parse_known_args(words)
        variables = list(list_variable_words(given.parser, getattr(given, "pipeline", None)))
        if variables:
            given, unknown = parser.parse_known_args([*words, *variables])
        if unknown:
            given.settings = [*getattr(given, "settings", []), *check_unknown_words(unknown, given.parser)]
        status: int = given.command(given)
    except SuiteError as error:
        sys.stderr.write(f"error: {reword(str(error))}\n")
        return WRONG_USAGE
    except OSError as error:
        full = DiskFull.find(error)
        if full is None:
            raise
        sys.stderr.write(f"error: {full}\n")
        return _FAILED
    return status


def build_parser() -> CommandParser:
    """Return the parser of all commands."""
    parser = CommandParser(
        prog="python -m pipelines", description="Run the suite's pipelines, here and on a cluster."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    for name, module in _COMMANDS.items():
        module.add_options(commands.add_parser(name, help=module.HELP, description=module.__doc__))
    return parser
