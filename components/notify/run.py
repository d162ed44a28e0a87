"""The stage: report how the run ended, and notify the webhook."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from components.environment import Environment
from components.notify.message import describe_failure, render_report

_SECONDS = 10.0


def run(*, state: str, resource: str, message: str | None, report: str) -> None:
    """Write the report, and notify the webhook of a failed run.

    If the webhook does not answer, the report says so and this stage succeeds.

    Parameters
    ----------
    state : str
        ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``, as Kubeflow writes it.
    resource : str
        The run's name on the cluster.
    message : str or None
        Kubeflow's message about the failure.
    report : str
        Markdown file to write.
    """
    note = None
    webhook = Environment.read().webhook
    if webhook and state == "FAILED":
        note = _notify_webhook(webhook, describe_failure(resource, message))
    Path(report).write_text(render_report(state, resource, message, note), encoding="utf-8")


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
