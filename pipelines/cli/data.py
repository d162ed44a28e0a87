"""Say what is expected of a table, compare its versions, and find those that contain a row."""

from types import ModuleType

from pipelines.cli import data_diff, data_forget, data_infer
from pipelines.cli.parser import CommandParser

HELP = "tables and their versions: infer, diff, forget"
# Each has HELP and ``add_options(parser)``, as the commands have.
_ACTIONS: dict[str, ModuleType] = {"infer": data_infer, "diff": data_diff, "forget": data_forget}


def add_options(parser: CommandParser) -> None:
    """Add a parser for each action."""
    commands = parser.add_subparsers(metavar="ACTION", required=True, parser_class=CommandParser)
    for name, module in _ACTIONS.items():
        module.add_options(commands.add_parser(name, help=module.HELP, description=module.__doc__))
