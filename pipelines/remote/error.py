"""What can go wrong between this machine and a cluster."""

from components.errors import SuiteError


class ClusterError(SuiteError):
    """A Kubeflow Pipelines cannot be reached, refuses, or answers what it should not."""


class Unreachable(ClusterError):
    """Nothing answers, and nothing was sent."""


class Unsettled(ClusterError):
    """A request was sent, and whether it was carried out is not known."""
