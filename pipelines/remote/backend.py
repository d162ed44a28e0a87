"""The Kubeflow Pipelines that answers: its version, and whether it keeps its users apart."""

import re
from dataclasses import dataclass

from components.errors import InvalidSetting
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection

# The first whose messages hold all that the specs use, see docs/platform-engineer.md.
OLDEST = (2, 5)


@dataclass(frozen=True)
class Backend:
    """A Kubeflow Pipelines, as far as a run depends on it.

    Attributes
    ----------
    version : str or None
        As ``2.16.0``. None: it does not tell, as a build from source.
    namespace : str
        Where runs run, in the API's terms: empty where there is one namespace for all.
    """

    version: str | None
    namespace: str


def check_backend(client: KubeflowClient, connection: KubeflowConnection) -> Backend:
    """Ask a Kubeflow Pipelines who it is, and see that it can run what is compiled here.

    Parameters
    ----------
    client : Client
        Asks.
    connection : Connection
        Which namespace is wanted.

    Raises
    ------
    ClusterError
        It does not answer, is no Kubeflow Pipelines, or is too old.
    InvalidSetting
        A namespace is missing, or is wanted where there is no choice.
    """
    health = client.fetch_health()
    # The dashboard answers in the API server's place, in words of its own, even when that is down.
    if health.get("apiServerReady") is False:
        raise KubeflowError(
            f"The dashboard at {connection.host} does not reach the API server behind it.",
            "See whether it runs: kubectl get pods -n kubeflow -l app=ml-pipeline.",
        )
    if "multi_user" not in health:
        raise KubeflowError(
            f"What answers at {connection.host} is no Kubeflow Pipelines 2.",
            "Give the address of its dashboard or its API, such as http://localhost:8080.",
        )
    version = health.get("tag_name") or health.get("apiServerTagName")
    return Backend(
        _check_version(version, connection),
        _resolve_namespace(connection, has_users=bool(health["multi_user"])),
    )


def _check_version(said: object, connection: KubeflowConnection) -> str | None:
    found = re.match(r"v?(\d+)\.(\d+)(\.\d+)?", str(said))
    if found is None:
        return None
    if (int(found[1]), int(found[2])) < OLDEST:
        raise KubeflowError(
            f"{connection.host} is Kubeflow Pipelines {found[0]}, and the spec needs "
            f"{OLDEST[0]}.{OLDEST[1]} or newer.",
            "Upgrade it; docs/platform-engineer.md lists what the spec uses.",
        )
    return found[0].removeprefix("v")


def _resolve_namespace(connection: KubeflowConnection, *, has_users: bool) -> str:
    if has_users and connection.namespace is None:
        raise InvalidSetting(
            f"{connection.host} keeps its users apart, and in whose namespace to run is not said.",
            "Add --namespace with the name of your profile, as at the top of the dashboard.",
        )
    if not has_users and connection.is_namespace_given:
        raise InvalidSetting(
            f"{connection.host} has one namespace for all, so {connection.namespace!r} cannot be chosen.",
            "Leave --namespace out.",
        )
    return connection.namespace or "" if has_users else ""
