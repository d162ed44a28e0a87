"""The cache of Kubeflow Pipelines: which tasks of a run take the results of an earlier run.

By the rules of KFP 2.14.3, in backend/src/v2/cacheutils/cache.go and backend/src/v2/driver/cache.go: an input
artifact is known by its id, and a task whose results are reused has the same output artifacts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import count
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
    """

    name: str
    is_cached: bool
    component: dict[str, Any]
    container: dict[str, Any]
    inputs: dict[str, Origin]


def list_wired_tasks(spec: dict[str, Any]) -> list[WiredTask]:
    """Return the tasks of a compiled pipeline, each after those whose results it takes."""
    parameters = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return list(_iterate_tasks(spec, spec["root"]["dag"], {name: Origin("", name) for name in parameters}))


def _iterate_tasks(
    spec: dict[str, Any], dag: dict[str, Any], given: Mapping[str, Origin]
) -> Iterator[WiredTask]:
    # Results of loops, which are those of the tasks in them.
    inner: dict[tuple[str, str], Origin] = {}

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
        inputs = {
            key: find_origin(of)
            for kind in ("parameters", "artifacts")
            for key, of in wired.get(kind, {}).items()
        }
        if "executorLabel" in component:
            container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
            is_cached = task["cachingOptions"].get("enableCache", False)
            yield WiredTask(name, is_cached, component, container, inputs)
            continue
        if iterator := task.get("parameterIterator"):
            inputs[iterator["itemInput"]] = inputs[iterator["items"]["inputParameter"]]
        yield from _iterate_tasks(spec, component["dag"], inputs)
        for output, of in component["dag"].get("outputs", {}).get("artifacts", {}).items():
            (selector,) = of["artifactSelectors"]
            inner[name, output] = Origin(selector["producerSubtask"], selector["outputArtifactKey"])


@dataclass
class ResultCache:
    """The results of earlier runs of a pipeline."""

    _results: dict[str, dict[str, object]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=count)

    def run(
        self,
        spec: dict[str, Any],
        arguments: Mapping[str, object],
        returned: Mapping[str, object],
    ) -> set[str]:
        """Run a pipeline, and return the names of the tasks that do not take earlier results.

        Parameters
        ----------
        spec : dict
            The compiled pipeline.
        arguments : mapping of str to JSON values
            Its parameters.
        returned : mapping of str to JSON values
            What each task with an output parameter returns if it runs.
        """
        defaults = spec["root"]["inputDefinitions"]["parameters"]
        known = {Origin("", name): of.get("defaultValue") for name, of in defaults.items()}
        known |= {Origin("", name): value for name, value in arguments.items()}
        ran = set()
        for task in list_wired_tasks(spec):
            key = _compute_key(task, known)
            results = self._results.get(key) if task.is_cached else None
            if results is None:
                ran.add(task.name)
                results = self._make_results(task, returned)
            if task.is_cached:
                self._results[key] = results
            known |= {Origin(task.name, output): value for output, value in results.items()}
        return ran

    def _make_results(self, task: WiredTask, returned: Mapping[str, object]) -> dict[str, object]:
        declared = task.component.get("outputDefinitions", {})
        ids = {output: f"artifact {next(self._ids)}" for output in declared.get("artifacts", {})}
        return {**ids, **dict.fromkeys(declared.get("parameters", ()), returned.get(task.name))}


def _compute_key(task: WiredTask, known: Mapping[Origin, object]) -> str:
    inputs = {
        name: origin.name if origin.is_constant else known[origin] for name, origin in task.inputs.items()
    }
    words = [task.container[part] for part in ("image", "command", "args")]
    return json.dumps([inputs, task.component.get("outputDefinitions"), words], sort_keys=True)
