"""The training pipeline, compiled for a cluster."""

import copy
from functools import cache
from typing import Any

import yaml

from pipelines.image_names import ImageNames
from pipelines.spec_compiler import compile_spec, load_pipeline
from pipelines.task_settings import build_cluster_pipeline


@cache
def compile_training(tag: str = "1") -> str:
    pipeline = build_cluster_pipeline(load_pipeline("training"), "small")
    return compile_spec(pipeline, ImageNames("localhost:1/team", tag))


@cache
def _read(tag: str) -> dict[str, Any]:
    spec: dict[str, Any] = next(yaml.load_all(compile_training(tag), yaml.CSafeLoader))
    return spec


def read_training(tag: str = "1") -> dict[str, Any]:
    """Return a spec that a test may change."""
    return copy.deepcopy(_read(tag))
