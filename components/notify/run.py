"""The stage: report how the run ended, and notify the webhook."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from components.environment import Environment
from components.notify.kubeflow_run import ENDPOINT, fetch_run
from components.notify.message import describe_run

_SECONDS = 10.0


def run(*, state: str, resource: str, message: str | None, run_id: str, pipeline: str, report: str) -> None:
    """Write the report, and notify the webhook of every end but success.

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
    found = fetch_run(environment.pipelines_endpoint or ENDPOINT, run_id)
    end = describe_run(state, resource, message, run_id, pipeline, environment.dashboard, found)
    note = None
    if environment.webhook and not end.has_succeeded:
        note = _notify_webhook(environment.webhook, end.to_text())
    Path(report).write_text(end.to_markdown(note), encoding="utf-8")


def _notify_webhook(webhook: str, text: str) -> str:
    # Slack, Mattermost, Rocket.Chat and workflows of Teams accept this form.
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
            return "The webhook was notified."
    except (OSError, ValueError) as error:
        # The address is a secret, and the text of some errors contains it.
        cause = f"status {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        note = (
            f"The webhook could not be notified ({cause}): "
            "check KFP_TABULAR_WEBHOOK in the Secret kfp-tabular."
        )
        sys.stderr.write(f"{note}\n")
        return note
