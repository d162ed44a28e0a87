"""Checks the Kubeflow Pipelines at a connection: its version, and whether its users have namespaces."""

import re
from dataclasses import dataclass

from components.errors import InvalidSetting
from pipelines.backend_versions import NEWEST, OLDEST, BackendRelease
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection


@dataclass(frozen=True)
class Backend:
    """An installation of Kubeflow Pipelines.

    Attributes
    ----------
    version : str or None
        Such as ``2.16.0``. None: not reported, as by a build from source.
    has_users : bool
        Whether each user has a namespace.
    """

    version: str | None
    has_users: bool

    @property
    def release(self) -> BackendRelease:
        """Its release; the newest if it reports no version."""
        return BackendRelease.find(self.version) or NEWEST


def check_backend(client: KubeflowClient, connection: KubeflowConnection) -> Backend:
    """Check that a Kubeflow Pipelines can run the compiled pipelines.

    Raises
    ------
    KubeflowError
        It does not answer, is something else, or is too old.
    """
    health = client.fetch_health()
    if health.get("apiServerReady") is False:
        raise KubeflowError(
            f"The dashboard at {connection.host} cannot reach the API server.",
            "Check whether it runs: kubectl get pods -n kubeflow -l app=ml-pipeline.",
        )
    if "multi_user" not in health:
        raise KubeflowError(
            f"The server at {connection.host} is not Kubeflow Pipelines 2.",
            "Give the address of its dashboard or its API, such as http://localhost:8080.",
        )
    # The dashboard has its own name for the version.
    version = health.get("tag_name") or health.get("apiServerTagName")
    return Backend(_check_version(version, connection), bool(health["multi_user"]))


def choose_namespace(backend: Backend, connection: KubeflowConnection) -> str:
    """Return the namespace of runs: empty if there is one for all users.

    Raises
    ------
    InvalidSetting
        A namespace is missing, or is given although there is only one.
    """
    if backend.has_users and connection.namespace is None:
        raise InvalidSetting(
            f"{connection.host} has a namespace for each user, and no namespace was given.",
            "Add --namespace with the name of your profile, which the dashboard shows at the top.",
        )
    if not backend.has_users and connection.is_namespace_given:
        raise InvalidSetting(
            f"{connection.host} has one namespace for all users: {connection.namespace!r} cannot be chosen.",
            "Leave --namespace out.",
        )
    return connection.namespace or "" if backend.has_users else ""


def _check_version(version: str | None, connection: KubeflowConnection) -> str | None:
    found = re.match(r"v?(\d+\.\d+(\.\d+)?)", version or "")
    if found is None:
        return None
    release = BackendRelease.find(found[1])
    if release is not None and release < OLDEST:
        raise KubeflowError(
            f"{connection.host} is Kubeflow Pipelines {found[1]}, but the specs need {OLDEST} or newer.",
            "Upgrade it; docs/platform-engineer.md lists what the specs use.",
        )
    return found[1]
