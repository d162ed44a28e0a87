"""The webhook that is notified of runs that do not succeed."""

import http.client
import json
import sys
import urllib.error
import urllib.request

_SECONDS = 10.0


def notify_webhook(webhook: str, text: str) -> str | None:
    """Send a text to a webhook; None if it took it, else why it did not, which standard error says, too.

    Parameters
    ----------
    webhook : str
        Its address, which is a secret.
    text : str
        What to say.
    """
    # Slack, Mattermost, Rocket.Chat and workflows of Teams accept this form.
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
            return None
    except (OSError, ValueError, http.client.HTTPException) as error:
        # The text of some errors contains the address.
        cause = f"status {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        failure = (
            f"The webhook could not be notified ({cause}): "
            "check KFP_TABULAR_WEBHOOK in the Secret kfp-tabular."
        )
        sys.stderr.write(f"{failure}\n")
        return failure
