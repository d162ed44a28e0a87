"""Images pushed to a registry, and their digests written down for ``make compile PIN=1``."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from components.errors import SuiteError
from images.build import OCI, find_revision
from images.docker_command import inspect_image, require_engine, run_docker
from images.layers import Image
from pipelines.image_names import DIGESTS, PREFIX, ImageNames

_RELEASE = re.compile(r"v?\d+\.\d+\.\d+")


class ImageNotPushed(SuiteError):
    """An image that nobody could build again stays here."""


def push_images(names: ImageNames, images: Sequence[Image], tell: Callable[[str], None]) -> None:
    """Push images and write down their digests; nothing is pushed unless all may be.

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
    NotPushed
        Files differ from the commit, or an image is missing, was built from other files, or is a release on
        a Python image that is not named by its digest.
    CommandFailed
        The registry refused.
    """
    require_engine()
    commit = find_revision()
    if commit is None or commit.endswith("-dirty"):
        raise ImageNotPushed(
            "Files here differ from the last commit, so nobody could say later what is in the images.",
            "Commit them (git status lists them), then make images and make push.",
        )
    for image in images:
        _check_pushable(names.name_image(image.stage), commit, is_release=bool(_RELEASE.fullmatch(names.tag)))
    digests = _read_digests(names, commit)
    for image in images:
        name = names.name_image(image.stage)
        run_docker(
            "push", "--quiet", name, remedy=f"Log in with docker login, and see that {name} may be written."
        )
        digests[image.stage] = _find_digest(name)
        tell(f"{name}  {digests[image.stage]}")
    record = {"registry": names.registry, "tag": names.tag, "revision": commit, "digests": digests}
    DIGESTS.parent.mkdir(exist_ok=True)
    new = DIGESTS.with_suffix(".new")
    new.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    new.replace(DIGESTS)


def _check_pushable(name: str, commit: str, *, is_release: bool) -> None:
    image = inspect_image(name)
    if image is None:
        raise ImageNotPushed(
            f"The image {name} is not here.", "Build it: make images, with the same REGISTRY and TAG."
        )
    labels: dict[str, Any] = image["Config"]["Labels"] or {}
    built_from = labels.get(f"{OCI}revision")
    if built_from != commit:
        raise ImageNotPushed(
            f"The image {name} was built from {built_from or 'unknown files'}; the last commit is {commit}.",
            "Build it again: make images, with the same REGISTRY and TAG.",
        )
    if is_release and not labels.get(f"{OCI}base.digest"):
        base = labels.get(f"{OCI}base.name")
        raise ImageNotPushed(
            f"The image {name} is a release, and stands on {base}, which may be another image tomorrow.",
            f"Build it on a digest: make images PYTHON_IMAGE={base}@sha256:...",
        )


def _read_digests(names: ImageNames, commit: str) -> dict[str, str]:
    # One stage may be pushed after the others.
    if not DIGESTS.exists():
        return {}
    record = json.loads(DIGESTS.read_text(encoding="utf-8"))
    is_same = (record["registry"], record["tag"], record["revision"]) == (names.registry, names.tag, commit)
    return dict(record["digests"]) if is_same else {}


def _find_digest(name: str) -> str:
    # Docker leaves its own hub out of a name.
    repository = name.removeprefix("run_docker.io/").rpartition(":")[0]
    image = inspect_image(name) or {}
    for reference in image.get("RepoDigests", []):
        if reference.startswith(f"{repository}@"):
            return str(reference.partition("@")[2])
    raise ImageNotPushed(
        f"The registry gave no digest for {name}.",
        f"See whether {PREFIX}* may be read there, then make push again.",
    )
