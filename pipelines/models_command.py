"""The models of the registry on the command line: ``python -m pipelines models list``."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from components.environment import Environment
from components.errors import InvalidSetting, format_list, suggest_name

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from components._tracking.registry import Registry, RegistryVersion

_Action = Callable[["Registry", argparse.Namespace], None]


def add_models_commands(parser: argparse.ArgumentParser) -> None:
    """Give a parser the commands of ``models``."""
    commands = parser.add_subparsers(metavar="ACTION", required=True)
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
        command.add_argument("--runs", type=Path, default=Path("runs"), help="folder of all local runs")
        command.set_defaults(command=_build_command(action))


def _build_command(action: _Action) -> Callable[[argparse.Namespace], int]:
    def act(given: argparse.Namespace) -> int:
        with open_registry(given.runs, given.model) as registry:
            action(registry, given)
        return 0

    return act


@contextmanager
def open_registry(runs: Path, name: str | None) -> Iterator["Registry"]:
    """Open a model's versions in the registry of the environment, or in the one beside the local runs.

    Parameters
    ----------
    runs : Path
        Folder of all local runs.
    name : str or None
        The registered model; None for the only one there is.

    Raises
    ------
    InvalidSetting
        There is no registry or no such model, or more than one and no name.
    TrackingFailed
        MLflow did not answer, or refused.
    """
    with _open_client(runs) as client:
        from components._tracking.registry import Registry

        yield Registry(client, _resolve_model_name(client, name))


@contextmanager
def _open_client(runs: Path) -> Iterator["MlflowClient"]:
    """Connect to MLflow: that of the environment, or the one beside the local runs."""
    address = Environment.read().tracking_uri
    if address is None:
        database = runs.expanduser().absolute() / "mlflow.db"
        if not database.exists():
            raise InvalidSetting(
                f"There is no registry: MLFLOW_TRACKING_URI is not set, and {database} is not there.",
                "Set it, or run something first: make run.",
            )
        address = f"sqlite:///{database}"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # MLflow takes seconds to import.
    from components._tracking.mlflow_connection import connect_to_mlflow

    with connect_to_mlflow(address, "tell of its models") as client:
        yield client


def _resolve_model_name(client: "MlflowClient", name: str | None) -> str:
    known = sorted(of.name for of in client.search_registered_models())
    if not known:
        raise InvalidSetting("The registry has no model.", "Train one that passes its gates: make run.")
    if name is None and len(known) > 1:
        raise InvalidSetting(
            f"There are {len(known)} models: {format_list(known)}.", "Say which: --model NAME."
        )
    if name is not None and name not in known:
        raise InvalidSetting(f"There is no model {name!r}.", suggest_name(name, known, "model"))
    return name or known[0]


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
