"""The tasks of a compiled pipeline, with where their inputs come from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """Where an input of a task comes from.

    Attributes
    ----------
    task : str
        The task whose output it is; empty for a parameter of the pipeline and for a constant.
    name : str
        The output, or the parameter; for a constant its text.
    is_constant : bool
        Whether it is a constant.
    """

    task: str
    name: str
    is_constant: bool = False


@dataclass(frozen=True)
class WiredTask:
    """A task of a compiled pipeline that a container runs.

    Attributes
    ----------
    name : str
        The task.
    is_cached : bool
        Whether it may take earlier results.
    component : dict
        Its component in the spec.
    container : dict
        Its container in the spec.
    inputs : dict of str to Origin
        Where its inputs come from. An iteration of a loop has the whole list.
    upstream : frozenset of str
        The tasks that must end before it begins, also those whose results it does not take.
    """

    name: str
    is_cached: bool
    component: dict[str, Any]
    container: dict[str, Any]
    inputs: dict[str, Origin]
    upstream: frozenset[str]


def list_wired_tasks(spec: dict[str, Any]) -> list[WiredTask]:
    """Return the tasks of a compiled pipeline, each after those whose results it takes."""
    parameters = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    given = {name: Origin("", name) for name in parameters}
    return list(_iterate_tasks(spec, spec["root"]["dag"], given, frozenset()))


def _iterate_tasks(
    spec: dict[str, Any], dag: dict[str, Any], given: Mapping[str, Origin], above: frozenset[str]
) -> Iterator[WiredTask]:
    # Results of loops, which are those of the tasks in them.
    inner: dict[tuple[str, str], Origin] = {}
    # The tasks of each group, and what they wait for.
    ends: dict[str, frozenset[str]] = {}

    def find_origin(source: dict[str, Any]) -> Origin:
        ((kind, of),) = source.items()
        if kind in ("componentInputParameter", "componentInputArtifact"):
            return given[of]
        if kind in ("taskOutputParameter", "taskOutputArtifact"):
            output = of.get("outputParameterKey") or of["outputArtifactKey"]
            return inner.get((of["producerTask"], output), Origin(of["producerTask"], output))
        return Origin("", json.dumps(of), is_constant=True)

    order = TopologicalSorter({name: task.get("dependentTasks", ()) for name, task in dag["tasks"].items()})
    for name in order.static_order():
        task = dag["tasks"][name]
        component = spec["components"][task["componentRef"]["name"]]
        wired = task.get("inputs", {})
        upstream = above.union(*(ends[other] for other in task.get("dependentTasks", ())))
        inputs = {
            key: find_origin(of)
            for kind in ("parameters", "artifacts")
            for key, of in wired.get(kind, {}).items()
        }
        if "executorLabel" in component:
            container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
            is_cached = task.get("cachingOptions", {}).get("enableCache", False)
            ends[name] = upstream | {name}
            yield WiredTask(name, is_cached, component, container, inputs, upstream)
            continue
        if iterator := task.get("parameterIterator"):
            inputs[iterator["itemInput"]] = inputs[iterator["items"]["inputParameter"]]
        members = list(_iterate_tasks(spec, component["dag"], inputs, upstream))
        ends[name] = upstream.union(member.name for member in members)
        yield from members
        for output, of in component["dag"].get("outputs", {}).get("artifacts", {}).items():
            (selector,) = of["artifactSelectors"]
            inner[name, output] = Origin(selector["producerSubtask"], selector["outputArtifactKey"])
