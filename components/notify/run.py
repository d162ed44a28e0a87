"""The stage: report how the run ended, and notify the webhook."""

from pathlib import Path

from components.environment import Environment
from components.notify.kubeflow_api import ENDPOINT, KubeflowApi
from components.notify.kubeflow_run import fetch_run
from components.notify.message import describe_run
from components.notify.webhook import notify_webhook


def run(*, state: str, resource: str, message: str | None, run_id: str, pipeline: str, report: str) -> None:
    """Write the report, and notify the webhook of every end but success, unless the watcher has.

    If Kubeflow's API or the webhook does not answer, the report says so and this stage succeeds.

    Parameters
    ----------
    state : str
        ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``, as Kubeflow writes it; ``RUNNING`` if a pod was lost.
    resource : str
        The name of the run's workflow.
    message : str or None
        Kubeflow's message about the failure.
    run_id, pipeline : str
        The run and its pipeline.
    report : str
        Markdown file to write.
    """
    environment = Environment.read()
    found = fetch_run(KubeflowApi(environment.pipelines_endpoint or ENDPOINT), run_id)
    end = describe_run(state, resource, message, run_id, pipeline, environment.dashboard, found)
    note = None
    if found.is_notified:
        note = "The webhook was notified when the run was stopped."
    elif environment.webhook and not end.has_succeeded:
        note = notify_webhook(environment.webhook, end.to_text()) or "The webhook was notified."
    Path(report).write_text(end.to_markdown(note), encoding="utf-8")
