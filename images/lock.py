"""Writes the requirements of each image, with hashes, from the lock.

``constraints.txt`` has the versions. They are divided into what each layer and each image adds, and written
with the hashes of the packages' files, which pip checks.
"""

import re
import subprocess
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from components.errors import InvalidSetting, SuiteError
from images.layers import BASE, IMAGES, SERVICES, SHARED, read_extras
from pipelines.catalogue import ROOT

CONSTRAINTS = ROOT / "constraints.txt"
# The platform of the images. uv resolves for every platform, such as Windows, too.
_MACHINES = ("x86_64", "aarch64")
_PLATFORM = {
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}
_HEADING = "# What {} adds, with hashes. Written by make lock from setup.cfg and constraints.txt.\n"


class Pin(NamedTuple):
    """A package, by its normalised name, and a version of it."""

    package: str
    version: str


def lock_requirements() -> list[Path]:
    """Write the requirements of every layer and every image, and return the files.

    Raises
    ------
    SuiteError
        An extra cannot be resolved with ``constraints.txt``; then nothing is written.
    """
    texts = build_requirements()
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def build_requirements() -> dict[Path, str]:
    """Return the content of every requirements file, by its path.

    Raises
    ------
    SuiteError
        An extra cannot be resolved with ``constraints.txt``.
    """
    # kfp's executor in a pod imports only kfp and the standard library, not what kfp's compiler and client
    # require.
    added = _resolve(["kfp"], "--no-deps")
    texts: dict[Path, str] = {}
    contents: dict[str, set[str]] = {}
    known: set[str] = set()
    for layer, roots in SHARED.items():
        added |= _drop_known(_resolve(roots), known)
        texts[BASE / f"{layer}.txt"] = _format_file(f"the layer {layer}", added)
        known = contents[layer] = known | added.keys()
        added = {}
    for stage, requirements in read_extras().items():
        closure = _resolve(requirements)
        own = _drop_known(closure, contents[find_highest_layer(closure)])
        texts[IMAGES / stage / "requirements.txt"] = _format_file(f"the image of {stage}", own)
    for path in sorted(SERVICES.glob("*/requirements.in")):
        lines = path.read_text(encoding="utf-8").splitlines()
        roots = tuple(line for line in lines if line and not line.startswith("#"))
        # kfp's API client is published only as source.
        packages = _resolve(roots, "--no-binary", "kfp-server-api")
        texts[path.with_suffix(".txt")] = _format_file(f"the image of {path.parent.name}", packages)
    return texts


def find_highest_layer(packages: Iterable[str]) -> str:
    """Return the highest shared layer whose packages an image needs.

    Parameters
    ----------
    packages : iterable of str
        Normalised names of all packages that the image needs.
    """
    needed = set(packages)
    highest = "core"
    for layer, roots in SHARED.items():
        if layer != "core" and not needed.issuperset(roots):
            break
        highest = layer
    return highest


def read_pins(path: Path) -> list[Pin]:
    """Return every version that a requirements file pins, for all platforms, sorted.

    Raises
    ------
    InvalidSetting
        A line does not pin a version.
    """
    lines = (line.partition("#")[0].strip(" \\") for line in path.read_text(encoding="utf-8").splitlines())
    return sorted({_parse_pin(line, path) for line in lines if line and not line.startswith("--hash")})


def _parse_pin(line: str, path: Path) -> Pin:
    try:
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
    except (InvalidRequirement, ValueError):
        specifier = None
    if specifier is None or specifier.operator != "==" or "*" in specifier.version:
        raise InvalidSetting(
            f"{path.name}: {line!r} does not pin a version.", "Write the lock again: make lock."
        )
    return Pin(canonicalize_name(requirement.name), specifier.version)


def applies_to_images(marker: Marker | None, extra: str = "") -> bool:
    """Return whether a requirement with this marker is needed in an image, on any kind of processor."""
    return marker is None or any(
        marker.evaluate({**_PLATFORM, "platform_machine": machine, "extra": extra}) for machine in _MACHINES
    )


def _resolve(requirements: Iterable[str], *options: str) -> dict[str, str]:
    """Return requirements and all that they require: by name, the lines with the version and the hashes."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "-", "--constraint", str(CONSTRAINTS)),
        *("--generate-hashes", "--universal", "--python-version", "3.11", "--only-binary", ":all:"),
        *("--no-annotate", "--no-header", *options),
    ]
    done = subprocess.run(
        command, input="\n".join(requirements), capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise SuiteError(
            f"{', '.join(requirements)} cannot be resolved with constraints.txt: {done.stderr.strip()}",
            "Correct the extra in setup.cfg, then run make lock.",
        )
    entries = re.split(r"^(?=\S)", done.stdout, flags=re.MULTILINE)
    pins = {Requirement(re.split(r"\s*\\?\n", entry)[0]): entry for entry in entries if entry.strip()}
    return {pin.name: entry for pin, entry in pins.items() if applies_to_images(pin.marker)}


def _drop_known(packages: Mapping[str, str], known: Container[str]) -> dict[str, str]:
    return {name: entry for name, entry in packages.items() if name not in known}


def _format_file(what: str, packages: Mapping[str, str]) -> str:
    return _HEADING.format(what) + "".join(packages[name] for name in sorted(packages))
