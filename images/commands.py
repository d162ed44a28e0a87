"""The commands for images."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from components.errors import SuiteError
from images.audit import run_audit
from images.aws_stack import STACK, build_stack
from images.build import PYTHON_IMAGE, build_images, choose_images
from images.check import check_images
from images.lock import lock_requirements
from images.provenance import build_provenance
from images.push import push_images
from images.sbom import name_document, write_sbom
from pipelines.catalogue import ROOT
from pipelines.files import replace_file
from pipelines.image_names import ImageNames

SBOMS = ROOT / "dist" / "sbom"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None
        The words of the command line. None: those of this process.

    Returns
    -------
    int
        0 for success, 1 for an error or a fault of an image, 2 for wrong usage.
    """
    given = _build_parser().parse_args(arguments)
    try:
        given.command(given)
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m images", description="The stages' container images.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    building = _add_command(commands, _build, "build", "build them")
    building.add_argument(
        "--python-image",
        default=os.environ.get("PYTHON_IMAGE") or PYTHON_IMAGE,
        help="their base image (default: PYTHON_IMAGE, else %(default)s)",
    )
    pushing = _add_command(commands, _push, "push", "push them to their registry, and record their digests")
    _add_command(
        commands, _check, "check", "check that each has exactly what its stage needs, and runs as any user"
    )
    _add_command(commands, _write_sboms, "sbom", "write the contents of each to dist/sbom, as CycloneDX")
    naming = _add_command(commands, _show_names, "names", "write the full name of each")
    for command in (building, pushing, naming):
        command.add_argument(
            "--services", action="store_true", help="the images of MLflow, MinIO and submit instead"
        )
    describing = commands.add_parser(
        "provenance", help="write where the pushed images come from, as SLSA has it"
    )
    describing.set_defaults(command=_show_provenance)
    listing = commands.add_parser(
        "digests", help="write each pushed image by its digest, and its contents' file"
    )
    listing.set_defaults(command=_show_digests)
    auditing = commands.add_parser("audit", help="compare the lock with known vulnerabilities")
    auditing.set_defaults(command=_audit)
    writing = commands.add_parser("aws-stack", help="write clouds/aws/stack.yaml, for CloudFormation")
    writing.set_defaults(command=_write_aws_stack)
    locking = commands.add_parser("lock", help="write their requirements, with hashes")
    locking.set_defaults(command=_lock)
    return parser


def _add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    command: Callable[[argparse.Namespace], None],
    name: str,
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text)
    parser.add_argument("--stage", help="only the image of this stage")
    parser.add_argument("--registry", help="where they are (default: REGISTRY, else docker.io/kfptabular)")
    parser.add_argument("--tag", help="which build (default: TAG, else git describe)")
    parser.set_defaults(command=command)
    return parser


def _build(given: argparse.Namespace) -> None:
    build_images(
        ImageNames.choose(given.registry, given.tag),
        choose_images(given.stage, services=given.services),
        python_image=given.python_image,
        flags=shlex.split(os.environ.get("BUILD_FLAGS", "")),
        show=_show_line,
    )


def _push(given: argparse.Namespace) -> None:
    images = choose_images(given.stage, services=given.services)
    push_images(ImageNames.choose(given.registry, given.tag), images, _show_line)


def _check(given: argparse.Namespace) -> None:
    check_images(ImageNames.choose(given.registry, given.tag), choose_images(given.stage), _show_line)


def _show_names(given: argparse.Namespace) -> None:
    names = ImageNames.choose(given.registry, given.tag)
    for image in choose_images(given.stage, services=given.services):
        _show_line(names.name_image(image.stage))


def _write_sboms(given: argparse.Namespace) -> None:
    names = ImageNames.choose(given.registry, given.tag)
    for image in choose_images(given.stage):
        _show_line(str(write_sbom(names, image.stage, SBOMS)))


def _show_provenance(_: argparse.Namespace) -> None:
    _show_line(json.dumps(build_provenance(), indent=2, sort_keys=True))


def _show_digests(_: argparse.Namespace) -> None:
    names = ImageNames.read_pushed()
    for stage in sorted(names.digests):
        contents = SBOMS / name_document(stage)
        _show_line(f"{names.name_image(stage)} {contents if contents.exists() else ''}".rstrip())


def _audit(_: argparse.Namespace) -> None:
    for path in run_audit(datetime.now(UTC).date()):
        _show_line(str(path))


def _write_aws_stack(_: argparse.Namespace) -> None:
    replace_file(STACK, build_stack())
    _show_line(str(STACK))


def _lock(_: argparse.Namespace) -> None:
    for path in lock_requirements():
        _show_line(str(path))


def _show_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
