"""Say which services are reachable, and what is wrong with the others."""

import argparse

from pipelines.cli.parser import CommandParser

HELP = "say which services are reachable, and what is wrong"


def add_options(parser: CommandParser) -> None:
    """Add the command's options: it has none."""
    parser.set_defaults(command=_examine, parser=parser)


def _examine(_: argparse.Namespace) -> int:
    from pipelines.health.doctor import examine, is_healthy, show_results

    results = examine()
    show_results(results)
    return 0 if is_healthy(results) else 1
