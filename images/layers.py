"""The images and the layers that they share.

::

    core   in every image: kfp's executor and pydantic
      table    pandas and pyarrow, in all but the smallest images
        learn    scikit-learn
          boost    LightGBM, and skops to read and write models

These shared layers are targets of ``images/base/Dockerfile``. An image's own ``requirements.txt`` has the
other packages of its stage's extra.
"""

import configparser
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.catalogue import ROOT

IMAGES = ROOT / "images"
BASE = IMAGES / "base"
SERVICES = IMAGES / "services"
# Each layer is on top of the one before; the packages are those that define it.
SHARED: dict[str, tuple[str, ...]] = {
    "core": ("pydantic",),
    "table": ("pandas", "pyarrow"),
    "learn": ("scikit-learn",),
    "boost": ("lightgbm", "skops"),
}
_FROM = re.compile(r"^FROM \$\{IMAGES\}-([a-z]+):\$\{TAG\}$", re.MULTILINE)


@dataclass(frozen=True)
class Image:
    """The image of a stage or of a service.

    Attributes
    ----------
    stage : str
        The stage or the service, and the image's folder.
    parent : str or None
        The shared layer under it. None: it is the image of a service and has none.
    """

    stage: str
    parent: str | None

    @property
    def folder(self) -> Path:
        """Folder of its Dockerfile."""
        return (SERVICES if self.parent is None else IMAGES) / self.stage

    @property
    def layers(self) -> tuple[str, ...]:
        """The shared layers under it, the lowest first."""
        names = list(SHARED)
        return () if self.parent is None else tuple(names[: names.index(self.parent) + 1])

    @property
    def requirements(self) -> tuple[Path, ...]:
        """The files that list its packages with hashes, the lowest layer's first."""
        return (*(BASE / f"{layer}.txt" for layer in self.layers), self.folder / "requirements.txt")


def list_stage_images() -> dict[str, Image]:
    """Return the image of every stage, by the stage's name; the layer under it is from its Dockerfile."""
    return {
        path.parent.name: Image(path.parent.name, _FROM.findall(path.read_text(encoding="utf-8"))[-1])
        for path in sorted(IMAGES.glob("*/Dockerfile"))
        if path.parent != BASE
    }


def list_service_images() -> dict[str, Image]:
    """Return the image of every service, by the service's name."""
    return {path.parent.name: Image(path.parent.name, None) for path in sorted(SERVICES.glob("*/Dockerfile"))}


@cache
def read_setup() -> configparser.RawConfigParser:
    """Return the content of ``setup.cfg``."""
    setup = configparser.RawConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup


def read_extras() -> dict[str, tuple[str, ...]]:
    """Return the requirements of every stage's extra in ``setup.cfg``, by the stage's name."""
    stages = {path.parent.name for path in ROOT.glob("components/*/run.py")}
    extras = read_setup()["options.extras_require"]
    return {name: tuple(extras[name].split("\n")[1:]) for name in extras if name in stages}
