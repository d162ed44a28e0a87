"""Starts the pipeline of an earlier run again from one of its stages, and says what of it is reused.

Kubeflow Pipelines itself decides what is reused, when the run runs. What is known before is compared here:
images, code and parameters.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.errors import InvalidSetting, format_list
from pipelines.parameters import Parameter
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.spec import Spec
from pipelines.remote.wired_tasks import Origin, WiredTask, list_wired_tasks

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of a task whose results an earlier run gave, Argo says that it succeeded.
_DONE = ("Succeeded", "Skipped")
_SWEEP, _STUDY = "tune", "study"


@dataclass(frozen=True)
class EarlierRun:
    """A run on a cluster.

    Attributes
    ----------
    run_id, name : str
        Its id and its name.
    spec : Spec
        Its pipeline.
    parameters : mapping
        The parameters that it was given; the others had their defaults.
    undone : frozenset of str
        The tasks that began and did not succeed; empty, too, if the API does not show them.
    """

    run_id: str
    name: str
    spec: Spec
    parameters: Mapping[str, Any]
    undone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Restart:
    """What a restart runs and reuses.

    Attributes
    ----------
    reused : tuple of str
        Tasks before the stage that are as in the earlier run.
    repeated : dict of str to list of str
        Other tasks before the stage, by the reason.
    restarted : tuple of str
        The tasks of the stage, and all that run after them.
    """

    reused: tuple[str, ...]
    repeated: dict[str, list[str]]
    restarted: tuple[str, ...]

    def list_lines(self) -> list[tuple[str, str]]:
        """Return what to tell a person, as label and text."""
        reused = ", ".join(self.reused) + ", if the source has not changed" if self.reused else "nothing"
        again = [("again", f"{', '.join(names)}: {reason}") for reason, names in self.repeated.items()]
        return [("reused", reused), *again, ("from here", ", ".join(self.restarted))]


def fetch_earlier_run(client: KubeflowClient, text: str) -> EarlierRun:
    """Return a run by its id, or by the address of its page.

    Raises
    ------
    InvalidSetting
        The text has no id of a run, or the cluster does not have the run's pipeline any more.
    KubeflowError
        There is no such run, or the cluster cannot be asked.
    """
    found = _ID.search(text.lower())
    if found is None:
        raise InvalidSetting(
            f"{text!r} is neither the id of a run nor the address of its page.",
            "Copy the address of its page in the dashboard: --run URL.",
        )
    run = client.runs.run_service_get_run(found[0])
    content = run.pipeline_spec
    reference = run.pipeline_version_reference
    if not content and reference is not None:
        version = client.pipelines.pipeline_service_get_pipeline_version(
            reference.pipeline_id, reference.pipeline_version_id
        )
        content = version.pipeline_spec
    document = (content or {}).get("pipeline_spec", content)
    if not document:
        raise InvalidSetting(
            f"The cluster has the run {found[0]}, but not its pipeline any more.",
            "Start a new run without --run.",
        )
    workflow = client.fetch_workflow(found[0])
    tasks = workflow.tasks if workflow is not None else ()
    undone = frozenset(task.name for task in tasks if task.phase not in _DONE)
    given = (run.runtime_config.parameters if run.runtime_config else None) or {}
    return EarlierRun(found[0], str(run.display_name), Spec((document,)), given, undone)


def plan_restart(spec: Spec, parameters: Mapping[str, Any], earlier: EarlierRun, stage: str) -> Restart:
    """Return what a restart would run and reuse.

    Parameters
    ----------
    spec : Spec
        The compiled pipeline.
    parameters : mapping
        The parameters of the new run.
    earlier : EarlierRun
        The run whose results are to be reused.
    stage : str
        The first stage that runs again.

    Raises
    ------
    InvalidSetting
        The pipeline has no such stage, or the earlier run is of another one.
    """
    if earlier.spec.name != spec.name:
        raise InvalidSetting(
            f"The run {earlier.name} is of the pipeline {earlier.spec.name}, and not of {spec.name}.",
            f"Submit {earlier.spec.name}, or give another run: --run.",
        )
    tasks = list_wired_tasks(spec.documents[0])
    restarted = _list_restarted(tasks, stage)
    before = {task.name: task for task in list_wired_tasks(earlier.spec.documents[0])}
    values = _Values(spec.parameters, parameters), _Values(earlier.spec.parameters, earlier.parameters)
    reused: list[str] = []
    repeated: dict[str, list[str]] = {}
    changed: set[str] = set()
    for task in tasks:
        if task.name in restarted:
            continue
        reason = next(_list_differences(task, before.get(task.name), *values, changed), "")
        if not reason and task.name in earlier.undone:
            reason = "did not succeed in that run"
        if reason:
            repeated.setdefault(reason, []).append(task.name)
        else:
            reused.append(task.name)
        # What only returns values, such as a fingerprint, may well return the same.
        if reason and (task.is_cached or task.component.get("outputDefinitions", {}).get("artifacts")):
            changed.add(task.name)
    return Restart(tuple(reused), repeated, restarted)


def inherit_parameters(spec: Spec, earlier: EarlierRun, stage: str) -> dict[str, Any]:
    """Return the parameters of an earlier run, for a run that starts again from one of its stages.

    If that is after the sweep, the sweep continues with the trials that it has in its database.

    Raises
    ------
    InvalidSetting
        The pipeline has no such stage.
    """
    tasks = list_wired_tasks(spec.documents[0])
    kept = {task.name for task in tasks} - {*_list_restarted(tasks, stage)}
    if _SWEEP not in kept or earlier.parameters.get(_STUDY) or _STUDY not in spec.parameters:
        return dict(earlier.parameters)
    # A sweep without a name has that of its run.
    return {**earlier.parameters, _STUDY: earlier.run_id}


def _list_restarted(tasks: list[WiredTask], stage: str) -> tuple[str, ...]:
    """Return the tasks of a stage, and all that run after them."""
    stages = list(dict.fromkeys(task.name.partition("-")[0] for task in tasks))
    if stage not in stages:
        raise InvalidSetting.from_unknown_name("stage", stage, stages)
    first = {task.name for task in tasks if task.name.partition("-")[0] == stage}
    return tuple(task.name for task in tasks if task.name in first or task.upstream & first)


@dataclass(frozen=True)
class _Values:
    """The parameters of a run, with their defaults."""

    defined: Mapping[str, Parameter]
    given: Mapping[str, Any]

    def get(self, name: str) -> Any:
        value = self.given[name] if name in self.given else self.defined[name].default
        # A spec has every number as one with a point.
        return int(value) if self.defined[name].kind == "NUMBER_INTEGER" and value is not None else value


def _list_differences(
    task: WiredTask, other: WiredTask | None, new: _Values, old: _Values, changed: set[str]
) -> Iterator[str]:
    """Yield why a task cannot take its results of the earlier run."""
    if other is None:
        yield "new in the pipeline"
        return
    image, earlier = task.container["image"], other.container["image"]
    if image != earlier:
        yield _describe_image(image, earlier)
    if any(task.container.get(part) != other.container.get(part) for part in ("command", "args")):
        yield "the code of the component changed"
    if task.component != other.component or task.inputs != other.inputs:
        yield "its inputs or outputs are others"
    for origin in task.inputs.values():
        if _is_parameter(origin) and new.get(origin.name) != old.get(origin.name):
            yield f"{origin.name} is {new.get(origin.name)!r}, and was {old.get(origin.name)!r}"
    upstream = sorted({origin.task for origin in task.inputs.values()} & changed)
    if upstream:
        yield f"after {format_list(upstream)}"
    if not task.is_cached:
        yield "never reused"


def _is_parameter(origin: Origin) -> bool:
    return not origin.task and not origin.is_constant


def _describe_image(image: str, earlier: str) -> str:
    name, _, tag = image.rpartition(":")
    other, _, known = earlier.rpartition(":")
    # Else one line for each stage's image would say the same.
    return (
        f"the images have the tag {tag}, and had {known}"
        if name == other
        else f"the image is {image}, and was {earlier}"
    )
