"""Look at tables before a run: write what may be expected of them."""

from pipelines.cli import data_infer
from pipelines.cli.parser import CommandParser

HELP = "tables before a run: infer"
# Each has HELP and ``add_options(parser)``, as a command has.
_ACTIONS = {"infer": data_infer}


def add_options(parser: CommandParser) -> None:
    """Add a parser for each action."""
    commands = parser.add_subparsers(metavar="ACTION", required=True, parser_class=CommandParser)
    for name, module in _ACTIONS.items():
        module.add_options(commands.add_parser(name, help=module.HELP, description=module.__doc__))
