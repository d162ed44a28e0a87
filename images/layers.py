"""Which image stands on which layers, and what each adds.

::

    core   what every image has: kfp's executor and pydantic
      table    pandas and pyarrow: the base of all but the smallest images
        learn    scikit-learn
          boost    LightGBM and what reads and writes models

These shared layers are targets of ``images/base/Dockerfile``. An image's own ``requirements.txt`` holds what
its stage's extra needs beyond them.
"""

import configparser
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "images"
BASE = IMAGES / "base"
SERVICES = IMAGES / "services"
# Each layer on top of the one before, with the packages that it is there for.
SHARED: dict[str, tuple[str, ...]] = {
    "core": ("pydantic",),
    "table": ("pandas", "pyarrow"),
    "learn": ("scikit-learn",),
    "boost": ("lightgbm", "skops"),
}
_FROM = re.compile(r"^FROM \$\{IMAGES\}-([a-z]+):\$\{TAG\}$", re.MULTILINE)


@dataclass(frozen=True)
class Image:
    """The image of a stage, or of a service beside Kubeflow.

    Attributes
    ----------
    stage : str
        The stage or the service, and the image's folder.
    parent : str or None
        The shared layer that it stands on. None: it is a service's, and shares none.
    """

    stage: str
    parent: str | None

    @property
    def folder(self) -> Path:
        """Where its Dockerfile is."""
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
    """Return the image of every stage, by its name, as its Dockerfile says it."""
    found = {}
    for dockerfile in sorted(IMAGES.glob("*/Dockerfile")):
        stage = dockerfile.parent.name
        if dockerfile.parent != BASE:
            found[stage] = Image(stage, _FROM.findall(dockerfile.read_text(encoding="utf-8"))[-1])
    return found


def list_service_images() -> dict[str, Image]:
    """Return the image of every service, by its name."""
    return {path.parent.name: Image(path.parent.name, None) for path in sorted(SERVICES.glob("*/Dockerfile"))}


@cache
def read_extras() -> dict[str, tuple[str, ...]]:
    """Return the requirements of every extra of ``setup.cfg`` that a stage needs, by the stage's name."""
    setup = configparser.RawConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    stages = {path.parent.name for path in ROOT.glob("components/*/run.py")}
    section = "options.extras_require"
    return {
        name: tuple(setup.get(section, name).split("\n")[1:])
        for name in setup.options(section)
        if name in stages
    }
