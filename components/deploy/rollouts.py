"""How a new model takes the place of an old one: the first of all, with Knative, and without."""

from typing import Any, Protocol

from components.deploy.asking import in_cluster
from components.deploy.cluster import Cluster
from components.deploy.objects import CONTAINER, HTTP_PORT, Object, Release, inference_service, route
from components.deploy.settings import Settings
from components.deploy.waiting import pods_of, wait_until_gone, wait_until_ready

_ALL = 100


class Rollout(Protocol):
    """The steps of a rollout, in this order; ``undo`` at any of them."""

    def prepare(self) -> str:
        """Start the new model where no requests reach it, and return its address."""

    def shift(self, percent: int) -> bool:
        """Give the new model a share of the requests; returns whether they can be shared."""

    def finish(self) -> str:
        """Give it all requests, take the old one away, and return the service's address."""

    def undo(self) -> None:
        """Leave everything as it was before."""

    def scraped(self) -> list[str]:
        """Return where the new model's pods tell their metrics."""


def rollout_of(
    cluster: Cluster, service: str, served: Release | None, wanted: Release, settings: Settings
) -> Rollout:
    """Return how a release is rolled out.

    Parameters
    ----------
    cluster : Cluster
        Where.
    service : str
        The service's name.
    served : Release or None
        What is served at present; None if nothing is.
    wanted : Release
        What is to be served.
    settings : Settings
        How.
    """
    if served is None:
        return _First(cluster, service, wanted, settings)
    if served == wanted:
        return _Again(cluster, service, wanted, settings)
    kind = _WithKnative if settings.mode == "Knative" else _WithSecondService
    return kind(cluster, service, served, wanted, settings)


class _First:
    """Nobody asks yet: there is nothing to share, and nothing to go back to."""

    def __init__(self, cluster: Cluster, service: str, wanted: Release, settings: Settings) -> None:
        self._cluster, self._service = cluster, service
        self._wanted, self._settings = wanted, settings
        self._found: Object = {}

    def prepare(self) -> str:
        self._cluster.apply(inference_service(self._service, self._wanted, self._settings))
        self._found = self._ready(self._service)
        return _address(self._found, self._cluster)

    def shift(self, percent: int) -> bool:
        return False

    def finish(self) -> str:
        if self._settings.gateway:
            backends = [(f"{self._service}-predictor", _ALL)]
            self._cluster.apply(route(self._service, self._settings, backends))
        return _address(self._found, self._cluster)

    def undo(self) -> None:
        self._cluster.delete("InferenceService", self._service)

    def scraped(self) -> list[str]:
        return _metrics(pods_of(self._cluster, self._found))

    def _ready(self, service: str) -> Object:
        return wait_until_ready(self._cluster, service, self._settings.ready_seconds)


class _Again(_First):
    """What is served already: to be made so where it is not, and proven anew."""

    def undo(self) -> None:
        # There is nothing else to go back to.
        return


class _WithKnative(_First):
    """One service with two revisions, among which Knative shares requests."""

    def __init__(
        self, cluster: Cluster, service: str, served: Release, wanted: Release, settings: Settings
    ) -> None:
        super().__init__(cluster, service, wanted, settings)
        self._served = served
        self._is_whole = False

    def prepare(self) -> str:
        self._apply(self._wanted, 0)
        return in_cluster(_tagged(self._found), self._cluster.namespace)

    def shift(self, percent: int) -> bool:
        self._apply(self._wanted, percent)
        return True

    def finish(self) -> str:
        self._is_whole = True
        self._apply(self._wanted, None)
        return _address(self._found, self._cluster)

    def undo(self) -> None:
        if self._is_whole:
            # KServe takes a revision that had all requests for the last good one, until its share is less.
            self._apply(self._wanted, 0)
        # To ask for all requests at once would give them to the new revision, the latest that is ready, until
        # the old one has started again.
        self._apply(self._served, 0)
        self._apply(self._served, None)

    def _apply(self, release: Release, percent: int | None) -> None:
        self._cluster.apply(inference_service(self._service, release, self._settings, percent))
        self._found = self._ready(self._service)


class _WithSecondService(_First):
    """A second service beside the first, and a route that shares requests among both."""

    def __init__(
        self, cluster: Cluster, service: str, served: Release, wanted: Release, settings: Settings
    ) -> None:
        super().__init__(cluster, service, wanted, settings)
        self._served = served
        self._second = f"{service}-canary"
        self._is_replaced = False

    def prepare(self) -> str:
        # What a task that died left there is no proof of anything.
        self._remove_second()
        made = inference_service(self._second, self._wanted, self._settings)
        # Both services answer by one name, as a client of the route knows no other.
        made["spec"]["predictor"]["model"]["args"][0] = f"--model_name={self._service}"
        self._cluster.apply(made)
        self._found = self._ready(self._second)
        return _address(self._found, self._cluster)

    def shift(self, percent: int) -> bool:
        if not self._settings.gateway:
            return False
        backends = [(f"{self._service}-predictor", _ALL - percent), (f"{self._second}-predictor", percent)]
        self._cluster.apply(route(self._service, self._settings, backends))
        return True

    def finish(self) -> str:
        self.shift(_ALL)
        self._is_replaced = True
        self._cluster.apply(inference_service(self._service, self._wanted, self._settings))
        self._found = self._ready(self._service)
        self.shift(0)
        self._remove_second()
        return _address(self._found, self._cluster)

    def undo(self) -> None:
        if self._is_replaced:
            self._cluster.apply(inference_service(self._service, self._served, self._settings))
            self._ready(self._service)
        self.shift(0)
        self._remove_second()

    def _remove_second(self) -> None:
        if self._cluster.delete("InferenceService", self._second):
            wait_until_gone(self._cluster, "InferenceService", self._second, self._settings.ready_seconds)


def _address(found: Object, cluster: Cluster) -> str:
    """Return where a service answers within the cluster."""
    status: dict[str, Any] = found["status"]
    url = status.get("address", {}).get("url") or status["url"]
    return in_cluster(str(url), cluster.namespace)


def _tagged(found: Object) -> str:
    """Return the address of a service's latest revision, whatever its share of the requests."""
    traffic = found["status"]["components"]["predictor"]["traffic"]
    return next(str(of["url"]) for of in traffic if of.get("tag") == "latest")


def _metrics(pods: list[Object]) -> list[str]:
    return [
        f"http://{pod['status']['podIP']}:{_port(pod)}/metrics" for pod in pods if pod["status"].get("podIP")
    ]


def _port(pod: Object) -> int:
    for container in pod["spec"]["containers"]:
        if container["name"] == CONTAINER:
            return int(container["ports"][0]["containerPort"])
    return HTTP_PORT
