"""The cache of Kubeflow Pipelines: which tasks of a run take the results of an earlier run.

By the rules of KFP 2.14.3, in backend/src/v2/cacheutils/cache.go and backend/src/v2/driver/cache.go: an input
artifact is known by its id, and a task whose results are reused has the same output artifacts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pipelines.remote.wired_tasks import Origin, WiredTask, list_wired_tasks


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
