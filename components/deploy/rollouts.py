"""How a new model replaces an old one: the first model, with Knative, and without."""

from typing import Any, Protocol

from components.deploy.kubernetes_client import KubernetesClient
from components.deploy.model_endpoint import to_internal_url
from components.deploy.objects import (
    CONTAINER,
    HTTP_PORT,
    Object,
    Release,
    build_inference_service,
    build_route,
)
from components.deploy.readiness import list_current_pods, wait_until_gone, wait_until_ready
from components.deploy.settings import Settings

_ALL = 100


class Rollout(Protocol):
    """The steps of a rollout, in this order; ``undo`` may follow any of them."""

    def prepare(self) -> str:
        """Start the new model without requests, and return its address."""

    def shift_traffic(self, percent: int) -> bool:
        """Give the new model a share of the requests; returns whether requests can be split."""

    def finish(self) -> str:
        """Give the new model all requests, remove the old one, and return the service's address."""

    def undo(self) -> None:
        """Restore the previous state."""

    def list_metric_urls(self) -> list[str]:
        """Return the addresses of the new pods' metrics."""


def choose_rollout(
    cluster: KubernetesClient, service: str, served: Release | None, release: Release, settings: Settings
) -> Rollout:
    """Return the rollout for a release.

    Parameters
    ----------
    cluster : KubernetesClient
        The service's namespace.
    service : str
        Name of the service.
    served : Release or None
        The release that is served now; None if there is none.
    release : Release
        The release to serve.
    settings : Settings
        Mode, replicas and Gateway.
    """
    if served is None:
        return _FirstRollout(cluster, service, release, settings)
    if served == release:
        return _RepeatRollout(cluster, service, release, settings)
    kind = _KnativeRollout if settings.mode == "Knative" else _TwoServiceRollout
    return kind(cluster, service, served, release, settings)


class _FirstRollout:
    """The first model of a service: there are no requests to split, and there is no model to go back to."""

    def __init__(self, cluster: KubernetesClient, service: str, release: Release, settings: Settings) -> None:
        self._cluster, self._service = cluster, service
        self._release, self._settings = release, settings
        self._resource: Object = {}

    def prepare(self) -> str:
        self._apply(self._release)
        return _get_address(self._resource, self._cluster)

    def shift_traffic(self, percent: int) -> bool:
        return False

    def finish(self) -> str:
        if self._settings.gateway:
            backends = [(f"{self._service}-predictor", _ALL)]
            self._cluster.apply(build_route(self._service, self._settings, backends))
        return _get_address(self._resource, self._cluster)

    def undo(self) -> None:
        self._cluster.delete("InferenceService", self._service)

    def list_metric_urls(self) -> list[str]:
        return _list_metric_urls(list_current_pods(self._cluster, self._resource))

    def _apply(self, release: Release, percent: int | None = None) -> None:
        self._cluster.apply(build_inference_service(self._service, release, self._settings, percent))
        self._resource = self._wait_until_ready(self._service)

    def _wait_until_ready(self, service: str) -> Object:
        return wait_until_ready(self._cluster, service, self._settings.ready_seconds)


class _RepeatRollout(_FirstRollout):
    """A release that is served already: its objects are restored, and it is checked again."""

    def undo(self) -> None:
        # There is no other release to go back to.
        return


class _ReplacingRollout(_FirstRollout):
    """A rollout that replaces a served release."""

    def __init__(
        self, cluster: KubernetesClient, service: str, served: Release, release: Release, settings: Settings
    ) -> None:
        super().__init__(cluster, service, release, settings)
        self._served = served


class _KnativeRollout(_ReplacingRollout):
    """One service with two revisions, among which Knative splits requests."""

    _has_all_requests = False

    def prepare(self) -> str:
        self._apply(self._release, 0)
        return to_internal_url(_get_latest_url(self._resource), self._cluster.namespace)

    def shift_traffic(self, percent: int) -> bool:
        self._apply(self._release, percent)
        return True

    def finish(self) -> str:
        self._has_all_requests = True
        self._apply(self._release)
        return _get_address(self._resource, self._cluster)

    def undo(self) -> None:
        if self._has_all_requests:
            # For KServe, a revision with all requests is the last good one until its share is smaller.
            self._apply(self._release, 0)
        # First without requests: otherwise the new revision, the latest one that is ready, would get all of
        # them until the old one has started again.
        self._apply(self._served, 0)
        self._apply(self._served)


class _TwoServiceRollout(_ReplacingRollout):
    """A second service beside the first, and a route that splits requests among both."""

    _is_replaced = False

    @property
    def _second(self) -> str:
        return f"{self._service}-canary"

    def prepare(self) -> str:
        # A task that died may have left it.
        self._remove_second()
        second = build_inference_service(self._second, self._release, self._settings)
        # Both services use one model name, because clients of the route know only this one.
        second["spec"]["predictor"]["model"]["args"][0] = f"--model_name={self._service}"
        self._cluster.apply(second)
        self._resource = self._wait_until_ready(self._second)
        return _get_address(self._resource, self._cluster)

    def shift_traffic(self, percent: int) -> bool:
        if not self._settings.gateway:
            return False
        backends = [(f"{self._service}-predictor", _ALL - percent), (f"{self._second}-predictor", percent)]
        self._cluster.apply(build_route(self._service, self._settings, backends))
        return True

    def finish(self) -> str:
        self.shift_traffic(_ALL)
        self._is_replaced = True
        self._apply(self._release)
        self.shift_traffic(0)
        self._remove_second()
        return _get_address(self._resource, self._cluster)

    def undo(self) -> None:
        if self._is_replaced:
            self._apply(self._served)
        self.shift_traffic(0)
        self._remove_second()

    def _remove_second(self) -> None:
        if self._cluster.delete("InferenceService", self._second):
            wait_until_gone(self._cluster, "InferenceService", self._second, self._settings.ready_seconds)


def _get_address(resource: Object, cluster: KubernetesClient) -> str:
    """Return a service's address within the cluster."""
    status: dict[str, Any] = resource["status"]
    url = status.get("address", {}).get("url") or status["url"]
    return to_internal_url(str(url), cluster.namespace)


def _get_latest_url(resource: Object) -> str:
    """Return the address of a service's latest revision, independent of its share of the requests."""
    traffic = resource["status"]["components"]["predictor"]["traffic"]
    return next(str(target["url"]) for target in traffic if target.get("tag") == "latest")


def _list_metric_urls(pods: list[Object]) -> list[str]:
    return [
        f"http://{pod['status']['podIP']}:{_get_port(pod)}/metrics"
        for pod in pods
        if pod["status"].get("podIP")
    ]


def _get_port(pod: Object) -> int:
    for container in pod["spec"]["containers"]:
        if container["name"] == CONTAINER:
            return int(container["ports"][0]["containerPort"])
    return HTTP_PORT
