"""List, show, promote, roll back and approve the models of the registry, and export one as a file."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import InvalidSetting, format_count
from pipelines.cli.parser import CommandParser
from pipelines.local.model_registry import list_models, open_registry
from pipelines.local.run_folder import RUNS

if TYPE_CHECKING:
    from components._tracking.registry import Registry
    from components._tracking.registry_version import RegistryVersion

_Action = Callable[["Registry", argparse.Namespace], None]


HELP = "the registry's models: list, show, promote, rollback, approve, export"


def add_options(parser: CommandParser) -> None:
    """Add a parser for each action."""
    commands = parser.add_subparsers(metavar="ACTION", required=True, parser_class=CommandParser)
    listing = commands.add_parser("list", help="list every version of every model")
    listing.add_argument("--model", help="the registered model (default: all)")
    listing.add_argument("--runs", type=Path, default=RUNS, help="folder of all local runs")
    listing.set_defaults(command=_list, parser=listing)
    for name, action, text in (
        ("show", _show, "show all facts about a version"),
        ("promote", _promote, "make a version the champion"),
        ("rollback", _roll_back, "make the previous champion the champion again"),
    ):
        command = commands.add_parser(name, help=text)
        if name in ("show", "promote"):
            command.add_argument("version", help="its number, or an alias: champion, challenger")
        command.add_argument("--model", help="the registered model (default: the only one)")
        command.add_argument("--runs", type=Path, default=RUNS, help="folder of all local runs")
        command.set_defaults(command=_build_command(action), parser=command)
    _add_approval(
        commands.add_parser("approve", help="sign the approval of a version, which deploy may need")
    )
    _add_export(commands.add_parser("export", help="write a page, an archive or a notebook of a model"))


def _add_approval(command: CommandParser) -> None:
    add = command.add_argument
    add("version", help="its number, or an alias: champion, challenger")
    add("--key", type=Path, required=True, metavar="FILE", help="your SSH key, such as ~/.ssh/id_ed25519")
    add("--yes", action="store_true", help="do not ask, for those who have read the text")
    add("--model", help="the registered model (default: the only one)")
    add("--runs", type=Path, default=RUNS, help="folder of all local runs")
    command.set_defaults(command=_build_command(_approve), parser=command)


def _add_export(command: CommandParser) -> None:
    add = command.add_argument
    add("version", nargs="?", help="a version of the registry: its number, or an alias")
    kinds = command.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--html", type=Path, metavar="FILE", help="the page to write, which predicts offline")
    kinds.add_argument(
        "--archive", type=Path, metavar="FILE", help="the tar.gz to write, as SageMaker takes it"
    )
    kinds.add_argument(
        "--notebook", type=Path, metavar="FILE", help="the ipynb to write, which looks into a version"
    )
    add("--run", help="a run on this machine (default: the last whose model passed its gates)")
    add("--model", help="the registered model of the version (default: the only one)")
    add("--runs", type=Path, default=RUNS, help="folder of all local runs")
    command.set_defaults(command=_export, parser=command)


def _build_command(action: _Action) -> Callable[[argparse.Namespace], int]:
    def act(given: argparse.Namespace) -> int:
        with open_registry(given.runs, given.model) as registry:
            action(registry, given)
        return 0

    return act


def _export(given: argparse.Namespace) -> int:
    if given.version is not None and given.run is not None:
        raise InvalidSetting("A run already determines the model.", "Give either the run or the version.")
    if given.version is None and given.model is not None:
        raise InvalidSetting("--model says nothing without a version.", "Give the version, too: champion.")
    if given.archive is not None:
        return _pack(given)
    if given.notebook is not None:
        return _export_notebook(given)
    from pipelines.local.model_page import export_run, export_version

    if given.version is None:
        title, page = export_run(given.runs, given.run, given.html)
    else:
        title, page = export_version(given.runs, given.model, given.version, given.html)
    sys.stdout.write(f"{given.html} holds the model of {title}, {page.n_bytes / 1e6:.2f} MB\n")
    if page.has_training_rows:
        sys.stdout.write("It holds training rows too, as numbers: give it to people who may see them.\n")
    return 0


def _export_notebook(given: argparse.Namespace) -> int:
    if given.version is None:
        raise InvalidSetting(
            "A notebook looks into a version of the registry.",
            "Give the version, such as champion. A run has notebook.ipynb in its folder.",
        )
    from pipelines.local.notebook import export_notebook

    title = export_notebook(given.runs, given.model, given.version, given.notebook)
    sys.stdout.write(f"{given.notebook} looks into {title}\n")
    return 0


def _pack(given: argparse.Namespace) -> int:
    from pipelines.local.model_archive import pack_run, pack_version

    if given.version is None:
        title = pack_run(given.runs, given.run, given.archive)
    else:
        title = pack_version(given.runs, given.model, given.version, given.archive)
    size = given.archive.stat().st_size / 1e6
    sys.stdout.write(f"{given.archive} holds the model of {title}, {size:.2f} MB\n")
    return 0


def _list(given: argparse.Namespace) -> int:
    models = list_models(given.runs, given.model)
    if not models:
        raise InvalidSetting("The registry has no models.", "Train one that passes its gates: make run.")
    from rich.console import Console

    from pipelines.local.model_table import show_models

    show_models(models, datetime.now(UTC), Console(file=sys.stdout))
    return 0


def _show(registry: "Registry", given: argparse.Namespace) -> None:
    from components._tracking.registry import APPROVALS

    version = registry.get_version(given.version)
    facts = {
        "model": version.model,
        "version": version.number,
        "alias": ", ".join(version.aliases),
        "registered": f"{version.created.astimezone():%Y-%m-%d %H:%M:%S}",
        "run": version.run or "",
        **version.facts,
        "statement": _describe_statement(registry.find_statement(version)),
    }
    if APPROVALS in version.tags:
        # cryptography takes a while to import, and few versions need it.
        from pipelines.local.model_approval import read_approval_state

        facts |= {
            f"approval {n}": str(given)
            for n, given in enumerate(read_approval_state(registry, version).given, 1)
        }
    width = max(map(len, facts))
    for name, value in facts.items():
        sys.stdout.write(f"{name:{width}}  {value}\n")


def _describe_statement(statement: Mapping[str, Any] | None) -> str:
    """Return the subjects and the dependencies of a version's statement, on one line."""
    if statement is None:
        return "none: the version was registered before there were any"
    parts = [format_count(len(statement["subject"]), "file")]
    for dependency in statement["predicate"]["buildDefinition"]["resolvedDependencies"]:
        name = dependency.get("name") or dependency["uri"].partition("+")[0]
        parts.append(f"{name} {next(iter(dependency['digest'].values()))[:12]}")
    return f"in-toto, SLSA provenance: {', '.join(parts)}"


def _approve(registry: "Registry", given: argparse.Namespace) -> None:
    from components._approval.approvals import describe_faults
    from pipelines.local.model_approval import approve_version

    version = registry.get_version(given.version)
    confirm: Callable[[str], object] = sys.stdout.write if given.yes else _ask
    approver, state = approve_version(registry, version, given.key.expanduser(), confirm)
    sys.stdout.write(
        f"{approver} approved version {version.number} of {version.model}: it has {len(state.valid)} of the "
        f"{format_count(state.n_required, 'approval')} that deploy requires\n"
    )
    sys.stdout.writelines(f"{sentence}\n" for sentence in describe_faults(state))


def _ask(text: str) -> None:
    """Show a text, and ask the person at the terminal whether they approve it."""
    if not sys.stdin.isatty():
        raise InvalidSetting(
            "Nobody can be asked: this is not a terminal.", "Run the command in a terminal, or add --yes."
        )
    sys.stdout.write(f"{text}\nDo you approve this version for deployment? Type yes: ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise InvalidSetting("The version was not approved: the answer was not yes.", "Nothing was stored.")


def _promote(registry: "Registry", given: argparse.Namespace) -> None:
    _show_champion(registry, registry.promote(given.version))


def _roll_back(registry: "Registry", _: argparse.Namespace) -> None:
    _show_champion(registry, registry.roll_back())


def _show_champion(registry: "Registry", champion: "RegistryVersion") -> None:
    sys.stdout.write(f"version {champion.number} of {registry.model} is the champion\n")
