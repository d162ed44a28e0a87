"""The commands for images, their options, and their exit status."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

from components.errors import SuiteError
from images.building import PYTHON_IMAGE, build, chosen
from images.checking import check
from images.locking import lock
from images.pushing import push
from pipelines.image_names import ImageNames


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None
        The words of the command line. None: those of this process.

    Returns
    -------
    int
        0 for success, 1 for a mistake or a fault that was found, 2 for wrong usage.
    """
    given = _parser().parse_args(arguments)
    try:
        given.command(given)
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m images", description="The stages' container images.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    building = _add(commands, _build, "build", "build them")
    building.add_argument(
        "--python-image",
        default=os.environ.get("PYTHON_IMAGE") or PYTHON_IMAGE,
        help="what they stand on (default: PYTHON_IMAGE, else %(default)s)",
    )
    _add(commands, _push, "push", "push them to their registry, and note their digests")
    _add(
        commands, _check, "check", "see that each holds what its stage needs and no more, and runs as anybody"
    )
    commands.add_parser("lock", help="write their requirements, with hashes").set_defaults(command=_lock)
    return parser


def _add(commands, command, name: str, what: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what)
    parser.add_argument("--stage", help="only this one")
    parser.add_argument("--registry", help="where they are (default: REGISTRY, else docker.io/kfptabular)")
    parser.add_argument("--tag", help="which build (default: TAG, else git describe)")
    parser.set_defaults(command=command)
    return parser


def _build(given: argparse.Namespace) -> None:
    build(
        ImageNames.choose(given.registry, given.tag),
        chosen(given.stage),
        python_image=given.python_image,
        flags=shlex.split(os.environ.get("BUILD_FLAGS", "")),
        tell=_tell,
    )


def _push(given: argparse.Namespace) -> None:
    push(ImageNames.choose(given.registry, given.tag), chosen(given.stage), _tell)


def _check(given: argparse.Namespace) -> None:
    check(ImageNames.choose(given.registry, given.tag), chosen(given.stage), _tell)


def _lock(_: argparse.Namespace) -> None:
    for path in lock():
        _tell(str(path))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
