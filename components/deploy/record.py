"""What is served at present, and who is changing it: one ConfigMap for each service."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from components.deploy.cluster import Changed, Cluster
from components.deploy.objects import Object, Release, labels
from components.errors import SuiteError

# A task that died must not keep others out for long; one that lives asks for more time at each step.
_HELD = timedelta(minutes=20)


class Occupied(SuiteError):
    """Another task is changing the service."""


class Record:
    """The record of a service.

    Parameters
    ----------
    cluster : Cluster
        Where it is.
    service : str
        The service.
    holder : str
        What tells this run from all others.
    """

    def __init__(self, cluster: Cluster, service: str, holder: str) -> None:
        self._cluster = cluster
        self._service = service
        self._holder = holder
        self._map: Object = {}

    def claim(self) -> Release | None:
        """Keep others out, and return what is served; None if nothing is.

        Raises
        ------
        Occupied
            Another task has kept us out.
        """
        name = f"{self._service}-rollout"
        found = self._cluster.get("ConfigMap", name)
        self._map = found or {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": labels(self._service)},
            "data": {},
        }
        data = self._map.setdefault("data", {})
        now = datetime.now(UTC)
        holder = data.get("holder", "")
        if holder not in ("", self._holder) and now < datetime.fromisoformat(data["until"]):
            raise self._occupied(holder)
        self.keep()
        served = data.get("serves")
        return Release(**json.loads(served)) if served else None

    def keep(self) -> None:
        """Keep others out for longer."""
        until = datetime.now(UTC) + _HELD
        self._map["data"] |= {"holder": self._holder, "until": until.isoformat(timespec="seconds")}
        self._write()

    def release(self, served: Release | None) -> None:
        """Note what is served, and let others in; None leaves what was noted."""
        self._map["data"] |= {"holder": "", "until": ""}
        if served is not None:
            self._map["data"]["serves"] = json.dumps(asdict(served))
        self._write()

    def forget(self) -> None:
        """Remove the record."""
        self._cluster.delete("ConfigMap", f"{self._service}-rollout")

    def _write(self) -> None:
        try:
            self._map = self._cluster.replace(self._map)
        except Changed as error:
            raise self._occupied("another run") from error

    def _occupied(self, holder: str) -> Occupied:
        return Occupied(
            f"{holder} is changing the service {self._service} at this moment.",
            "Run this stage again once it is done.",
        )
