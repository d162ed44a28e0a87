"""Errors between this machine and a cluster."""

from components.errors import SuiteError


class KubeflowError(SuiteError):
    """Kubeflow Pipelines cannot be reached, refuses a request, or gives an unexpected answer."""


class KubeflowUnreachable(KubeflowError):
    """No server answers, so that nothing was sent."""


class ObjectExists(KubeflowError):
    """An object cannot be created, because there is one with its name."""


class RequestOutcomeUnknown(KubeflowError):
    """A request was sent, and it is unknown whether it was carried out."""
