"""Pipelines and components as specs that Kubeflow Pipelines can run.

Compiling imports kfp and nothing that a stage needs to run.
"""

import os
import re
import tempfile
from importlib import import_module
from pathlib import Path

import yaml
from kfp import compiler
from kfp.dsl.base_component import BaseComponent

from components.errors import InvalidSetting
from pipelines.catalogue import PIPELINES, ROOT, described_commit

DEFAULT_REGISTRY = "docker.io/kfptabular"
_IMAGE_PREFIX = "kfp-tabular-"
# https://github.com/distribution/reference: host with an optional port, then path components; and a tag.
_REGISTRY = re.compile(r"[a-z0-9][a-zA-Z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def compile_all(output: str | Path, registry: str | None = None, tag: str | None = None) -> list[Path]:
    """Write the spec of every pipeline and of every component.

    Nothing is written unless everything compiles.

    Parameters
    ----------
    output : str or Path
        Folder that receives ``pipelines/<name>.yaml`` and ``components/<function>.yaml``.
    registry : str or None
        Where the images are. None: ``REGISTRY`` of the environment, else ``DEFAULT_REGISTRY``.
    tag : str or None
        Tag of the images. None: ``TAG`` of the environment, else ``git describe``.

    Returns
    -------
    list of Path
        The files, sorted.

    Raises
    ------
    InvalidSetting
        The registry or the tag cannot name an image for good.
    """
    registry = _checked_registry(registry or os.environ.get("REGISTRY") or DEFAULT_REGISTRY)
    tag = _checked_tag(tag or os.environ.get("TAG") or _described())
    parts = {f"pipelines/{name}.yaml": load_pipeline(name) for name in PIPELINES}
    parts |= {f"components/{name}.yaml": part for name, part in load_components().items()}
    specs = {name: _spec(part, registry, tag) for name, part in sorted(parts.items())}
    paths = []
    for name, text in specs.items():
        path = Path(output) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def load_pipeline(name: str) -> BaseComponent:
    """Import a pipeline of the catalogue."""
    pipeline: BaseComponent = getattr(import_module(PIPELINES[name]), name)
    return pipeline


def load_components() -> dict[str, BaseComponent]:
    """Import the components of every stage, by the names of their functions."""
    found = {}
    for path in sorted(ROOT.glob("components/*/component.py")):
        module = import_module(f"components.{path.parent.name}.component")
        for name, value in vars(module).items():
            if isinstance(value, BaseComponent):
                found[name] = value
    return found


def _spec(part: BaseComponent, registry: str, tag: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        compiler.Compiler().compile(part, str(path))
        text = path.read_text(encoding="utf-8")
    # The comment at the top lists the inputs and outputs for people; a YAML parser drops it.
    heading = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    spec = yaml.safe_load(text)
    for executor in spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        if container["image"].startswith(_IMAGE_PREFIX):
            container["image"] = f"{registry}/{container['image']}:{tag}"
    body: str = yaml.safe_dump(spec, sort_keys=True, allow_unicode=True)
    return heading + body


def _checked_registry(registry: str) -> str:
    if not _REGISTRY.fullmatch(registry):
        raise InvalidSetting.out_of_range(
            "registry", registry, "a host and a path without a scheme, such as ghcr.io/team"
        )
    return registry


def _checked_tag(tag: str) -> str:
    if tag == "latest":
        raise InvalidSetting(
            "The tag 'latest' names another image tomorrow, and Kubeflow's cache cannot tell.",
            "Give the tag of a build, or leave it out: it is then taken from git.",
        )
    if not _TAG.fullmatch(tag):
        raise InvalidSetting.out_of_range("tag", tag, "letters, digits, dots, dashes and underscores")
    return tag


def _described() -> str:
    described = described_commit()
    if described is None:
        raise InvalidSetting(
            "There is no tag, and git cannot describe this folder.", "Give a tag: --tag 1.2.0, or TAG=1.2.0."
        )
    return described
