"""List, show, promote and roll back the models of the registry."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.parser import CommandParser
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RUNS

if TYPE_CHECKING:
    from components._tracking.registry import Registry, RegistryVersion

_Action = Callable[["Registry", argparse.Namespace], None]


HELP = "the registry's models: list, show, promote, rollback"


def add_options(parser: CommandParser) -> None:
    """Add a parser for each action."""
    commands = parser.add_subparsers(metavar="ACTION", required=True, parser_class=CommandParser)
    for name, action, text in (
        ("list", _list, "list every version"),
        ("show", _show, "say all that is known of a version"),
        ("promote", _promote, "make a version the champion"),
        ("rollback", _roll_back, "make the champion before this one the champion again"),
    ):
        command = commands.add_parser(name, help=text)
        if name in ("show", "promote"):
            command.add_argument("version", help="its number, or an alias: champion, challenger")
        command.add_argument("--model", help="the registered model (default: the only one)")
        command.add_argument("--runs", type=Path, default=RUNS, help="folder of all local runs")
        command.set_defaults(command=_build_command(action), parser=command)


def _build_command(action: _Action) -> Callable[[argparse.Namespace], int]:
    def act(given: argparse.Namespace) -> int:
        with open_registry(given.runs, given.model) as registry:
            action(registry, given)
        return 0

    return act


def _list(registry: "Registry", _: argparse.Namespace) -> None:
    rows = [("version", "alias", "registered", "family", "beside the champion")]
    rows += [
        (
            of.number,
            ", ".join(of.aliases),
            f"{of.created.astimezone():%Y-%m-%d %H:%M}",
            of.tags.get("family", ""),
            of.tags.get("comparison", ""),
        )
        for of in registry.list_versions()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sys.stdout.write(f"{registry.model}\n")
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"  {line.rstrip()}\n")


def _show(registry: "Registry", given: argparse.Namespace) -> None:
    version = registry.get_version(given.version)
    facts = {
        "model": version.model,
        "version": version.number,
        "alias": ", ".join(version.aliases),
        "registered": f"{version.created.astimezone():%Y-%m-%d %H:%M:%S}",
        "run": version.run or "",
        **version.facts,
    }
    width = max(map(len, facts))
    for name, value in facts.items():
        sys.stdout.write(f"{name:{width}}  {value}\n")


def _promote(registry: "Registry", given: argparse.Namespace) -> None:
    _show_champion(registry, registry.promote(given.version))


def _roll_back(registry: "Registry", _: argparse.Namespace) -> None:
    _show_champion(registry, registry.roll_back())


def _show_champion(registry: "Registry", champion: "RegistryVersion") -> None:
    sys.stdout.write(f"version {champion.number} of {registry.model} is the champion\n")
