"""The connection to the cluster that models are deployed to."""

from components._kubernetes.client import KubernetesClient
from components.deploy.objects import MANAGER

_REMEDIES = {
    403: "Start the run with --service-account kfp-tabular, or bind its account to the role "
    "kfp-tabular-deploy; see docs/cluster.md.",
    404: "Install KServe, and with a gateway the Gateway API; see docs/cluster.md.",
    409: "Make the other manager give up these fields, or remove the service.",
}


def connect_cluster() -> KubernetesClient:
    """Return a client for the cluster of this pod, or else for kubectl's current cluster.

    Raises
    ------
    KubernetesError
        There is no cluster.
    """
    return KubernetesClient.from_config(MANAGER, _REMEDIES)
