"""The stage: read how the run ended, report it, tell the webhook."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from components.environment import Environment
from components.notify.message import describe_failure, render_report

_SECONDS = 10.0


def run(*, state: str, resource: str, message: str | None, report: str) -> None:
    """Write the report, and tell the webhook of a failed run.

    A webhook that does not answer is noted in the report: the run's own end is what counts.

    Parameters
    ----------
    state : str
        ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``, as Kubeflow has it.
    resource : str
        The run's name on the cluster.
    message : str or None
        What Kubeflow says of the failure.
    report : str
        File that receives Markdown.
    """
    note = None
    webhook = Environment.read().webhook
    if webhook and state == "FAILED":
        note = _notify_webhook(webhook, describe_failure(resource, message))
    Path(report).write_text(render_report(state, resource, message, note), encoding="utf-8")


def _notify_webhook(webhook: str, text: str) -> str:
    # Slack, Mattermost, Rocket.Chat and Teams' workflows take this form.
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
            return "The webhook was told."
    except (OSError, ValueError) as error:
        # The address is a secret, and some errors carry it.
        cause = f"status {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        note = f"The webhook could not be told ({cause}): see KFP_TABULAR_WEBHOOK in the Secret kfp-tabular."
        sys.stderr.write(f"{note}\n")
        return note
