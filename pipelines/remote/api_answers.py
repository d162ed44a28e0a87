"""What failed requests to Kubeflow Pipelines mean: errors that say what to do."""

import json
import re
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from components.network import UNKNOWN_HOST, explain_connection_error
from pipelines.backend_versions import OLDEST
from pipelines.remote.errors import (
    KubeflowError,
    KubeflowUnreachable,
    ObjectExists,
    RequestOutcomeUnknown,
)
from pipelines.remote.kubeflow_connection import COOKIE, TOKEN, KubeflowConnection

_SHOWN_CHARACTERS = 300
_CONFLICT = 409
_TOO_MANY_REQUESTS = 429
_INTERNAL_ERROR = 500
_NOT_IMPLEMENTED = 501
# Backends answer 500, not 400, to a run or an upload whose spec they cannot read.
_SPEC_REFUSAL = re.compile(
    rb"unknown field|failed to unmarshal|invalid v2 pipeline spec|failed to compile job", re.IGNORECASE
)


def parse_json(body: bytes | None) -> Any:
    """Return the content of an answer; None if it is not JSON."""
    try:
        return json.loads(body or b"")
    except ValueError:
        return None


def make_connection_error(connection: KubeflowConnection, error: HTTPError) -> KubeflowError:
    """Return the error for a request that got no answer."""
    failure = explain_connection_error(error)
    what = f"{connection.host} cannot be reached: {failure.reason}."
    if failure is UNKNOWN_HOST or not failure.is_transient:
        return KubeflowError(what, failure.remedy)
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return KubeflowUnreachable(
            what,
            "Check that the cluster runs and that the port is still forwarded: "
            "kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80.",
        )
    return RequestOutcomeUnknown(
        f"The connection to {connection.host} was lost: {failure.reason}.",
        "Check that the port is still forwarded and that no proxy ends long requests. Then run this again.",
    )


def make_refusal_error(
    connection: KubeflowConnection, status: int, title: str, body: bytes | None
) -> KubeflowError:
    """Return the error for a request that was refused or failed.

    Parameters
    ----------
    connection : KubeflowConnection
        Where the request was sent.
    status, title : int, str
        HTTP status of the answer, and its name.
    body : bytes or None
        The answer.
    """
    host, reason = connection.host, _format_reason(body)
    if status in (301, 302, 303, 307, 308, 401):
        return _make_login_error(connection)
    if status == 403:
        namespace = f" in the namespace {connection.namespace}" if connection.namespace else ""
        return KubeflowError(
            f"{host} does not permit this request{namespace}{reason}",
            "Check the namespace: the answer is the same if it does not exist. If it is right, ask its owner "
            "to add you as a contributor, or use a token of its service account default-editor.",
        )
    # The API itself answers 404 in JSON, for an object that does not exist.
    if status == 404 and parse_json(body) is None:
        return KubeflowError(
            f"{host} has no API of Kubeflow Pipelines v2 at this address{reason}",
            "Give the address of the dashboard, such as https://kubeflow.example.org/pipeline. "
            "A Kubeflow Pipelines before 2.0 must be upgraded.",
        )
    if status == _INTERNAL_ERROR and _SPEC_REFUSAL.search(body or b""):
        return KubeflowError(
            f"{host} does not accept the compiled pipeline{reason}",
            "Its backend may be older than the specs. Compile them for its version, such as "
            f"make compile FOR={OLDEST}, and run this again.",
        )
    if status == _TOO_MANY_REQUESTS or (status >= 500 and status != _NOT_IMPLEMENTED):
        return RequestOutcomeUnknown(
            f"{host} failed with {status} {title}{reason}",
            "Read its API server's log: kubectl logs -n kubeflow deploy/ml-pipeline. Then run this again.",
        )
    kind = ObjectExists if status == _CONFLICT else KubeflowError
    return kind(
        f"{host} refused the request with {status} {title}{reason}",
        "If this gives no reason, read the log: kubectl logs -n kubeflow deploy/ml-pipeline.",
    )


def make_not_json_error(connection: KubeflowConnection, body: bytes) -> KubeflowError:
    """Return the error for an answer that is not JSON."""
    answer = "a web page" if b"<html" in body[:2000].lower() else "something else"
    return KubeflowError(
        f"{connection.host} answered with {answer}, where the API of Kubeflow Pipelines answers with JSON.",
        "A proxy or a login page may have answered. Check the address, which on Kubeflow ends in /pipeline, "
        f"and set {TOKEN} or {COOKIE} if it needs a login.",
    )


def _make_login_error(connection: KubeflowConnection) -> KubeflowError:
    host = connection.host
    if connection.cookie:
        return KubeflowError(
            f"{host} does not accept the session: its cookie is wrong or has expired.",
            f"Log in with a browser, and set {COOKIE} to the new cookie.",
        )
    if connection.token_file:
        return KubeflowError(
            f"{host} does not accept the token in {connection.token_file}: it is wrong or has expired.",
            "Renew it there: kubectl create token default-editor -n NAMESPACE. Its audience may have to be "
            "pipelines.kubeflow.org.",
        )
    if connection.token:
        return KubeflowError(
            f"{host} does not accept the token: it is wrong or has expired.",
            f"Renew it: export {TOKEN}=$(kubectl create token default-editor -n NAMESPACE).",
        )
    return KubeflowError(
        f"{host} requires a login.",
        f"Set {TOKEN}, or {COOKIE} to the cookie of a browser that is logged in, or give --token-file.",
    )


def _format_reason(body: bytes | None) -> str:
    """Return the end of a sentence: the reason that a refusal gives, if any."""
    answer = parse_json(body)
    if not isinstance(answer, dict):
        return "."
    # grpc-gateway writes message; the upload service, which does not use it, error_message.
    text = str(answer.get("message") or answer.get("error_message") or answer.get("error") or "")
    line = " ".join(text.split())
    if not line:
        return "."
    return f": {line[:_SHOWN_CHARACTERS]}…" if len(line) > _SHOWN_CHARACTERS else f": {line}"
