"""The stages as ZenML steps, and training as a ZenML pipeline: docs/neighbours.md.

Nothing else imports this module. ZenML finds a step again by module and name: ``zenml_steps.ingest``.
"""

import functools
import json
import shutil
import subprocess
import sys
import tempfile
from graphlib import TopologicalSorter
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any

from google.protobuf.json_format import MessageToDict
from kfp.dsl import PIPELINE_JOB_ID_PLACEHOLDER, PIPELINE_JOB_NAME_PLACEHOLDER, Artifact
from kfp.local import executor_input_utils, executor_output_utils
from zenml import get_step_context, pipeline, step
from zenml.materializers import PathMaterializer

from components.errors import InvalidSetting
from pipelines.local.local_run import find_defect_lines
from pipelines.parameters import read_signature, resolve_parameters
from pipelines.spec_compiler import load_components, load_pipeline

_TYPES = {"String": str, "Integer": int, "Float": float, "Boolean": bool, "Dict": dict, "List": list}
_TYPES["List[Integer]"] = list


class OutputMaterializer(PathMaterializer):
    """Stores an output: a folder with ``data``, as the stage wrote it, and ``metadata.json``."""

    SKIP_REGISTRATION = True

    def save(self, data: Path) -> None:
        """Store the folder, and remove it from this machine."""
        super().save(data)
        shutil.rmtree(data)


@pipeline(name="training", dynamic=True, enable_cache=False)
def run_training(parameters: dict[str, Any]) -> None:
    """Run the training pipeline without deploy; ``parameters`` are those of docs/parameters.md."""
    declared = read_signature("training")
    given = {name: one.default for name, one in declared.items()}
    given |= resolve_parameters(parameters, {}, declared)
    if given["deploy"]:
        raise InvalidSetting("Deploy does not run on ZenML.", "Leave it out, and submit deployment.")
    spec = MessageToDict(load_pipeline("training").pipeline_spec)
    _submit_tasks(spec, spec["root"]["dag"], given)


def _submit_tasks(spec: Any, dag: Any, given: dict[str, Any]) -> dict[Any, Any]:
    """Submit the tasks of a graph as steps, and return each step by its task, each output by both names."""
    made: dict[Any, Any] = {}
    # The conditional task is deploy, which was refused.
    tasks = {name: task for name, task in dag["tasks"].items() if "triggerPolicy" not in task}
    graph = {name: task.get("dependentTasks", []) for name, task in tasks.items()}
    for name in TopologicalSorter(graph).static_order():
        inputs = {}
        for key, source in [pair for kind in tasks[name]["inputs"].values() for pair in kind.items()]:
            (origin,) = source.values()
            if "producerTask" in origin:
                output = origin.get("outputParameterKey") or origin["outputArtifactKey"]
                inputs[key] = made[origin["producerTask"], output]
            else:
                inputs[key] = given[origin] if isinstance(origin, str) else origin["constant"]
        component = spec["components"][tasks[name]["componentRef"]["name"]]
        if loop := tasks[name].get("parameterIterator"):
            inner, items = component["dag"], inputs[loop["items"]["inputParameter"]].load()
            parts = [_submit_tasks(spec, inner, inputs | {loop["itemInput"]: item}) for item in items]
            for key, output in inner["outputs"]["artifacts"].items():
                (one,) = output["artifactSelectors"]
                made[name, key] = [part[one["producerSubtask"], one["outputArtifactKey"]] for part in parts]
            continue
        stage = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]["args"][-1]
        made[name] = _build_step(stage).submit(after=[made[o] for o in graph[name] if o in made], **inputs)
        for key in [key for kind in component.get("outputDefinitions", {}).values() for key in kind]:
            made[name, key] = made[name].get_artifact(f"{stage}_{key}")
    return made


@functools.cache
def _build_step(name: str) -> Any:
    component = load_components()[name]
    spec = component.component_spec

    def start(**inputs: Any) -> Any:
        results = _run_task(component, inputs)
        # ZenML reads in this very text whether there may be several outputs.
        if len(results) > 1:
            return results[0], *results[1:]
        return results[0] if results else None

    parameters = []
    for key, one in (spec.inputs or {}).items():
        default = one.default if one.optional else Parameter.empty
        kind = list[Path] if one.is_artifact_list else _TYPES.get(one.type, Path)
        parameters.append(Parameter(key, Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    types = {f"{name}_{key}": _TYPES.get(one.type, Path) for key, one in (spec.outputs or {}).items()}
    returned = tuple(Annotated[kind, key] for key, kind in types.items())
    result: Any = tuple[returned] if len(returned) > 1 else next(iter(returned), None)  # type: ignore[valid-type]
    vars(start)["__signature__"] = Signature(parameters, return_annotation=result)
    start.__name__, start.__doc__ = name, spec.description
    materializers = {key: OutputMaterializer for key, kind in types.items() if kind is Path}
    # ZenML's cache would not see that the code of a stage has changed.
    return step(start, enable_cache=False, output_materializers=materializers)


def __getattr__(name: str) -> Any:
    if name in load_components():
        return _build_step(name)
    raise AttributeError(f"There is no component {name!r}.")


def _run_task(component: Any, inputs: dict[str, Any]) -> list[Any]:
    """Run a component in a process of its own, with the command of its container; return its outputs."""
    (spec,) = component.pipeline_spec.components.values()
    container = component.component_spec.implementation.container
    arguments = {key: _convert_artifact(value) for key, value in inputs.items()}
    with tempfile.TemporaryDirectory() as folder:
        executor_input = executor_input_utils.construct_executor_input(spec, arguments, folder, False)
        text = json.dumps(executor_input_utils.executor_input_to_dict(executor_input, spec))
        made_by = get_step_context().pipeline_run
        text = text.replace(PIPELINE_JOB_ID_PLACEHOLDER, str(made_by.id))
        text = text.replace(PIPELINE_JOB_NAME_PLACEHOLDER, made_by.name)
        words = [text if word == "{{$}}" else word for word in (*container.command, *container.args)]
        done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
        sys.stdout.write(done.stdout + done.stderr)
        if done.returncode:
            raise RuntimeError("\n".join(find_defect_lines(done.stderr)))
        outputs = executor_output_utils.get_outputs_for_task(executor_input, spec)
        return [_convert_artifact(outputs[key]) for key in component.component_spec.outputs or ()]


def _convert_artifact(value: Any) -> Any:
    """Return KFP's artifact for ZenML's folder, ZenML's folder for KFP's artifact, all else as it is."""
    if isinstance(value, list):
        return [_convert_artifact(item) for item in value]
    if isinstance(value, Path):
        return Artifact(uri=str(value / "data"), metadata=json.loads((value / "metadata.json").read_text()))
    if isinstance(value, Artifact):
        folder = Path(tempfile.mkdtemp())
        (folder / "metadata.json").write_text(json.dumps(value.metadata))
        # Metrics are metadata only.
        if Path(value.uri).exists():
            shutil.move(value.uri, folder / "data")
        return folder
    return value
