"""What a service serves, what is being changed, and by whom: one Lease for each service.

A pod can die between any two of its requests, so the record says what is about to change before it changes.
Whoever claims the service next reads there what the dead one left, and undoes it.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from components._kubernetes.client import ConflictError, KubernetesClient, KubernetesError, Object
from components.deploy.objects import Release, ServiceSpec, build_labels
from components.deploy.settings import Settings
from components.errors import SuiteError

# A dead task keeps others out for at most this long, and not at all once its pod is gone.
_LEASE_SECONDS = 60
_RENEW_SECONDS = 15.0
# A change needs a renewal that is younger than this. The rest of the lease is for clocks that differ and for
# the longest request (10 s), so that no change arrives after another run has taken over.
_FRESH_SECONDS = 40.0
_POLL_SECONDS = 2.0
_ENDED = ("Succeeded", "Failed")
_SERVES, _SETTINGS = "kfp-tabular/serves", "kfp-tabular/settings"
_UNFINISHED, _HOLDER = "kfp-tabular/unfinished", "kfp-tabular/holder"

Phase = Literal["prepare", "shift", "replace", "promote", "remove"]


class DeploymentInProgress(SuiteError):
    """Another run is changing the service."""


class ClaimLost(SuiteError):
    """Another run has taken over, so this one must not touch the service any more."""


@dataclass(frozen=True)
class Holder:
    """Who changes a service.

    Attributes
    ----------
    run : str
        The run's unique name.
    pod, pod_uid : str
        The pod of its task; empty outside a cluster.
    """

    run: str
    pod: str = ""
    pod_uid: str = ""

    def __str__(self) -> str:
        return f"Run {self.run}" + (f" (pod {self.pod})" if self.pod else "")


@dataclass(frozen=True)
class UnfinishedChange:
    """A change of a service that has begun.

    Attributes
    ----------
    phase : str
        "prepare": the new model starts, without requests. "shift": it gets ``percent`` of them. "replace": it
        gets all. "promote": it passed all checks and is served, but may not be the champion yet. "remove":
        the service is being removed.
    percent : int
        The new model's share of the requests in the phase "shift".
    wanted : ServiceSpec or None
        What is to be served; None for a removal.
    holder : Holder
        Who began it.
    since : str
        When, in ISO 8601.
    """

    phase: Phase
    percent: int
    wanted: ServiceSpec | None
    holder: Holder
    since: str


class DeploymentRecord:
    """The record of a service.

    Parameters
    ----------
    cluster : KubernetesClient
        The service's namespace. While the service is claimed, it changes nothing without a valid claim.
    service : str
        The service.
    holder : Holder
        Who changes it.
    settings : Settings
        Those of this run; taken for a release that an older version recorded without its settings.

    Attributes
    ----------
    served : ServiceSpec or None
        What is served, as of the claim; None if nothing is.
    unfinished : UnfinishedChange or None
        What another run began and did not finish, as of the claim.
    """

    def __init__(self, cluster: KubernetesClient, service: str, holder: Holder, settings: Settings) -> None:
        self._cluster = cluster
        self._service = service
        self._name = f"{service}-rollout"
        self._holder = holder
        self._settings = settings
        self._lease: Object = {}
        self._lock = threading.RLock()
        self._renewed = 0.0
        self._loss: ClaimLost | None = None
        self.served: ServiceSpec | None = None
        self.unfinished: UnfinishedChange | None = None

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Claim the service for a block, and renew the claim while the block runs.

        It takes over at once from a holder whose pod is gone, and within a minute from any other that stopped
        renewing its claim.

        Raises
        ------
        DeploymentInProgress
            Another run has claimed the service and is alive.
        """
        self._acquire()
        self._read_annotations()
        has_ended = threading.Event()
        threading.Thread(target=self._renew_until, args=(has_ended,), daemon=True).start()
        try:
            with self._cluster.check_writes(self._require_claim):
                yield
        except BaseException:
            # The block's error matters more than one of the release.
            with suppress(SuiteError):
                self._release(has_ended)
            raise
        self._release(has_ended)

    def begin(self, wanted: ServiceSpec | None) -> None:
        """Record that a rollout begins, or with None a removal."""
        phase: Phase = "remove" if wanted is None else "prepare"
        self._record_change(UnfinishedChange(phase, 0, wanted, self._holder, _format_now()))

    def note_phase(self, phase: Phase, percent: int = 0) -> None:
        """Record the phase that comes next."""
        assert self.unfinished is not None
        self._record_change(replace(self.unfinished, phase=phase, percent=percent))

    def record_release(self, served: ServiceSpec) -> None:
        """Record what is served from now on; what is left is to make it the champion."""
        with self._lock:
            annotations = self._get_annotations()
            annotations[_SERVES] = json.dumps(asdict(served.release))
            annotations[_SETTINGS] = json.dumps(asdict(served.settings))
            self.served = served
            self.note_phase("promote")

    def forget_release(self) -> None:
        """Let the next record say that nothing is served."""
        with self._lock:
            for name in (_SERVES, _SETTINGS):
                self._get_annotations().pop(name, None)
            self.served = None

    def clear_change(self) -> None:
        """Let the release of the claim record that nothing is unfinished."""
        with self._lock:
            self._get_annotations().pop(_UNFINISHED, None)
            self.unfinished = None

    def delete(self) -> None:
        """Delete the record, and with it the claim."""
        with self._lock:
            self._cluster.delete("Lease", self._name)
            self._lease = {}

    def _acquire(self) -> None:
        first_seen = None
        while True:
            self._lease = self._cluster.get("Lease", self._name) or {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self._name, "labels": build_labels(self._service)},
                "spec": {},
            }
            spec = self._lease["spec"]
            if self._is_free(spec):
                self._lease["spec"] = {}
                self._lease["spec"] = self._build_spec()
                self._get_annotations()[_HOLDER] = json.dumps(asdict(self._holder))
                try:
                    self._write()
                except ConflictError:
                    continue
                return
            renewed = (spec["holderIdentity"], spec["renewTime"])
            first_seen = first_seen or renewed
            # A renewal while we look shows that the holder lives. A version without renewals has long leases.
            if renewed != first_seen or spec["leaseDurationSeconds"] > _LEASE_SECONDS:
                raise self._build_refusal(spec)
            time.sleep(_POLL_SECONDS)

    def _is_free(self, spec: Object) -> bool:
        if spec.get("holderIdentity") in (None, "", self._identity):
            return True
        end = datetime.fromisoformat(spec["renewTime"]) + timedelta(seconds=spec["leaseDurationSeconds"])
        if datetime.now(UTC) >= end:
            return True
        holder = self._read_holder(spec)
        if not holder.pod:
            return False
        pod = self._cluster.find_pod(holder.pod)
        return (
            pod is None
            or pod["metadata"]["uid"] != holder.pod_uid
            or pod.get("status", {}).get("phase") in _ENDED
        )

    @property
    def _identity(self) -> str:
        return self._holder.pod or self._holder.run

    def _read_holder(self, spec: Object) -> Holder:
        stored = json.loads(self._get_annotations().get(_HOLDER, "{}"))
        # The annotation is of the last holder with this version; an older one may have come after it.
        is_current = spec["holderIdentity"] in (stored.get("pod"), stored.get("run"))
        return Holder(**stored) if is_current else Holder(spec["holderIdentity"])

    def _read_annotations(self) -> None:
        annotations = self._get_annotations()
        if served := annotations.get(_SERVES):
            settings = annotations.setdefault(_SETTINGS, json.dumps(asdict(self._settings)))
            self.served = _parse_spec({"release": json.loads(served), "settings": json.loads(settings)})
        if unfinished := annotations.get(_UNFINISHED):
            self.unfinished = _parse_change(json.loads(unfinished))

    def _record_change(self, change: UnfinishedChange) -> None:
        with self._lock:
            self.unfinished = change
            self._get_annotations()[_UNFINISHED] = json.dumps(asdict(change))
            self._renew()

    def _renew_until(self, has_ended: threading.Event) -> None:
        while not has_ended.wait(_RENEW_SECONDS):
            try:
                self._renew()
            except KubernetesError:
                # Nobody can take over while Kubernetes does not answer. The next change renews, or stops.
                continue
            except ClaimLost:
                return

    def _require_claim(self) -> None:
        """Raise an error unless the claim is valid for the longest request."""
        with self._lock:
            if self._loss is not None:
                raise self._loss
            if time.monotonic() - self._renewed > _FRESH_SECONDS:
                self._renew()

    def _renew(self) -> None:
        with self._lock:
            # Without a Lease, the claim has ended while the renewing thread waited for the lock.
            if self._lease:
                self._store(self._build_spec())

    def _release(self, has_ended: threading.Event) -> None:
        has_ended.set()
        with self._lock:
            if self._lease:
                self._store({})
                self._lease = {}

    def _store(self, spec: Object) -> None:
        """Write the Lease, unless another run has taken over."""
        if self._loss is not None:
            raise self._loss
        self._lease["spec"] = spec
        try:
            self._write()
        except ConflictError:
            # Our last write may have arrived although its answer did not, or a person edited the Lease.
            found = self._cluster.get("Lease", self._name) or {"spec": {}}
            holder = found["spec"].get("holderIdentity")
            if holder == self._identity:
                self._lease["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
                with suppress(ConflictError):
                    self._write()
                    return
            self._loss = self._build_loss(holder)
            raise self._loss from None

    def _write(self) -> None:
        started = time.monotonic()
        self._lease = self._cluster.replace(self._lease)
        self._renewed = started

    def _build_spec(self) -> Object:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": _LEASE_SECONDS,
            "acquireTime": self._lease["spec"].get("acquireTime") or _format_now(),
            "renewTime": _format_now(),
        }

    def _get_annotations(self) -> dict[str, str]:
        annotations: dict[str, str] = self._lease["metadata"].setdefault("annotations", {})
        return annotations

    def _build_refusal(self, spec: Object) -> DeploymentInProgress:
        since = spec.get("acquireTime") or spec["renewTime"]
        return DeploymentInProgress(
            f"{self._read_holder(spec)} has been changing the service {self._service} since {since}.",
            "Run this stage again when it has finished, or stop that run first.",
        )

    def _build_loss(self, holder: str | None) -> ClaimLost:
        return ClaimLost(
            f"{holder or 'Another run'} has taken over the service {self._service}, because this run did not "
            f"renew its claim for {_LEASE_SECONDS} s. This run stopped, and changed nothing after that.",
            "Run this stage again; the other run undoes what this one left.",
        )


def _parse_change(stored: dict[str, Any]) -> UnfinishedChange:
    wanted = stored["wanted"]
    parsed = {"wanted": wanted and _parse_spec(wanted), "holder": Holder(**stored["holder"])}
    return UnfinishedChange(**{**stored, **parsed})


def _parse_spec(stored: dict[str, Any]) -> ServiceSpec:
    return ServiceSpec(Release(**stored["release"]), Settings.from_stored(stored["settings"]))


def _format_now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
