"""Checks images: each has exactly what its stage needs, and runs as any user with a read-only root."""

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
from images.lock import applies_to_images, read_pins
from pipelines.image_names import ImageNames

_PROBE = Path(__file__).with_name("probe.py")
_LABELS = ("title", "source", "revision", "version", "licenses", "base.name")
# The range of ids of ordinary users and of OpenShift's users; no image has a user with such an id.
_UIDS = (10_000, 2_000_000_000)
_CREDENTIALS = re.compile(r"://[^/\s:@]+:[^/\s@]+@")


class UnfitImage(SuiteError):
    """An image lacks something, has too much, or does not run as it must."""


def check_images(names: ImageNames, images: Sequence[Image], show: Callable[[str], None]) -> None:
    """Start a container of each image and check its contents and settings.

    Parameters
    ----------
    names : ImageNames
        Names of the images.
    images : sequence of Image
        The images to check.
    show : callable
        Shows a line of progress.

    Raises
    ------
    EngineMissing
        No Docker Engine answers.
    UnfitImage
        Some images have faults; the message lists all.
    """
    require_engine()
    faults = []
    for image in images:
        name = names.name_image(image.stage)
        found = collect_faults(name, image)
        faults += [f"{name}: {fault}" for fault in found]
        show(f"{'unfit' if found else 'ok':6} {name}")
    if faults:
        raise UnfitImage(
            "\n".join(faults), "Correct the Dockerfile or the extra in setup.cfg, then make images."
        )


def collect_faults(name: str, image: Image) -> list[str]:
    """Return what is wrong with an image; empty if nothing is."""
    description = inspect_image(name)
    if description is None:
        return ["it is not on this machine; build it with make images"]
    user = random.randint(*_UIDS)  # noqa: S311
    words = (
        *("run", "--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none", "--cap-drop", "ALL"),  # noqa: S108
        *("--security-opt", "no-new-privileges", "--user", f"{user}:{user}"),
        *(name, "python3", "-c", _PROBE.read_text(encoding="utf-8"), image.stage),
    )
    contents = json.loads(
        run_docker(*words, remedy="An image must run as any user with a read-only root: see its Dockerfile.")
    )
    history = run_docker(
        "history", "--no-trunc", "--format", "{{.CreatedBy}}", name, remedy="Build it again."
    )
    expected = {package: version for path in image.requirements for package, version in read_pins(path)}
    return [
        *_collect_package_faults(contents["packages"], expected),
        *_collect_code_faults(contents),
        *_collect_configuration_faults(description["Config"], history),
    ]


def _collect_package_faults(packages: Mapping[str, Any], expected: Mapping[str, str]) -> list[str]:
    installed = {str(canonicalize_name(name)): package for name, package in packages.items()}
    faults = [
        f"{name} {installed[name]['version']} is not required" for name in sorted(installed.keys() - expected)
    ]
    for name, version in sorted(expected.items()):
        found = installed[name]["version"] if name in installed else "missing"
        if found != version:
            faults.append(f"{name} is {found}, but {version} in the lock")
    for name, package in sorted(installed.items()):
        # The executor does not need the requirements of kfp's compiler and client.
        needs = [] if name == "kfp" else map(Requirement, package["requires"])
        faults += [
            f"{name} needs {need}, which is missing"
            for need in needs
            if canonicalize_name(need.name) not in installed and applies_to_images(need.marker)
        ]
    return faults


def _collect_code_faults(contents: Mapping[str, Any]) -> list[str]:
    # A missing library breaks many modules: one module is named for each cause.
    causes = {error: module for module, error in reversed(contents["broken"].items())}
    faults = [f"{module} cannot be imported: {error}" for error, module in causes.items()]
    if not contents["modules"]:
        faults.append("the stage's code is missing")
    if uncompiled := contents["uncompiled"]:
        faults.append(f"{len(uncompiled)} modules are not compiled, such as {uncompiled[0]}")
    faults += [f"it contains the compiler {compiler}" for compiler in contents["compilers"]]
    faults += [f"every user can write to {path}" for path in contents["writable"]]
    if not contents["has_temporary_folder"]:
        faults.append("it has no temporary folder")
    return faults


def _collect_configuration_faults(configuration: Mapping[str, Any], history: str) -> list[str]:
    labels = configuration["Labels"] or {}
    faults = [f"the label {OCI}{label} is missing" for label in _LABELS if not labels.get(OCI + label)]
    user = configuration["User"].partition(":")[0]
    if not user.isdigit() or int(user) == 0:
        faults.append(
            f"it runs as {user or 'root'!r}, but Kubernetes needs the number of a user other than root"
        )
    for part, text in (("environment", "\n".join(configuration["Env"])), ("history", history)):
        if _CREDENTIALS.search(text):
            faults.append(f"its {part} contains an address with a password")
    return faults
