"""The images' sizes, and how soon a stage starts in a container: ``make bench-images``.

Sizes on disk are beside the Python image's, starts beside that of an empty command in the same image. What
pulling takes is what a registry on loopback was sent, where Debian's ``docker-registry`` is installed.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from images.build import PYTHON_IMAGE, choose_images
from images.docker_command import inspect_image, require_engine, run_docker
from images.layers import Image
from images.lock import read_pins
from pipelines.image_names import ImageNames
from tests.registry import run_registry

_REPEATS = 5
_WANTED_ABOVE_PYTHON = ("table", 260)
_WANTED_ABOVE_BASE = ("tune", 150)
_WANTED_SECONDS = {False: 1.5, True: 2.5}
_MEGABYTE = 1e6
# As kfp's executor does: its own modules, then the stage's, whose function is the first line of ours to run.
_FIRST_LINE = (
    "import os; os.environ['_KFP_RUNTIME'] = 'true'\n"
    "import time; began = time.perf_counter()\n"
    "import kfp.dsl.executor_main, components.{stage}.run\n"
    "print(time.perf_counter() - began)"
)


def main() -> None:
    """Print the sizes of all images and the seconds until their stages start."""
    require_engine()
    names = ImageNames.choose()
    images = choose_images(None)
    missing = [
        names.name_image(image.stage)
        for image in images
        if inspect_image(names.name_image(image.stage)) is None
    ]
    if missing:
        sys.exit(f"{missing[0]} is not here: make images")
    _print_sizes(names, images)
    if shutil.which("docker-registry"):
        _print_pulls(names, images)
    else:
        print("what pulling takes is not measured: docker-registry is not installed")
    _print_starts(names, images)


def _print_sizes(names: ImageNames, images: list[Image]) -> None:
    python = _read_size(PYTHON_IMAGE)
    sizes = {layer: _read_size(names.name_image(layer)) for layer in ("core", "table", "learn", "boost")}
    sizes |= {image.stage: _read_size(names.name_image(image.stage)) for image in images}
    print(f"size on disk, MB ({PYTHON_IMAGE}: {python:.0f})")
    for name, size in sizes.items():
        print(
            f"  {name:12}{size:6.0f}  {size - python:+6.0f} above Python  {size / python:5.2f} times Python"
        )
    layer, most = _WANTED_ABOVE_PYTHON
    print(f"the base, {layer}: {sizes[layer] - python:.0f} MB above Python (under {most} is wanted)")
    stage, most = _WANTED_ABOVE_BASE
    print(f"{stage}: {sizes[stage] - sizes[layer]:.0f} MB above the base (under {most} is wanted)")


def _print_pulls(names: ImageNames, images: list[Image]) -> None:
    with tempfile.TemporaryDirectory() as folder, run_registry(Path(folder)) as address:
        layers = {
            image.stage: _push_image(names.name_image(image.stage), f"{address}/{image.stage}:1")
            for image in images
        }
    largest = max(sum(layers[stage].values()) for stage in layers)
    everything = {digest: size for own in layers.values() for digest, size in own.items()}
    total = sum(everything.values())
    print("to pull, MB (compressed, the Python image included)")
    for stage, own in layers.items():
        print(f"  {stage:12}{sum(own.values()):6.0f}")
    print(f"all images together: {total:.0f} MB, {total / largest:.2f} times the largest alone")


def _push_image(name: str, copy: str) -> dict[str, float]:
    run_docker("tag", name, copy, remedy="See docker info.")
    run_docker("push", "--quiet", copy, remedy="See docker info.")
    run_docker("rmi", copy, remedy="See docker info.")
    address, _, path = copy.partition("/")
    request = urllib.request.Request(f"http://{address}/v2/{path.removesuffix(':1')}/manifests/1")
    request.add_header("Accept", "application/vnd.docker.distribution.manifest.v2+json")
    with urllib.request.urlopen(request) as answer:
        manifest = json.load(answer)
    return {layer["digest"]: layer["size"] / _MEGABYTE for layer in manifest["layers"]}


def _print_starts(names: ImageNames, images: list[Image]) -> None:
    print(f"seconds from the container's start to the stage's first line, medians of {_REPEATS}")
    for image in images:
        name = names.name_image(image.stage)
        runs = [_start_container(name, image.stage) for _ in range(_REPEATS)]
        seconds = statistics.median(whole for whole, _ in runs)
        importing = statistics.median(part for _, part in runs)
        empty = statistics.median(_measure_command(name, "pass")[0] for _ in range(_REPEATS))
        packages = {name for path in image.requirements for name, _ in read_pins(path)}
        wanted = _WANTED_SECONDS["scikit-learn" in packages]
        print(
            f"  {image.stage:12}{seconds:5.2f}  of them imports {importing:5.2f}  "
            f"{seconds / empty:5.1f} times an empty command (under {wanted} is wanted)"
        )


def _start_container(name: str, stage: str) -> tuple[float, float]:
    seconds, told = _measure_command(name, _FIRST_LINE.format(stage=stage))
    return seconds, float(told)


def _measure_command(name: str, program: str) -> tuple[float, str]:
    command = ["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none", name]
    started = time.perf_counter()
    done = subprocess.run([*command, "python3", "-c", program], check=True, capture_output=True, text=True)
    return time.perf_counter() - started, done.stdout


def _read_size(name: str) -> float:
    found = inspect_image(name)
    if found is None:
        sys.exit(f"{name} is not here: make images")
    return float(found["Size"]) / _MEGABYTE


if __name__ == "__main__":
    main()
