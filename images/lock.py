"""What each image installs, with hashes, out of the one lock.

``constraints.txt`` has the versions; here they are split into what each layer and each image adds, and the
hashes of their files are written beside them, which pip then insists on.
"""

import re
import subprocess
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement

from components.errors import SuiteError
from images.layers import BASE, IMAGES, ROOT, SERVICES, SHARED, read_extras

CONSTRAINTS = ROOT / "constraints.txt"
# What the images run on. uv resolves for every platform, and Windows' requirements are no use here.
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


def lock_requirements() -> list[Path]:
    """Write the requirements of every layer and every image anew, and return the files.

    Raises
    ------
    SuiteError
        An extra cannot be resolved within ``constraints.txt``; nothing is written then.
    """
    texts = build_requirements()
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def build_requirements() -> dict[Path, str]:
    """Return what the files of requirements must say, by their paths.

    Raises
    ------
    SuiteError
        An extra cannot be resolved within ``constraints.txt``.
    """
    # The executor that kfp starts in a pod imports kfp and the standard library alone, so that kfp comes
    # without what its compiler and its client need.
    added = _resolve(["kfp"], "--no-deps")
    texts: dict[Path, str] = {}
    below: dict[str, set[str]] = {}
    known: set[str] = set()
    for layer, roots in SHARED.items():
        added |= _drop_known(_resolve(roots), known)
        texts[BASE / f"{layer}.txt"] = _format_file(f"the layer {layer}", added)
        known = below[layer] = known | added.keys()
        added = {}
    for stage, wanted in read_extras().items():
        closure = _resolve(wanted)
        own = _drop_known(closure, below[find_highest_layer(closure)])
        texts[IMAGES / stage / "requirements.txt"] = _format_file(f"the image of {stage}", own)
    for asked in sorted(SERVICES.glob("*/requirements.in")):
        lines = asked.read_text(encoding="utf-8").splitlines()
        roots = tuple(line for line in lines if line and not line.startswith("#"))
        # kfp's client of the API comes as source alone.
        packages = _resolve(roots, "--no-binary", "kfp-server-api")
        texts[asked.with_suffix(".txt")] = _format_file(f"the image of {asked.parent.name}", packages)
    return texts


def find_highest_layer(packages: Iterable[str]) -> str:
    """Return the highest shared layer that holds nothing but what is asked for.

    Parameters
    ----------
    packages : iterable of str
        Normalised names of all packages that an image needs.
    """
    wanted = set(packages)
    fitting = "core"
    for layer, roots in SHARED.items():
        if layer != "core" and not wanted.issuperset(roots):
            break
        fitting = layer
    return fitting


def read_pinned_versions(path: Path) -> dict[str, str]:
    """Return the packages of a requirements file and their versions, by normalised name."""
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", text, flags=re.MULTILINE))


def applies_to_images(marker: Marker | None) -> bool:
    """Return whether a requirement with this marker holds in an image, on any kind of processor."""
    return marker is None or any(
        marker.evaluate({**_PLATFORM, "platform_machine": machine, "extra": ""}) for machine in _MACHINES
    )


def _resolve(requirements: Iterable[str], *options: str) -> dict[str, str]:
    """Return the closure of requirements: by name, the lines that pin it and give its hashes."""
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
            f"{', '.join(requirements)} cannot be resolved within constraints.txt: {done.stderr.strip()}",
            "Correct the extra in setup.cfg, then run make lock.",
        )
    entries = re.split(r"^(?=\S)", done.stdout, flags=re.MULTILINE)
    pins = {Requirement(re.split(r"\s*\\?\n", entry)[0]): entry for entry in entries if entry.strip()}
    return {pin.name: entry for pin, entry in pins.items() if applies_to_images(pin.marker)}


def _drop_known(packages: Mapping[str, str], below: Container[str]) -> dict[str, str]:
    return {name: entry for name, entry in packages.items() if name not in below}


def _format_file(what: str, packages: Mapping[str, str]) -> str:
    return _HEADING.format(what) + "".join(packages[name] for name in sorted(packages))
