"""Pushes images to a registry and records their digests for ``make compile PIN=1``."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from components.errors import SuiteError
from images.build import OCI
from images.docker_command import inspect_image, require_engine, require_image, run_docker
from images.layers import Image
from pipelines.catalogue import find_revision
from pipelines.files import replace_file
from pipelines.image_names import DIGESTS, PREFIX, ImageNames

_RELEASE = re.compile(r"v?\d+\.\d+\.\d+")


class ImageNotPushed(SuiteError):
    """An image was not pushed, because it could not be built again or the registry gave no digest."""


def push_images(names: ImageNames, images: Sequence[Image], show: Callable[[str], None]) -> None:
    """Push images and record their digests; nothing is pushed if one image must not be.

    Parameters
    ----------
    names : ImageNames
        Names of the images.
    images : sequence of Image
        The images to push.
    show : callable
        Shows a line of progress.

    Raises
    ------
    EngineMissing
        No Docker Engine answers.
    ImageMissing
        An image is not on this machine.
    ImageNotPushed
        Files differ from the commit, or an image was built from other files, or it is a release on a Python
        image without a digest.
    CommandFailed
        The registry refused an image.
    """
    require_engine()
    commit = find_revision()
    if commit is None or commit.endswith("-dirty"):
        raise ImageNotPushed(
            "Files differ from the last commit, so the images could not be built again later.",
            "Commit them (git status lists them), then run make images and make push.",
        )
    for image in images:
        _check_pushable(names.name_image(image.stage), commit, is_release=bool(_RELEASE.fullmatch(names.tag)))
    digests = _read_digests(names, commit)
    for image in images:
        name = names.name_image(image.stage)
        run_docker(
            "push", "--quiet", name, remedy=f"Log in with docker login, and check that you may write {name}."
        )
        digests[image.stage] = _find_digest(name)
        show(f"{name}  {digests[image.stage]}")
    record = {"registry": names.registry, "tag": names.tag, "revision": commit, "digests": digests}
    DIGESTS.parent.mkdir(exist_ok=True)
    replace_file(DIGESTS, json.dumps(record, indent=2, sort_keys=True) + "\n")


def _check_pushable(name: str, commit: str, *, is_release: bool) -> None:
    labels: dict[str, Any] = require_image(name)["Config"]["Labels"] or {}
    built_from = labels.get(f"{OCI}revision")
    if built_from != commit:
        raise ImageNotPushed(
            f"The image {name} was built from {built_from or 'unknown files'}; the last commit is {commit}.",
            "Build it again: make images, with the same REGISTRY and TAG.",
        )
    if is_release and not labels.get(f"{OCI}base.digest"):
        base = labels.get(f"{OCI}base.name")
        raise ImageNotPushed(
            f"The image {name} is a release, but the content of its base image {base} may change.",
            f"Build it on a digest: make images PYTHON_IMAGE={base}@sha256:...",
        )


def _read_digests(names: ImageNames, commit: str) -> dict[str, str]:
    # The images of one commit may be pushed one by one.
    if not DIGESTS.exists():
        return {}
    record = json.loads(DIGESTS.read_text(encoding="utf-8"))
    is_same = (record["registry"], record["tag"], record["revision"]) == (names.registry, names.tag, commit)
    return dict(record["digests"]) if is_same else {}


def _find_digest(name: str) -> str:
    # Docker omits its own hub in names.
    repository = name.removeprefix("docker.io/").rpartition(":")[0]
    image = inspect_image(name) or {}
    for reference in image.get("RepoDigests", []):
        if reference.startswith(f"{repository}@"):
            return str(reference.partition("@")[2])
    raise ImageNotPushed(
        f"The registry gave no digest for {name}.",
        f"Check that you may read {PREFIX}* there, then run make push again.",
    )
