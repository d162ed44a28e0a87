"""How a new model replaces an old one: the first model, with Knative, and without."""

from typing import Any, Protocol

from components._kubernetes.client import KubernetesClient, Object
from components.deploy.deployment_record import Phase
from components.deploy.model_endpoint import to_internal_url
from components.deploy.objects import (
    CONTAINER,
    HTTP_PORT,
    ServiceSpec,
    build_inference_service,
    build_route,
)
from components.deploy.readiness import list_current_pods, wait_until_gone, wait_until_ready

_ALL = 100
_REMOVAL_SECONDS = 300.0


class Rollout(Protocol):
    """The steps of a rollout, in this order; ``undo`` may follow any of them, in another process, too.

    Attributes
    ----------
    can_split : bool
        Whether requests can be split between the old model and the new one.
    """

    can_split: bool

    def prepare(self) -> str:
        """Start the new model without requests, and return its address."""

    def shift_traffic(self, percent: int) -> None:
        """Give the new model a share of the requests."""

    def finish(self) -> str:
        """Give the new model all requests, remove the old one, and return the service's address."""

    def undo(self, phase: Phase) -> None:
        """Restore what was served before, from any state that the phase passes through."""

    def list_metric_urls(self) -> list[str]:
        """Return the addresses of the new pods' metrics."""


def choose_rollout(
    cluster: KubernetesClient, service: str, served: ServiceSpec | None, wanted: ServiceSpec
) -> Rollout:
    """Return the rollout for a release.

    Parameters
    ----------
    cluster : KubernetesClient
        The service's namespace.
    service : str
        Name of the service.
    served : ServiceSpec or None
        What is served now; None if nothing is.
    wanted : ServiceSpec
        What to serve.
    """
    if served is None:
        return _FirstRollout(cluster, service, wanted)
    if served.release == wanted.release:
        return _RepeatRollout(cluster, service, wanted, served)
    kind = _KnativeRollout if wanted.settings.mode == "Knative" else _TwoServiceRollout
    return kind(cluster, service, wanted, served)


def remove_service(cluster: KubernetesClient, service: str) -> None:
    """Delete all objects of a service, and wait until they are gone.

    Raises
    ------
    ServiceNotReady
        One still exists after five minutes.
    """
    # The route first, so that it sends no requests to pods that are stopping.
    cluster.delete("HTTPRoute", _name_route(service))
    for part in (_name_second(service), service):
        _delete_inference_service(cluster, part)


class _FirstRollout:
    """The first model of a service: there are no requests to split, and there is no model to go back to."""

    can_split = False

    def __init__(self, cluster: KubernetesClient, service: str, wanted: ServiceSpec) -> None:
        self._cluster, self._service, self._wanted = cluster, service, wanted
        self._resource: Object = {}

    def prepare(self) -> str:
        self._apply(self._wanted)
        return _get_address(self._resource, self._cluster)

    def shift_traffic(self, percent: int) -> None:
        raise NotImplementedError

    def finish(self) -> str:
        if self._wanted.settings.gateway:
            self._apply_route(self._wanted, 0)
        return _get_address(self._resource, self._cluster)

    def undo(self, phase: Phase) -> None:
        remove_service(self._cluster, self._service)

    def list_metric_urls(self) -> list[str]:
        return _list_metric_urls(list_current_pods(self._cluster, self._resource))

    def _apply(self, spec: ServiceSpec, percent: int | None = None) -> None:
        self._cluster.apply(build_inference_service(self._service, spec, percent))
        self._wait_until_ready(self._service, spec)

    def _wait_until_ready(self, service: str, spec: ServiceSpec) -> None:
        self._resource = wait_until_ready(self._cluster, service, spec.settings.ready_seconds)

    def _apply_route(self, spec: ServiceSpec, percent: int) -> None:
        shares = {
            f"{self._service}-predictor": _ALL - percent,
            f"{_name_second(self._service)}-predictor": percent,
        }
        # The second service exists only during a rollout.
        backends = [(name, share) for name, share in shares.items() if share or percent]
        self._cluster.apply(build_route(self._service, spec.settings, backends))


class _ReplacingRollout(_FirstRollout):
    """A rollout that replaces a served release."""

    def __init__(
        self, cluster: KubernetesClient, service: str, wanted: ServiceSpec, served: ServiceSpec
    ) -> None:
        super().__init__(cluster, service, wanted)
        self._served = served

    def _restore_route(self) -> None:
        if self._served.settings.gateway:
            self._apply_route(self._served, 0)
        else:
            self._cluster.delete("HTTPRoute", _name_route(self._service))


class _RepeatRollout(_ReplacingRollout):
    """A release that is served already: its objects are restored, and it is checked again."""

    def undo(self, phase: Phase) -> None:
        self._apply(self._served)
        self._restore_route()


class _KnativeRollout(_ReplacingRollout):
    """One service with two revisions, among which Knative splits requests."""

    can_split = True

    def prepare(self) -> str:
        self._apply(self._wanted, 0)
        return to_internal_url(_get_latest_url(self._resource), self._cluster.namespace)

    def shift_traffic(self, percent: int) -> None:
        self._apply(self._wanted, percent)

    def finish(self) -> str:
        self._apply(self._wanted)
        return _get_address(self._resource, self._cluster)

    def undo(self, phase: Phase) -> None:
        if phase == "replace":
            # For KServe, a revision with all requests is the last good one until its share is smaller.
            self._apply(self._wanted, 0)
        # First without requests: otherwise the new revision, the latest one that is ready, would get all of
        # them until the old one has started again.
        self._apply(self._served, 0)
        self._apply(self._served)


class _TwoServiceRollout(_ReplacingRollout):
    """A second service beside the first, and a route that splits requests among both."""

    def __init__(
        self, cluster: KubernetesClient, service: str, wanted: ServiceSpec, served: ServiceSpec
    ) -> None:
        super().__init__(cluster, service, wanted, served)
        self._second = _name_second(service)
        self.can_split = bool(wanted.settings.gateway)

    def prepare(self) -> str:
        # A version without this record may have left it.
        _delete_inference_service(self._cluster, self._second)
        second = build_inference_service(self._second, self._wanted)
        # Both services use one model name, because clients of the route know only this one.
        second["spec"]["predictor"]["model"]["args"][0] = f"--model_name={self._service}"
        self._cluster.apply(second)
        self._wait_until_ready(self._second, self._wanted)
        return _get_address(self._resource, self._cluster)

    def shift_traffic(self, percent: int) -> None:
        self._apply_route(self._wanted, percent)

    def finish(self) -> str:
        if self.can_split:
            self.shift_traffic(_ALL)
        self._apply(self._wanted)
        if self.can_split:
            self.shift_traffic(0)
        _delete_inference_service(self._cluster, self._second)
        return _get_address(self._resource, self._cluster)

    def undo(self, phase: Phase) -> None:
        if phase == "replace":
            self._apply(self._served)
        self._restore_route()
        _delete_inference_service(self._cluster, self._second)


def _name_second(service: str) -> str:
    return f"{service}-canary"


def _name_route(service: str) -> str:
    return f"{service}-rollout"


def _delete_inference_service(cluster: KubernetesClient, name: str) -> None:
    if cluster.delete("InferenceService", name):
        wait_until_gone(cluster, "InferenceService", name, _REMOVAL_SECONDS)


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
