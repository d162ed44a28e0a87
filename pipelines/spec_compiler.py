"""Compiles pipelines and components to specs that Kubeflow Pipelines can run.

Compiling imports kfp, but none of the libraries of stages.
"""

import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kfp import compiler
from kfp.dsl.base_component import BaseComponent
from kfp.dsl.graph_component import GraphComponent

from pipelines.backend_versions import NEWEST, BackendRelease, Documents, Feature, adapt_documents
from pipelines.catalogue import PIPELINES, ROOT
from pipelines.image_names import ImageNames
from pipelines.sizes import Size
from pipelines.task_settings import build_cluster_pipeline


class WrittenSpecs(NamedTuple):
    """The files of the specs, sorted, and the features that were left out of them."""

    paths: list[Path]
    omitted: list[Feature]


def compile_all(
    output: str | Path, images: ImageNames, size: Size, release: BackendRelease = NEWEST
) -> WrittenSpecs:
    """Write the spec of every pipeline and component; nothing is written if one does not compile.

    Parameters
    ----------
    output : str or Path
        Folder that receives ``pipelines/<name>.yaml`` and ``components/<function>.yaml``.
    images : ImageNames
        Names of the images that the tasks run in.
    size : str
        Resources of the pipelines' tasks.
    release : BackendRelease
        The release of Kubeflow Pipelines that they are for. Later ones run them, too.
    """
    parts = {
        f"pipelines/{name}.yaml": build_cluster_pipeline(load_pipeline(name), size) for name in PIPELINES
    }
    parts |= {f"components/{name}.yaml": part for name, part in load_components().items()}
    texts: dict[str, str] = {}
    omitted: dict[Feature, None] = {}
    for name, part in sorted(parts.items()):
        heading, documents = _compile_documents(part, images)
        adapted, missing = adapt_documents(documents, release)
        texts[name] = _format_spec(heading, adapted)
        omitted |= dict.fromkeys(missing)
    paths = []
    for name, text in texts.items():
        path = Path(output) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return WrittenSpecs(paths, list(omitted))


def load_pipeline(name: str) -> GraphComponent:
    """Import a pipeline of the catalogue."""
    pipeline: GraphComponent = getattr(import_module(PIPELINES[name]), name)
    return pipeline


def load_components() -> dict[str, BaseComponent]:
    """Import the components of every stage, by the names of their functions."""
    components = {}
    for path in sorted(ROOT.glob("components/*/component.py")):
        module = import_module(f"components.{path.parent.name}.component")
        for name, value in vars(module).items():
            if isinstance(value, BaseComponent):
                components[name] = value
    return components


def compile_spec(part: BaseComponent, images: ImageNames) -> str:
    """Return the spec of a pipeline or a component, with the full names of images."""
    return _format_spec(*_compile_documents(part, images))


def _compile_documents(part: BaseComponent, images: ImageNames) -> tuple[str, Documents]:
    """Return the comment at the top, which lists inputs and outputs for people, and the documents."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        compiler.Compiler().compile(part, str(path))
        text = path.read_text(encoding="utf-8")
    # There may be a second document, with settings for Kubernetes.
    spec, *platform = yaml.safe_load_all(text)
    names = list(part.component_spec.inputs or ())
    # The YAML parser drops comments.
    heading = [line for line in text.splitlines(keepends=True) if line.startswith("#")]
    _sort_by_signature(heading, spec["root"].get("inputDefinitions", {}).get("parameters", {}), names)
    for executor in spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        container["image"] = images.complete(container["image"])
        for variable in container.get("env", []):
            variable["value"] = images.complete(variable["value"])
    return "".join(heading), (spec, *platform)


def _sort_by_signature(heading: list[str], parameters: dict[str, Any], names: Sequence[str]) -> None:
    """Sort in place the comment's inputs and the parameters, which kfp sorts by name.

    Backends sort them by name again, and so does the dashboard: this order is for who reads the file.
    """
    found = {name: parameters.pop(name) for name in names if name in parameters}
    parameters.update(found)
    if "# Inputs:\n" in heading:
        start = heading.index("# Inputs:\n") + 1
        lines = heading[start : start + len(names)]
        heading[start : start + len(names)] = sorted(
            lines, key=lambda line: names.index(line.removeprefix("#").partition(":")[0].strip())
        )


def _format_spec(heading: str, documents: Documents) -> str:
    body: str = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
    return heading + body
