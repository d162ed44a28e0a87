"""Compare versions of tables, and find the versions that contain a row."""

from types import ModuleType

from pipelines.cli import data_diff, data_forget
from pipelines.cli.parser import CommandParser

HELP = "versions of tables: diff, forget"
# Each has HELP and ``add_options(parser)``, as the commands have.
_ACTIONS: dict[str, ModuleType] = {"diff": data_diff, "forget": data_forget}


def add_options(parser: CommandParser) -> None:
    """Add a parser for each action."""
    commands = parser.add_subparsers(metavar="ACTION", required=True, parser_class=CommandParser)
    for name, module in _ACTIONS.items():
        module.add_options(commands.add_parser(name, help=module.HELP, description=module.__doc__))
