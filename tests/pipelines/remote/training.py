"""The training pipeline, compiled for a cluster."""

import copy
from typing import Any

from tests.compiled_specs import compile_pipeline, read_pipeline

REGISTRY = "localhost:1/team"


def compile_training(tag: str = "1") -> str:
    return compile_pipeline("training", registry=REGISTRY, tag=tag)


def read_training(tag: str = "1") -> dict[str, Any]:
    """Return a spec that a test may change."""
    return copy.deepcopy(read_pipeline("training", registry=REGISTRY, tag=tag)[0])
