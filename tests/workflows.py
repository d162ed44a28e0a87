"""Workflows as Argo 3.6 describes the runs of Kubeflow Pipelines 2.14, as the API gives them."""

import json
from typing import Any

WORKFLOW = "training-x7k2p"
_ROOT = f"{WORKFLOW}.root.stages"
_END = {"Succeeded", "Failed", "Error"}


def make_node(name: str, phase: str, message: str = "", kind: str = "DAG", **more: Any) -> dict[str, Any]:
    """Return a node, with the times of its start and, if it has ended, of its end."""
    node = {"id": f"{WORKFLOW}-{abs(hash(name)) % 10**9}", "name": name, "type": kind, "phase": phase, **more}
    node.setdefault("startedAt", "2026-03-02T06:00:00Z")
    if message:
        node["message"] = message
    if phase in _END:
        node.setdefault("finishedAt", "2026-03-02T06:00:42Z")
    return node


def make_task(
    name: str,
    title: str,
    phase: str,
    message: str = "",
    *,
    earlier: tuple[str, ...] | None = None,
    within: str = _ROOT,
    end: str = "2026-03-02T06:00:42Z",
) -> list[dict[str, Any]]:
    """Return the nodes of a task: its driver, its group and its pod.

    ``earlier`` has the messages of the attempts before, if the task is retried.
    """
    task = json.dumps({"componentRef": {"name": f"comp-{name}"}, "taskInfo": {"name": title}})
    inputs = {"parameters": [{"name": "component", "value": "{}"}, {"name": "task", "value": task}]}
    group, pod = f"{within}.{name}", f"{within}.{name}.executor"
    impl = {"kind": "Pod", "templateName": "metadata-0-2-system-container-impl", "finishedAt": end}
    nodes = [
        make_node(f"{group}-driver", "Succeeded", kind="Pod", inputs=inputs),
        make_node(group, "Running" if phase == "Pending" else phase),
    ]
    if earlier is None:
        return [*nodes, make_node(pod, phase, message, **impl)]
    attempts = [make_node(f"{pod}({i})", "Failed", text, **impl) for i, text in enumerate(earlier)]
    retry = "Running" if phase in ("Pending", "Running") else phase
    last = make_node(f"{pod}({len(earlier)})", phase, message, **impl)
    return [*nodes, make_node(pod, retry, kind="Retry"), *attempts, last]


def make_manifest(*nodes: list[dict[str, Any]], phase: str = "Running", **spec: Any) -> str:
    """Return a workflow of tasks, whose groups above them have a phase."""
    above = [make_node(name, phase) for name in (WORKFLOW, f"{WORKFLOW}.root", _ROOT)]
    everything = [*above, *(node for part in nodes for node in part)]
    return json.dumps(
        {
            "metadata": {"name": WORKFLOW, "namespace": "kubeflow", "annotations": {}},
            "spec": spec,
            "status": {"phase": phase, "nodes": {node["id"]: node for node in everything}},
        }
    )


def make_arguments(pipeline: str, part_of: str = "kfp-tabular") -> dict[str, Any]:
    """Return the arguments of a workflow that runs a pipeline with our last task."""
    inputs = {"pipeline": {"runtimeValue": {"constant": pipeline}}}
    root = {"dag": {"tasks": {"notify": {"inputs": {"parameters": inputs}}, "stages": {}}}}
    settings = {"podMetadata": {"labels": {"app.kubernetes.io/part-of": part_of}}}
    parts = {"components-root": root, "kubernetes-comp-notify": settings}
    return {"parameters": [{"name": name, "value": json.dumps(part)} for name, part in parts.items()]}
