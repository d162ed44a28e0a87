"""A run as Kubeflow Pipelines' API shows it: its name, who started it, and its workflow."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.network import explain_connection_error
from components.workflow import Workflow

ENDPOINT = "http://ml-pipeline.kubeflow:8888"
# What Kubeflow mounts into a pod of an installation with several users, if a PodDefault says so.
TOKEN = Path("/var/run/secrets/kubeflow/pipelines/token")
_TIMEOUT = 10.0
# How long the API may show an older state of the workflow, and how often it is asked.
_PATIENCE, _PAUSE = 30.0, 2.0


@dataclass(frozen=True)
class KubeflowRun:
    """A run, as far as the API shows it.

    Attributes
    ----------
    name : str or None
        Its name.
    owner : str or None
        Owner of the problem, if the run's parameters name one.
    starter : str or None
        A sentence about who started it.
    workflow : Workflow or None
        Its workflow.
    note : str or None
        Why the API shows less.
    """

    name: str | None = None
    owner: str | None = None
    starter: str | None = None
    workflow: Workflow | None = None
    note: str | None = None


def fetch_run(
    endpoint: str,
    run_id: str,
    *,
    patience: float = _PATIENCE,
    token_file: Path = TOKEN,
    sleep: Callable[[float], None] = time.sleep,
) -> KubeflowRun:
    """Return a run; what the API does not show is missing, and the note says why.

    Parameters
    ----------
    endpoint : str
        Address of the API.
    run_id : str
        The run.
    patience : float
        Seconds to wait until its workflow shows how it ended.
    token_file : Path
        File with a bearer token, sent if it exists.
    sleep : callable
        Waits for a number of seconds.
    """

    def fetch(path: str) -> dict[str, Any]:
        return _fetch_json(f"{endpoint.rstrip('/')}/apis/{path}", token_file)

    run: dict[str, Any] = {}
    starter, workflow, note = None, None, None
    try:
        run = fetch(f"v2beta1/runs/{run_id}")
        starter = run.get("description")
        workflow = _wait_for_end(lambda: fetch(f"v1beta1/runs/{run_id}"), patience, sleep)
        if schedule := run.get("recurring_run_id"):
            name = fetch(f"v2beta1/recurringruns/{schedule}").get("display_name")
            starter = f"Started by the schedule {name}."
    except (OSError, ValueError) as error:
        note = f"Kubeflow's API at {endpoint} did not say why: {_explain(error)}."
    parameters = (run.get("runtime_config") or {}).get("parameters") or {}
    problem = parameters.get("problem")
    owner = problem.get("owner") if isinstance(problem, dict) else None
    return KubeflowRun(run.get("display_name"), owner or None, starter or None, workflow, note)


def _wait_for_end(
    fetch: Callable[[], dict[str, Any]], patience: float, sleep: Callable[[float], None]
) -> Workflow | None:
    waited = 0.0
    while True:
        answer = fetch()
        workflow = Workflow.parse((answer.get("pipeline_runtime") or {}).get("workflow_manifest") or "")
        if waited >= patience or (workflow is not None and workflow.is_decided):
            return workflow
        sleep(_PAUSE)
        waited += _PAUSE


def _fetch_json(address: str, token_file: Path) -> dict[str, Any]:
    headers = {}
    if token_file.exists():
        headers["Authorization"] = f"Bearer {token_file.read_text(encoding='utf-8').strip()}"
    request = urllib.request.Request(address, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
        found = json.load(answer)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _explain(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code}"
    return explain_connection_error(error).reason if isinstance(error, OSError) else "it is something else"
