"""What the answers of Kubeflow Pipelines' API mean, without kfp, whose import takes long."""

from collections.abc import Mapping

from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import COOKIE, TOKEN, KubeflowConnection


def read_version(health: Mapping[str, object]) -> str | None:
    """Return the version in an answer to ``healthz``; the dashboard has its own name for it."""
    version = health.get("tag_name") or health.get("apiServerTagName")
    return str(version) if version else None


def is_api_server_down(health: Mapping[str, object]) -> bool:
    """Return whether the dashboard answered ``healthz`` because it cannot reach the API server."""
    return health.get("apiServerReady") is False


def explain_refusal(connection: KubeflowConnection, status: int, reason: str = ".") -> KubeflowError | None:
    """Return the error for a status that asks for a login, permits nothing, or knows no such address.

    Parameters
    ----------
    connection : KubeflowConnection
        Where the request was sent.
    status : int
        HTTP status of the answer.
    reason : str
        The end of the error's sentence.
    """
    host = connection.host
    if status in (301, 302, 303, 307, 308, 401):
        return _make_login_error(connection)
    if status == 403:
        namespace = f" in the namespace {connection.namespace}" if connection.namespace else ""
        return KubeflowError(
            f"{host} does not permit this request{namespace}{reason}",
            "Check the namespace: the answer is the same if it does not exist. If it is right, ask its owner "
            "to add you as a contributor, or use a token of its service account default-editor.",
        )
    if status == 404:
        return KubeflowError(
            f"{host} has no API of Kubeflow Pipelines v2 at this address{reason}",
            "Give the address of the dashboard, such as https://kubeflow.example.org/pipeline. "
            "A Kubeflow Pipelines before 2.0 must be upgraded.",
        )
    return None


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
