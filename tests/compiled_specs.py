"""Pipelines compiled for a cluster, each once in a process.

At each setting of a task, kfp looks at the whole stack. The stack of a test has frames without a file, and
for each of them `inspect` searches all modules of the process. A thread has no such frames: compiling on one
is twenty times as fast.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import yaml

from pipelines.backend_versions import NEWEST, BackendRelease
from pipelines.image_names import ImageNames
from pipelines.sizes import Size
from pipelines.spec_compiler import compile_all, compile_spec, load_pipeline
from pipelines.task_settings import build_cluster_pipeline

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def run_on_thread(function: Callable[Given, Returned], *args: Given.args, **kwargs: Given.kwargs) -> Returned:
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(function, *args, **kwargs).result()


def compile_catalogue(folder: Path, images: ImageNames, size: Size, release: BackendRelease = NEWEST) -> Path:
    """Write what ``compile`` writes to a folder, and return the folder."""
    run_on_thread(compile_all, folder, images, size, release)
    return folder


@cache
def compile_pipeline(name: str, size: Size = "small", registry: str = "ghcr.io/team", tag: str = "1") -> str:
    def compile_here() -> str:
        return compile_spec(build_cluster_pipeline(load_pipeline(name), size), ImageNames(registry, tag))

    return run_on_thread(compile_here)


@cache
def read_pipeline(
    name: str, size: Size = "small", registry: str = "ghcr.io/team", tag: str = "1"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the spec and the settings for Kubernetes, which no test may change."""
    spec, platform = yaml.load_all(compile_pipeline(name, size, registry, tag), yaml.CSafeLoader)
    return spec, platform
