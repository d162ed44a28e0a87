"""What can go wrong between this machine and a cluster."""

from components.errors import SuiteError


class KubeflowError(SuiteError):
    """A Kubeflow Pipelines cannot be reached, refuses, or answers what it should not."""


class KubeflowUnreachable(KubeflowError):
    """Nothing answers, and nothing was sent."""


class RequestOutcomeUnknown(KubeflowError):
    """A request was sent, and whether it was carried out is not known."""
