"""The settings that `make run` gives each stage: the training pipeline's defaults, read from its spec."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict
from kfp.dsl.base_component import BaseComponent

from pipelines.spec_compiler import load_pipeline

# Loaded here, before a benchmark's clock starts.
_TRAINING = load_pipeline("training")


class Passed(NamedTuple):
    """A parameter of a component, as a pipeline calls it.

    Attributes
    ----------
    component, parameter : str
        The component's function and its parameter.
    source : str
        The pipeline's parameter that it is given; empty if it is left to the component.
    """

    component: str
    parameter: str
    source: str


def read_defaults(part: BaseComponent) -> dict[str, Any]:
    """Return the default of each parameter of a component or a pipeline that has one."""
    spec = part.pipeline_spec
    return _read_defaults_of(MessageToDict(spec)["root"])


def list_passed_parameters(pipeline: BaseComponent) -> list[Passed]:
    """Return every parameter with a default of every component that a pipeline calls."""
    spec = MessageToDict(pipeline.pipeline_spec)
    names = {name: name for name in spec["root"]["inputDefinitions"]["parameters"]}
    return list(_iterate_calls(spec, spec["root"]["dag"], names))


def build_settings(stage: str, **given: Any) -> Any:
    """Return a stage's settings as a run with the training pipeline's defaults has them.

    Parameters
    ----------
    stage : str
        The stage's name.
    given
        What the run is given.
    """
    kind = import_module(f"components.{stage}.settings").Settings
    values = read_defaults(getattr(import_module(f"components.{stage}.component"), stage))
    whole = read_defaults(_TRAINING)
    for call in list_passed_parameters(_TRAINING):
        if call.component == stage and call.source in whole:
            values[call.parameter] = whole[call.source]
    fields = kind.__dataclass_fields__
    # A specification has lists only.
    values = {name: tuple(of) if isinstance(of, list) else of for name, of in values.items()}
    return kind(**{name: value for name, value in values.items() if name in fields} | given)


def _iterate_calls(
    spec: Mapping[str, Any], dag: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[Passed]:
    """Yield the calls of a graph and of those within it; ``names`` are the pipeline's, by the graph's own."""
    for task in dag["tasks"].values():
        component = spec["components"][task["componentRef"]["name"]]
        given = {
            name: names.get(of.get("componentInputParameter", ""), "")
            for name, of in task.get("inputs", {}).get("parameters", {}).items()
        }
        if "dag" in component:
            yield from _iterate_calls(spec, component["dag"], given)
            continue
        function = component["executorLabel"].removeprefix("exec-").replace("-", "_")
        for name in _read_defaults_of(component):
            yield Passed(function, name, given.get(name, ""))


def _read_defaults_of(component: Mapping[str, Any]) -> dict[str, Any]:
    parameters = component.get("inputDefinitions", {}).get("parameters", {})
    return {
        name: int(of["defaultValue"]) if of["parameterType"] == "NUMBER_INTEGER" else of["defaultValue"]
        for name, of in parameters.items()
        if "defaultValue" in of
    }
