"""A run as Kubeflow Pipelines' API shows it: its name, who started it, and its workflow."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from components.notify.kubeflow_api import KubeflowApi, explain_error
from components.workflow import Workflow

# How long the API may show an older state of the workflow, and how often it is asked.
_PATIENCE, _PAUSE = 30.0, 2.0
# A metric of the run, because the API keeps no other note at one.
_MARK = "webhook-notified"


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
    is_notified : bool
        Whether the webhook was notified of its end.
    note : str or None
        Why the API shows less.
    """

    name: str | None = None
    owner: str | None = None
    starter: str | None = None
    workflow: Workflow | None = None
    is_notified: bool = False
    note: str | None = None


def fetch_run(
    api: KubeflowApi,
    run_id: str,
    *,
    patience: float = _PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> KubeflowRun:
    """Return a run; what the API does not show is missing, and the note says why.

    Parameters
    ----------
    api : KubeflowApi
        The API.
    run_id : str
        The run.
    patience : float
        Seconds to wait until its workflow shows how it ended.
    sleep : callable
        Waits for a number of seconds.
    """
    run: dict[str, Any] = {}
    detail: dict[str, Any] = {}
    starter, note = None, None
    try:
        run = api.get(f"v2beta1/runs/{run_id}")
        starter = run.get("description")
        detail = _wait_for_end(lambda: _fetch_detail(api, run_id), patience, sleep)
        if schedule := run.get("recurring_run_id"):
            name = api.get(f"v2beta1/recurringruns/{schedule}").get("display_name")
            starter = f"Started by the schedule {name}."
    except (OSError, ValueError) as error:
        note = f"Kubeflow's API at {api.endpoint} did not say why: {explain_error(error)}."
    parameters = (run.get("runtime_config") or {}).get("parameters") or {}
    problem = parameters.get("problem")
    owner = problem.get("owner") if isinstance(problem, dict) else None
    metrics = (detail.get("run") or {}).get("metrics") or []
    return KubeflowRun(
        run.get("display_name"),
        owner or None,
        starter or None,
        _read_workflow(detail),
        any(metric.get("name") == _MARK for metric in metrics),
        note,
    )


def fetch_workflow(api: KubeflowApi, run_id: str) -> Workflow | None:
    """Return the workflow of a run; None if it has not started."""
    return _read_workflow(_fetch_detail(api, run_id))


def mark_notified(api: KubeflowApi, run_id: str) -> None:
    """Note at a run that the webhook was notified of its end."""
    mark = {"name": _MARK, "node_id": "notify", "number_value": 1}
    api.post(f"v1beta1/runs/{run_id}:reportMetrics", {"metrics": [mark]})


def _fetch_detail(api: KubeflowApi, run_id: str) -> dict[str, Any]:
    # Only the API v1beta1 shows the workflow; Kubeflow Pipelines has both up to 2.17.
    return api.get(f"v1beta1/runs/{run_id}")


def _read_workflow(detail: dict[str, Any]) -> Workflow | None:
    return Workflow.parse((detail.get("pipeline_runtime") or {}).get("workflow_manifest") or "")


def _wait_for_end(
    fetch: Callable[[], dict[str, Any]], patience: float, sleep: Callable[[float], None]
) -> dict[str, Any]:
    waited = 0.0
    while True:
        detail = fetch()
        workflow = _read_workflow(detail)
        if waited >= patience or (workflow is not None and workflow.is_decided):
            return detail
        sleep(_PAUSE)
        waited += _PAUSE
