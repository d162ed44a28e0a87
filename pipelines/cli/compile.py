"""Write the specs that Kubeflow Pipelines runs."""

import argparse
import sys

from pipelines.backend_versions import NEWEST, BackendRelease, describe_omissions
from pipelines.cli.parser import CommandParser
from pipelines.image_names import ImageNames
from pipelines.sizes import SIZES

HELP = "write the specs that Kubeflow Pipelines runs"


def add_options(parser: CommandParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--registry", help="where the images are (default: REGISTRY, else docker.io/kfptabular)")
    add("--tag", help="tag of the images (default: TAG, else git describe)")
    add("--pin", action="store_true", help="name the images that make push pushed, by digest")
    add("--size", choices=SIZES, default=SIZES[0], help="how much tasks may use (default: %(default)s)")
    add(
        "--for",
        dest="release",
        metavar="VERSION",
        default=str(NEWEST),
        help="version of Kubeflow Pipelines that runs them, such as 2.14 (default: %(default)s)",
    )
    add("--output", default="dist", help="folder to write to (default: %(default)s)")
    parser.set_defaults(command=_compile, parser=parser)


def _compile(given: argparse.Namespace) -> int:
    release = BackendRelease.parse(given.release)
    choose = ImageNames.read_pushed if given.pin else ImageNames.choose
    images = choose(given.registry, given.tag)
    from pipelines.spec_compiler import compile_all

    written = compile_all(given.output, images, given.size, release)
    sys.stdout.writelines(f"{path}\n" for path in written.paths)
    sys.stderr.write(describe_omissions(release, written.omitted))
    return 0
