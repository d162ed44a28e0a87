"""What a service serves, and which run is changing it, in one Lease for each service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from components.deploy.kubernetes_client import ConflictError, KubernetesClient
from components.deploy.objects import Object, Release, build_labels
from components.deploy.settings import LONGEST_SECONDS
from components.errors import SuiteError

# A task that died must not keep others out for long. A running task renews its claim before each step, in
# which it waits for pods and watches them.
_CLAIM_TIME = timedelta(seconds=2 * LONGEST_SECONDS + 300)
_SERVES = "kfp-tabular/serves"


class DeploymentInProgress(SuiteError):
    """Another run is changing the service."""


class DeploymentRecord:
    """The record of a service.

    Parameters
    ----------
    cluster : KubernetesClient
        The service's namespace.
    service : str
        The service.
    holder : str
        This run's unique name.
    """

    def __init__(self, cluster: KubernetesClient, service: str, holder: str) -> None:
        self._cluster = cluster
        self._service = service
        self._holder = holder
        self._lease: Object = {}

    @contextmanager
    def claim(self) -> Iterator[Release | None]:
        """Claim the service for a block; yields the served release, None if there is none.

        Raises
        ------
        DeploymentInProgress
            Another run has claimed the service.
        """
        name = f"{self._service}-rollout"
        self._lease = self._cluster.get("Lease", name) or {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "labels": build_labels(self._service), "annotations": {}},
            "spec": {},
        }
        spec = self._lease["spec"]
        holder = spec.get("holderIdentity")
        if holder not in (None, "", self._holder):
            end = datetime.fromisoformat(spec["renewTime"]) + timedelta(seconds=spec["leaseDurationSeconds"])
            if datetime.now(UTC) < end:
                raise self._build_error(holder)
        self.renew()
        served = self._get_annotations().get(_SERVES)
        try:
            yield Release(**json.loads(served)) if served else None
        except BaseException:
            # The block's error matters more than one of the release.
            with suppress(SuiteError):
                self._release_claim()
            raise
        self._release_claim()

    def renew(self) -> None:
        """Extend the claim."""
        self._lease["spec"] = {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": int(_CLAIM_TIME.total_seconds()),
            "renewTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }
        self._write()

    def record_release(self, release: Release) -> None:
        """Record the served release."""
        self._get_annotations()[_SERVES] = json.dumps(asdict(release))
        self._write()

    def delete(self) -> None:
        """Delete the record."""
        self._cluster.delete("Lease", f"{self._service}-rollout")

    def _release_claim(self) -> None:
        self._lease["spec"] = {}
        self._write()

    def _get_annotations(self) -> dict[str, str]:
        annotations: dict[str, str] = self._lease["metadata"].setdefault("annotations", {})
        return annotations

    def _write(self) -> None:
        try:
            self._lease = self._cluster.replace(self._lease)
        except ConflictError as error:
            raise self._build_error("another run") from error

    def _build_error(self, holder: str) -> DeploymentInProgress:
        return DeploymentInProgress(
            f"{holder} is changing the service {self._service} right now.",
            "Run this stage again when it has finished.",
        )
