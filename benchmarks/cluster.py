"""Where the time of a run on a cluster goes: ``python -m benchmarks.cluster RUN [PICTURE.svg]``.

Reads the run with this id from Kubeflow Pipelines at KF_PIPELINES_ENDPOINT. Prints a line for each task, then
the shares of Kubeflow's own pods, of the tasks' programs with their start, and of the pauses between pods.
"""

import base64
import gzip
import html
import json
import os
import sys
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

_WIDTH, _ROW, _NAMES, _MARGIN = 900, 16, 170, 10
_COLORS = {"backend": "#b0b7c3", "stage": "#2f6f4f"}


class PodTime(NamedTuple):
    """A pod of a run: its task, whose it is ("backend" or "stage"), and when it ran, in seconds."""

    task: str
    owner: str
    start: float
    end: float


def read_pods(host: str, run: str) -> list[PodTime]:
    with urllib.request.urlopen(f"{host}/apis/v1beta1/runs/{run}", timeout=30) as answer:
        workflow = json.loads(json.load(answer)["pipeline_runtime"]["workflow_manifest"])
    status = workflow["status"]
    nodes = status.get("nodes") or json.loads(gzip.decompress(base64.b64decode(status["compressedNodes"])))
    started = _parse(status["startedAt"])
    pods = []
    for node in nodes.values():
        if node["type"] == "Pod" and node.get("finishedAt"):
            words = [word.partition("(")[0] for word in node["name"].split(".")]
            is_stage = words[-1] == "executor"
            task = words[-2] if is_stage else words[-1].removesuffix("-driver")
            start, end = _parse(node["startedAt"]) - started, _parse(node["finishedAt"]) - started
            pods.append(PodTime(task, "stage" if is_stage else "backend", start, end))
    return sorted(pods, key=lambda pod: (pod.start, pod.end))


def draw(pods: list[PodTime]) -> str:
    """Return a picture, as SVG: a row for each task, a bar for each pod."""
    tasks = list(dict.fromkeys(pod.task for pod in pods))
    whole = max(pod.end for pod in pods)
    scale = (_WIDTH - _NAMES - 2 * _MARGIN) / whole
    height = _ROW * (len(tasks) + 2) + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    ]
    for row, task in enumerate(tasks):
        y = _MARGIN + row * _ROW
        parts.append(f'<text x="{_MARGIN}" y="{y + 11}" fill="#222">{html.escape(task)}</text>')
        for pod in (one for one in pods if one.task == task):
            x, width = _NAMES + pod.start * scale, max(1.0, (pod.end - pod.start) * scale)
            parts.append(
                f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="11" rx="2" '
                f'fill="{_COLORS[pod.owner]}"/>'
            )
    y = _MARGIN + (len(tasks) + 1) * _ROW
    for x, owner, title in (
        (_NAMES, "backend", "Kubeflow's pod"),
        (_NAMES + 130, "stage", "the stage's pod"),
    ):
        parts.append(f'<rect x="{x}" y="{y}" width="11" height="11" rx="2" fill="{_COLORS[owner]}"/>')
        parts.append(f'<text x="{x + 16}" y="{y + 10}" fill="#222">{title}</text>')
    parts.append(f'<text x="{_WIDTH - 110}" y="{y + 10}" fill="#222">{whole:.0f} s in all</text></svg>')
    return "".join(parts)


def describe_run(pods: list[PodTime]) -> str:
    lines = [f"{'task':<22}{'start s':>9}{'pod s':>8}"]
    lines += [f"{pod.task:<22}{pod.start:9.0f}{pod.end - pod.start:8.0f}  {pod.owner}" for pod in pods]
    whole = max(pod.end for pod in pods)
    busy = _compute_cover([(pod.start, pod.end) for pod in pods])
    stages = _compute_cover([(pod.start, pod.end) for pod in pods if pod.owner == "stage"])
    lines.append(
        f"{len(pods)} pods, {whole:.0f} s: the stages' pods {stages / whole:.0%}, "
        f"Kubeflow's pods alone {(busy - stages) / whole:.0%}, no pod {(whole - busy) / whole:.0%}"
    )
    return "\n".join(lines)


def _compute_cover(spans: list[tuple[float, float]]) -> float:
    """Return the length of the union of spans."""
    covered, end = 0.0, 0.0
    for start, stop in sorted(spans):
        covered += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return covered


def _parse(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def main(words: list[str]) -> int:
    if not 1 <= len(words) <= 2 or "KF_PIPELINES_ENDPOINT" not in os.environ:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    pods = read_pods(os.environ["KF_PIPELINES_ENDPOINT"].rstrip("/"), words[0])
    print(describe_run(pods))
    if len(words) == 2:
        Path(words[1]).write_text(draw(pods), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
