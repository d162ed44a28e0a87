"""The tasks of a run that failed or cannot start, and why, read from its workflow on the cluster.

Kubeflow Pipelines runs a pipeline as a Workflow of Argo (https://argo-workflows.readthedocs.io/en/latest/fields/).
Its nodes form a tree: a task of the pipeline is a group ``NAME`` with a pod ``NAME.executor``, beside the pod
``NAME-driver`` of Kubeflow that prepares the task. If a pod fails, all groups above it fail, too.
"""

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from components.causes import STARTING, Cause, explain_failure, explain_waiting
from components.errors import SHOWN, format_count

_FAILED = ("Failed", "Error")
_ATTEMPT = re.compile(r"\(\d+\)$")


@dataclass(frozen=True)
class Task:
    """A task that failed or has not started.

    Attributes
    ----------
    name : str
        Its name in the pipeline: ``validate-gate``.
    title : str
        Its name for people.
    pod : str
        The pod of its last attempt.
    cause : Cause
        Why it failed or has not started.
    is_starting : bool
        Whether Kubernetes gives no cause yet: the pod's images or volumes may still be on their way.
    """

    name: str
    title: str
    pod: str
    cause: Cause
    is_starting: bool = False

    def describe_stop(self, run: str, outcome: str = "was stopped") -> str:
        """Return that a run cannot go on because this task waits for what does not come by itself.

        Parameters
        ----------
        run : str
            What to call the run.
        outcome : str
            What became of it.
        """
        what = self.cause.what
        where = f"{run} cannot go on and {outcome} at: {self.title}."
        return f"{where}\n{what[:1].upper()}{what[1:]}.\n{self.cause.remedy}"


class TaskProgress(NamedTuple):
    """How far a task, or a group of tasks, has come.

    Attributes
    ----------
    node : str
        What identifies it: tasks of a loop share their name.
    name : str
        Its name in the pipeline.
    phase : str
        Argo's word: ``Running``, ``Succeeded``, ``Failed``, ``Error``, ``Skipped`` or another.
    started, ended : datetime or None
        When it began and ended. None: not yet.
    """

    node: str
    name: str
    phase: str
    started: datetime | None
    ended: datetime | None


@dataclass(frozen=True)
class Workflow:
    """A run as its workflow describes it.

    Attributes
    ----------
    name, namespace : str
        The workflow.
    is_stopped : bool
        Whether somebody, or a deadline, stopped the run.
    has_succeeded : bool
        Whether all has ended well; tasks of an exit handler, which run after the end, do not count.
    failed : tuple of Task
        The tasks that failed in their last attempt, the first failure first.
    waiting : tuple of Task
        The tasks whose pods have not started.
    message : str
        Argo's message about the run, if it failed: without tasks, why it could not begin.
    pipeline : str or None
        Which of our pipelines it runs. None: a pipeline of others.
    tasks : tuple of TaskProgress
        The tasks and groups of tasks that have begun.
    """

    name: str
    namespace: str
    is_stopped: bool
    has_succeeded: bool
    failed: tuple[Task, ...]
    waiting: tuple[Task, ...]
    message: str = ""
    pipeline: str | None = None
    tasks: tuple[TaskProgress, ...] = ()

    @classmethod
    def parse(cls, manifest: str) -> "Workflow | None":
        """Return the workflow in a manifest; None if it is not one, or has not started.

        Parameters
        ----------
        manifest : str
            The workflow as JSON: ``pipeline_runtime.workflow_manifest`` of a run in the API v1beta1.
        """
        try:
            document = json.loads(manifest)
            nodes = _read_nodes(document)
            name, namespace = document["metadata"]["name"], document["metadata"].get("namespace", "")
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            return None
        status = document["status"]
        message = str(status.get("message") or "") if status.get("phase") in _FAILED else ""
        if not nodes and not message:
            return None
        spec = document.get("spec", {})
        reader = _TaskReader(name, namespace, nodes, document["metadata"].get("annotations") or {})
        innermost = _list_innermost(nodes)
        failed = [node for node in innermost if node.get("phase") in _FAILED]
        waiting = [node for node in innermost if node.get("phase") == "Pending" and node.get("type") == "Pod"]
        return cls(
            name,
            namespace,
            spec.get("activeDeadlineSeconds") == 0 or "shutdown" in spec,
            _has_succeeded(nodes),
            tuple(map(reader.read_failed, sorted(failed, key=_get_end))),
            tuple(map(reader.read_waiting, waiting)),
            message,
            _find_pipeline(spec),
            _list_tasks(nodes),
        )

    @property
    def is_decided(self) -> bool:
        """Whether it is certain how the run ends, and why."""
        return self.has_succeeded or self.is_stopped or bool(self.failed or self.message)

    def describe_end(self, run: str) -> str:
        """Return how the run ended, if not well: the tasks that failed, and the last words of each.

        Parameters
        ----------
        run : str
            What to call the run.
        """
        titles = ", ".join(dict.fromkeys(task.title for task in self.failed))
        if self.is_stopped:
            verdict = "was stopped"
        elif self.failed and all(is_gate(task.name) for task in self.failed):
            verdict = "was rejected"
        else:
            verdict = "failed"
        lines = [f"{run} {verdict} at: {titles}." if titles else f"{run} {verdict}."]
        # All workers of a sweep may have failed alike.
        causes = dict.fromkeys((task.title, str(task.cause)) for task in self.failed)
        if not causes and self.message:
            lines.append(self.message)
        shown = list(causes)[:SHOWN]
        lines += [f"{title}: {cause}" if len(causes) > 1 else cause for title, cause in shown]
        if len(causes) > SHOWN:
            lines.append(f"{format_count(len(causes) - SHOWN, 'more failure')}.")
        return "\n".join(lines)


def is_gate(task: str) -> bool:
    """Return whether a task is a gate, which fails if the verdict before it is negative."""
    return task.endswith("-gate")


def _read_nodes(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    status = document.get("status", {})
    nodes = status.get("nodes")
    if not nodes and status.get("compressedNodes"):
        # Argo packs the nodes of a workflow that is too large for an object of Kubernetes.
        nodes = json.loads(gzip.decompress(base64.b64decode(status["compressedNodes"])))
    return [node for node in (nodes or {}).values() if node.get("name")]


def _find_pipeline(spec: Mapping[str, Any]) -> str | None:
    """Return the pipeline's name as its last task notify gets it; None if the run has no task of that kind.

    Kubeflow gives a workflow the pipeline's parts as arguments: the tasks, and for each component its
    settings for Kubernetes. Only compiling a pipeline of ours adds a notify with our label.
    """
    arguments = (spec.get("arguments") or {}).get("parameters") or []
    parts = {part.get("name"): part.get("value") for part in arguments}
    try:
        labels = json.loads(parts["kubernetes-comp-notify"])["podMetadata"]["labels"]
        notify = json.loads(parts["components-root"])["dag"]["tasks"]["notify"]
        name = notify["inputs"]["parameters"]["pipeline"]["runtimeValue"]["constant"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(name) if labels.get("app.kubernetes.io/part-of") == "kfp-tabular" else None


def _list_tasks(nodes: Iterable[Mapping[str, Any]]) -> tuple[TaskProgress, ...]:
    """Return the groups that a driver has prepared: that is what Kubeflow makes of a task."""
    by_name = {node["name"]: node for node in nodes}
    return tuple(
        TaskProgress(
            str(node.get("id")),
            name.rpartition(".")[2],
            str(node.get("phase")),
            _parse_time(node.get("startedAt")),
            _parse_time(node.get("finishedAt")),
        )
        for name, node in by_name.items()
        if f"{name}-driver" in by_name
    )


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _has_succeeded(nodes: Iterable[Mapping[str, Any]]) -> bool:
    phases = {node["name"]: node.get("phase") for node in nodes}
    handled = [name.removesuffix(".onExit") for name in phases if name.endswith(".onExit")]
    return bool(handled) and all(phases.get(name) == "Succeeded" for name in handled)


def _list_innermost(nodes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes that count: not those of earlier attempts, and not groups above a failed node."""
    by_name = {node["name"]: node for node in nodes}
    superseded = [name for node in by_name.values() for name in _list_superseded(node, by_name)]
    counting = {
        name: node
        for name, node in by_name.items()
        if not any(name == attempt or _is_below(name, attempt) for attempt in superseded)
    }
    failed = [name for name, node in counting.items() if node.get("phase") in _FAILED]
    return [
        node
        for name, node in counting.items()
        if name not in failed or not any(_is_below(other, name) for other in failed)
    ]


def _list_superseded(node: Mapping[str, Any], by_name: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the attempts at a node that another attempt has followed or may follow."""
    if node.get("type") != "Retry":
        return []
    pattern = re.compile(re.escape(node["name"]) + r"\((\d+)\)")
    attempts = sorted(filter(None, map(pattern.fullmatch, by_name)), key=lambda found: int(found[1]))
    names = [found[0] for found in attempts]
    is_last_current = bool(names) and (
        node.get("phase") in _FAILED or by_name[names[-1]].get("phase") not in _FAILED
    )
    return names[:-1] if is_last_current else names


def _is_below(name: str, above: str) -> bool:
    return name.startswith((f"{above}.", f"{above}("))


def _get_end(node: Mapping[str, Any]) -> str:
    return str(node.get("finishedAt") or "9")


class _TaskReader:
    def __init__(
        self, workflow: str, namespace: str, nodes: list[dict[str, Any]], annotations: Mapping[str, str]
    ) -> None:
        self._workflow, self._namespace = workflow, namespace
        self._has_old_pod_names = annotations.get("workflows.argoproj.io/pod-name-format") == "v1"
        self._by_name = {node["name"]: node for node in nodes}

    def read_failed(self, node: Mapping[str, Any]) -> Task:
        pod = self._name_pod(node)
        log = f"kubectl logs -n {self._namespace} {pod} -c main"
        cause = explain_failure(str(node.get("message") or ""), log, is_driver=self._is_driver(node))
        return Task(*self._name_task(node), pod, cause)

    def read_waiting(self, node: Mapping[str, Any]) -> Task:
        pod, message = self._name_pod(node), str(node.get("message") or "")
        cause = explain_waiting(message, f"kubectl describe pod -n {self._namespace} {pod}")
        return Task(*self._name_task(node), pod, cause, message in STARTING)

    def _is_driver(self, node: Mapping[str, Any]) -> bool:
        return _ATTEMPT.sub("", node["name"]).endswith("-driver")

    def _name_task(self, node: Mapping[str, Any]) -> tuple[str, str]:
        """Return the name and the title of the task of a pod."""
        path = _ATTEMPT.sub("", _ATTEMPT.sub("", node["name"]).removesuffix(".executor"))
        path = path.removesuffix("-driver")
        name = path.rpartition(".")[2]
        driver = node if self._is_driver(node) else self._by_name.get(f"{path}-driver", {})
        parameters = (driver.get("inputs") or {}).get("parameters") or []
        task = next((item.get("value") for item in parameters if item.get("name") == "task"), None)
        try:
            title = json.loads(task or "{}").get("taskInfo", {}).get("name")
        except ValueError:
            title = None
        return name, str(title or ("Start of the run" if name == "root" else name))

    def _name_pod(self, node: Mapping[str, Any]) -> str:
        """Return a pod's name, which a workflow does not hold: Argo makes it from the node's."""
        if self._has_old_pod_names:
            return str(node["id"])
        if node["name"] == self._workflow:
            return self._workflow
        template = node.get("templateName") or (node.get("templateRef") or {}).get("template", "")
        prefix = f"{self._workflow}-{template}" if template else self._workflow
        return f"{prefix[:242]}-{_hash(node['name'])}"


def _hash(text: str) -> int:
    """Return the 32 bits of FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/)."""
    value = 2_166_136_261
    for byte in text.encode():
        value = (value ^ byte) * 16_777_619 & 0xFFFFFFFF
    return value
