"""Where the time of a run on a cluster goes: ``python -m benchmarks.cluster RUN``.

Prints a line for each pod of the run with this id, then the shares of the stages' pods, of Kubeflow's own
pods, and of the pauses between pods. With ``--empty`` it starts the same run with empty tasks and compares
both: what an empty run takes is Kubeflow's part of the other.
"""

import argparse
import base64
import gzip
import html
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.empty_tasks import count_iterations, start_empty_run
from components.errors import InvalidSetting
from pipelines.cli.remote_options import FAILED, run_remote_command
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.run_progress import follow_run

RUN, EMPTY = "run", "with empty tasks"
_WIDTH, _ROW, _NAMES, _MARGIN = 900, 16, 170, 10
_COLORS = {"backend": "#b0b7c3", "stage": "#2f6f4f"}


class PodTime(NamedTuple):
    """A pod of a run: its task, whose it is ("backend" or "stage"), and when it ran, in seconds."""

    task: str
    owner: str
    start: float
    end: float


class TimeShares(NamedTuple):
    """A run's seconds, and the shares of the stages' pods, of Kubeflow's pods alone, and of no pod."""

    seconds: float
    stages: float
    backend: float
    pauses: float


def read_status(manifest: str) -> dict[str, Any]:
    """Return the status of a workflow, with the nodes of a large one unpacked.

    Parameters
    ----------
    manifest : str
        The workflow as JSON; empty if the run has not started.
    """
    status: dict[str, Any] = json.loads(manifest or "{}").get("status", {})
    if not status.get("nodes") and "compressedNodes" in status:
        status["nodes"] = json.loads(gzip.decompress(base64.b64decode(status["compressedNodes"])))
    return status


def list_pods(status: Mapping[str, Any]) -> list[PodTime]:
    """Return the pods that have ended, by their start.

    Parameters
    ----------
    status : mapping
        The status of a run's workflow.
    """
    pods = []
    for node in (status.get("nodes") or {}).values():
        if node["type"] == "Pod" and node.get("finishedAt"):
            words = [word.partition("(")[0] for word in node["name"].split(".")]
            is_stage = words[-1] == "executor"
            task = words[-2] if is_stage else words[-1].removesuffix("-driver")
            started = _parse(status["startedAt"])
            start, end = _parse(node["startedAt"]) - started, _parse(node["finishedAt"]) - started
            pods.append(PodTime(task, "stage" if is_stage else "backend", start, end))
    return sorted(pods, key=lambda pod: (pod.start, pod.end))


def compute_shares(pods: Sequence[PodTime]) -> TimeShares:
    """Return where the time of a run went."""
    seconds = max(pod.end for pod in pods)
    busy = _compute_cover((pod.start, pod.end) for pod in pods)
    stages = _compute_cover((pod.start, pod.end) for pod in pods if pod.owner == "stage")
    return TimeShares(seconds, stages / seconds, (busy - stages) / seconds, (seconds - busy) / seconds)


def describe_run(pods: Sequence[PodTime]) -> str:
    """Return a line for each pod, then the shares."""
    shares = compute_shares(pods)
    lines = [f"{'task':<22}{'start s':>9}{'pod s':>8}"]
    lines += [f"{pod.task:<22}{pod.start:9.0f}{pod.end - pod.start:8.0f}  {pod.owner}" for pod in pods]
    lines.append(
        f"{len(pods)} pods, {shares.seconds:.0f} s: the stages' pods {shares.stages:.0%}, "
        f"Kubeflow's pods alone {shares.backend:.0%}, no pod {shares.pauses:.0%}"
    )
    return "\n".join(lines)


def compare_runs(pods: Sequence[PodTime], empty: Sequence[PodTime], local: float | None) -> str:
    """Return a run beside the same with empty tasks, and beside a local run.

    Parameters
    ----------
    pods : sequence of PodTime
        The run.
    empty : sequence of PodTime
        The run with empty tasks.
    local : float or None
        Seconds of ``make run`` with the same parameters on the same processors.
    """
    whole, backend = compute_shares(pods).seconds, compute_shares(empty).seconds
    lines = [f"{'':<18}{'seconds':>9}{'pods':>6}{'stages':>8}{'Kubeflow':>10}{'no pod':>8}"]
    for title, ones in ((RUN, pods), (EMPTY, empty)):
        seconds, *shares = compute_shares(ones)
        stages, kubeflow, pauses = (f"{share:.0%}" for share in shares)
        lines.append(f"{title:<18}{seconds:9.0f}{len(ones):6d}{stages:>8}{kubeflow:>10}{pauses:>8}")
    lines.append(
        f"Kubeflow's part of the run: {backend:.0f} s, {backend / whole:.0%}; "
        f"the stages' programs: {whole - backend:.0f} s"
    )
    if local is not None:
        lines.append(
            f"make run: {local:.0f} s; the run takes {whole / local:.2f} times that, "
            f"the stages' programs alone {(whole - backend) / local:.2f} times"
        )
    ran, ran_empty = (Counter(f"{pod.task} ({pod.owner})" for pod in ones) for ones in (pods, empty))
    if others := (ran - ran_empty) + (ran_empty - ran):
        lines.append(
            f"note: pods that only one of them has: {', '.join(sorted(others))}. The comparison holds for "
            "the same pods: start the run with --no-cache, and on a cluster where no pod is lost."
        )
    return "\n".join(lines)


def draw(timelines: Mapping[str, Sequence[PodTime]]) -> str:
    """Return a picture, as SVG, of runs on one scale: a row for each task, a bar for each pod.

    Parameters
    ----------
    timelines : mapping of str to sequence of PodTime
        The runs by their titles.
    """
    scale = (_WIDTH - _NAMES - 2 * _MARGIN) / max(pod.end for pods in timelines.values() for pod in pods)
    parts, y = [], _MARGIN
    for title, pods in timelines.items():
        tasks = list(dict.fromkeys(pod.task for pod in pods))
        summary = f"{title}: {compute_shares(pods).seconds:.0f} s, {len(pods)} pods"
        parts.append(f'<text x="{_NAMES}" y="{y + 11}" fill="#222">{html.escape(summary)}</text>')
        for row, task in enumerate(tasks, start=1):
            parts += _draw_row(y + row * _ROW, [pod for pod in pods if pod.task == task], scale)
        y += (len(tasks) + 2) * _ROW
    for x, owner, title in (
        (_NAMES, "backend", "Kubeflow's pod"),
        (_NAMES + 130, "stage", "the stage's pod"),
    ):
        parts.append(f'<rect x="{x}" y="{y}" width="11" height="11" rx="2" fill="{_COLORS[owner]}"/>')
        parts.append(f'<text x="{x + 16}" y="{y + 10}" fill="#222">{title}</text>')
    height = y + _ROW + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _draw_row(y: int, pods: Iterable[PodTime], scale: float) -> list[str]:
    bars = []
    for pod in pods:
        x, width = _NAMES + pod.start * scale, max(1.0, (pod.end - pod.start) * scale)
        bars.append(
            f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="11" rx="2" '
            f'fill="{_COLORS[pod.owner]}"/>'
        )
    return [f'<text x="{_MARGIN}" y="{y + 11}" fill="#222">{html.escape(pod.task)}</text>', *bars]


def _compute_cover(spans: Iterable[tuple[float, float]]) -> float:
    """Return the length of the union of spans."""
    covered, end = 0.0, 0.0
    for start, stop in sorted(spans):
        covered += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return covered


def _parse(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _fetch_status(client: KubeflowClient, run_id: str) -> dict[str, Any]:
    status = read_status(client.fetch_manifest(run_id))
    if not list_pods(status):
        raise InvalidSetting(
            f"No pod of the run {run_id} has ended.", "Wait for its end, or give another run's id."
        )
    return status


def _compare(given: argparse.Namespace) -> int:
    connection = KubeflowConnection.choose(given.host)
    client = KubeflowClient(connection)
    status = _fetch_status(client, given.run)
    beside = given.beside
    if given.empty:
        iterations = count_iterations(status["nodes"].values())
        started, spec = start_empty_run(client, connection, given.run, iterations)
        beside = started.run_id
        print(f"{started.note}the same with empty tasks: run {beside}", flush=True)
        if not follow_run(client, started, spec, sys.stdout):
            return FAILED
    timelines = {RUN: list_pods(status)}
    if beside:
        timelines[EMPTY] = list_pods(_fetch_status(client, beside))
    for title, pods in timelines.items():
        print(f"{title}\n{describe_run(pods)}\n")
    if beside:
        print(compare_runs(timelines[RUN], timelines[EMPTY], given.local))
    if given.picture:
        given.picture.write_text(draw(timelines), encoding="utf-8")
    return 0


def main(words: Sequence[str]) -> int:
    """Run the command with its arguments, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("run", metavar="RUN", help="id of a run that has succeeded")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--empty", action="store_true", help="start it again with empty tasks, and compare")
    other.add_argument("--beside", metavar="RUN", help="compare with an earlier run with empty tasks")
    parser.add_argument("--local", type=float, metavar="SECONDS", help="seconds of make run, to compare with")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the runs, as SVG")
    parser.add_argument("--host", metavar="URL", help="Kubeflow Pipelines (default: KF_PIPELINES_ENDPOINT)")
    given = parser.parse_args(words)
    if given.local is not None and (given.local <= 0 or not (given.empty or given.beside)):
        parser.error("--local needs seconds above 0, and --empty or --beside RUN")
    return run_remote_command(lambda: _compare(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
