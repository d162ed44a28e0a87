"""Builds images from their Dockerfiles, the shared layers first."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from components.errors import InvalidSetting
from images.docker_command import require_engine, run_docker
from images.layers import BASE, SHARED, Image, list_service_images, list_stage_images, read_setup
from pipelines.catalogue import ROOT, find_revision
from pipelines.image_names import PREFIX, ImageNames

PYTHON_IMAGE = "python:3.11-slim-bookworm"
# https://github.com/opencontainers/image-spec/blob/main/annotations.md
OCI = "org.opencontainers.image."
_REMEDY = (
    "Correct the cause. Behind a proxy or a mirror, give docker its options: BUILD_FLAGS='--network host'."
)


def build_images(
    names: ImageNames,
    images: Sequence[Image],
    *,
    python_image: str,
    flags: Sequence[str],
    show: Callable[[str], None],
) -> None:
    """Build images and the layers under them.

    Parameters
    ----------
    names : ImageNames
        Names of the images.
    images : sequence of Image
        The images to build.
    python_image : str
        The base image; for a release, with its digest.
    flags : sequence of str
        More options of ``docker build``.
    show : callable
        Shows a line of progress.

    Raises
    ------
    EngineMissing
        No Docker Engine answers.
    CommandFailed
        A build failed.
    """
    require_engine()
    arguments = [
        *("--build-arg", f"PYTHON_IMAGE={python_image}"),
        *("--build-arg", f"IMAGES={names.registry}/{PREFIX.rstrip('-')}"),
        *("--build-arg", f"TAG={names.tag}"),
        *("--build-arg", f"REVISION={find_revision() or ''}"),
        *flags,
    ]
    needed = {layer for image in images for layer in image.layers}
    layers = [layer for layer in SHARED if layer in needed]
    for layer in ("build", *layers) if layers else ():
        _build_image(names.name_image(layer), [*arguments, "--target", layer], BASE, show)
    for image in images:
        labels = [
            word for pair in _list_labels(image, names, python_image) for word in ("--label", "=".join(pair))
        ]
        _build_image(names.name_image(image.stage), [*arguments, *labels], image.folder, show)


def choose_images(stage: str | None, *, services: bool = False) -> list[Image]:
    """Return the image of a stage, or of all stages.

    Parameters
    ----------
    stage : str or None
        The stage, or the service. None: all.
    services : bool
        Whether to choose among services instead of stages.

    Raises
    ------
    InvalidSetting
        There is no such stage or service.
    """
    images = list_service_images() if services else list_stage_images()
    if stage is None:
        return list(images.values())
    if stage not in images:
        raise InvalidSetting.from_unknown_name("service" if services else "stage", stage, images)
    return [images[stage]]


def _build_image(name: str, words: Sequence[str], folder: Path, show: Callable[[str], None]) -> None:
    started = time.monotonic()
    dockerfile = str(folder / "Dockerfile")
    run_docker("build", "--quiet", "--file", dockerfile, "--tag", name, *words, str(ROOT), remedy=_REMEDY)
    show(f"{time.monotonic() - started:6.1f} s  {name}")


def _list_labels(image: Image, names: ImageNames, python_image: str) -> list[tuple[str, str]]:
    metadata = read_setup()["metadata"]
    base, _, digest = python_image.partition("@")
    labels = {
        "title": f"{PREFIX}{image.stage}",
        "source": metadata["url"],
        "licenses": metadata["license"],
        "version": names.tag,
        "revision": find_revision(),
        "base.name": base,
        "base.digest": digest,
    }
    return [(OCI + key, value) for key, value in labels.items() if value]
