"""Whether each image holds what its stage needs and nothing else, and runs as anybody on a read-only root."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from components.errors import SuiteError
from images.build import OCI
from images.docker_command import inspect_image, require_engine, run_docker
from images.layers import Image
from images.lock import applies_to_images, read_pinned_versions
from pipelines.image_names import ImageNames

_PROBE = Path(__file__).with_name("probe.py")
_LABELS = ("title", "source", "revision", "version", "licenses", "base.name")
# Ids of ordinary users and of those that OpenShift gives out; no image knows any of them.
_UIDS = (10_000, 2_000_000_000)
_CREDENTIALS = re.compile(r"://[^/\s:@]+:[^/\s@]+@")


class UnfitImage(SuiteError):
    """An image holds too little or too much, or does not run as it must."""


def check_images(names: ImageNames, images: Sequence[Image], tell: Callable[[str], None]) -> None:
    """Start a container of each image and judge what it says of itself.

    Parameters
    ----------
    names : ImageNames
        What they are called.
    images : sequence of Image
        Which.
    tell : callable
        Takes a line of progress.

    Raises
    ------
    EngineMissing
        No Docker Engine answers.
    UnfitImage
        Some images are not as they must be; every fault is in the message.
    """
    require_engine()
    faults = []
    for image in images:
        name = names.name_image(image.stage)
        found = collect_faults(name, image)
        faults += [f"{name}: {fault}" for fault in found]
        tell(f"{'unfit' if found else 'ok':6} {name}")
    if faults:
        raise UnfitImage(
            "\n".join(faults), "Correct the Dockerfile or the extra in setup.cfg, then make images."
        )


def collect_faults(name: str, image: Image) -> list[str]:
    """Return what is wrong with an image, empty if nothing is."""
    configuration = inspect_image(name)
    if configuration is None:
        return ["it is not here; make images builds it"]
    low, high = _UIDS
    user = random.randint(low, high)  # noqa: S311
    words = (
        *("run", "--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none", "--cap-drop", "ALL"),  # noqa: S108
        *("--security-opt", "no-new-privileges", "--user", f"{user}:{user}"),
        *(name, "python3", "-c", _PROBE.read_text(encoding="utf-8"), image.stage),
    )
    told = json.loads(
        run_docker(*words, remedy="An image must run as any user on a read-only root: see its Dockerfile.")
    )
    history = run_docker(
        "history", "--no-trunc", "--format", "{{.CreatedBy}}", name, remedy="Build it again."
    )
    expected = {
        package: version
        for path in image.requirements
        for package, version in read_pinned_versions(path).items()
    }
    return [
        *_collect_package_faults(told["packages"], expected),
        *_collect_code_faults(told),
        *_collect_configuration_faults(configuration["Config"], history),
    ]


def _collect_package_faults(packages: Mapping[str, Any], expected: Mapping[str, str]) -> list[str]:
    held = {str(canonicalize_name(name)): part for name, part in packages.items()}
    faults = [
        f"{package} {held[package]['version']} is not asked for" for package in sorted(held.keys() - expected)
    ]
    for package, version in sorted(expected.items()):
        found = held[package]["version"] if package in held else "missing"
        if found != version:
            faults.append(f"{package} is {found}, where the lock says {version}")
    for package, part in sorted(held.items()):
        # The executor needs none of what kfp's compiler and client need.
        needs = [] if package == "kfp" else map(Requirement, part["requires"])
        faults += [
            f"{package} needs {need}, which is missing"
            for need in needs
            if canonicalize_name(need.name) not in held and applies_to_images(need.marker)
        ]
    return faults


def _collect_code_faults(told: Mapping[str, Any]) -> list[str]:
    # One missing library breaks many modules: one of them is named for each cause.
    causes = {error: module for module, error in reversed(told["broken"].items())}
    faults = [f"{module} does not import: {error}" for error, module in causes.items()]
    if not told["modules"]:
        faults.append("the stage's code is missing")
    if told["uncompiled"]:
        faults.append(f"{len(told['uncompiled'])} modules are not compiled, such as {told['uncompiled'][0]}")
    faults += [f"{compiler} is left in it" for compiler in told["compilers"]]
    faults += [f"{place} can be written to by anybody" for place in told["writable"]]
    if not told["has_temporary_folder"]:
        faults.append("it has no temporary folder")
    return faults


def _collect_configuration_faults(configuration: Mapping[str, Any], history: str) -> list[str]:
    labels = configuration["Labels"] or {}
    faults = [f"the label {OCI}{label} is missing" for label in _LABELS if not labels.get(OCI + label)]
    user = configuration["User"].partition(":")[0]
    if not user.isdigit() or int(user) == 0:
        faults.append(
            f"it runs as {user or 'root'!r}, where Kubernetes wants the number of a user that is not root"
        )
    for place, text in (("environment", "\n".join(configuration["Env"])), ("history", history)):
        if _CREDENTIALS.search(text):
            faults.append(f"its {place} holds an address with a password")
    return faults
