"""Compiles pipelines and components to specs that Kubeflow Pipelines can run.

Compiling imports kfp, but none of the libraries of stages.
"""

import tempfile
from importlib import import_module
from pathlib import Path

import yaml
from kfp import compiler
from kfp.dsl.base_component import BaseComponent
from kfp.dsl.graph_component import GraphComponent

from pipelines.catalogue import PIPELINES, ROOT
from pipelines.image_names import ImageNames
from pipelines.sizes import Size
from pipelines.task_settings import build_cluster_pipeline


def compile_all(output: str | Path, images: ImageNames, size: Size) -> list[Path]:
    """Write the spec of every pipeline and component; nothing is written if one does not compile.

    Parameters
    ----------
    output : str or Path
        Folder that receives ``pipelines/<name>.yaml`` and ``components/<function>.yaml``.
    images : ImageNames
        Names of the images that the tasks run in.
    size : str
        Resources of the pipelines' tasks.

    Returns
    -------
    list of Path
        The files, sorted.
    """
    parts = {
        f"pipelines/{name}.yaml": build_cluster_pipeline(load_pipeline(name), size) for name in PIPELINES
    }
    parts |= {f"components/{name}.yaml": part for name, part in load_components().items()}
    specs = {name: compile_spec(part, images) for name, part in sorted(parts.items())}
    paths = []
    for name, text in specs.items():
        path = Path(output) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        compiler.Compiler().compile(part, str(path))
        text = path.read_text(encoding="utf-8")
    # The comment at the top lists inputs and outputs for people; the YAML parser drops it.
    heading = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    # There may be a second document, with settings for Kubernetes.
    spec, *platform = yaml.safe_load_all(text)
    for executor in spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        container["image"] = images.complete(container["image"])
        for variable in container.get("env", []):
            variable["value"] = images.complete(variable["value"])
    body: str = yaml.safe_dump_all([spec, *platform], sort_keys=True, allow_unicode=True)
    return heading + body
