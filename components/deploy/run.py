"""The stage: read what is to be served, roll it out, write what came of it, move the champion."""

import json
from pathlib import Path
from typing import Any

from components._problem.verdict import Verdict
from components._tracking.connection import connected
from components._tracking.registry import Registry
from components.deploy.asking import HeldOut
from components.deploy.cluster import Cluster
from components.deploy.objects import Release
from components.deploy.proving import Course, proven
from components.deploy.record import Record
from components.deploy.report import rollout_text
from components.deploy.rollouts import rollout_of
from components.deploy.settings import Settings
from components.deploy.waiting import wait_until_gone
from components.environment import Environment
from components.errors import InvalidSetting

__all__ = ["Settings", "remove", "run"]

# Schemes of KFP's artifacts, and what KServe calls them.
_SCHEMES = {"minio://": "s3://", "s3://": "s3://", "gs://": "gs://"}
_REMOVAL_SECONDS = 300.0


def run(
    *, uri: str, registration: str, summary: str, verdict: str, holder: str, settings: Settings
) -> dict[str, float]:
    """Roll a registered model out, and make it the champion; or leave everything as it was.

    Parameters
    ----------
    uri : str
        Where the model's folder is.
    registration : str
        Path to read.
    summary, verdict : str
        Paths to write.
    holder : str
        What tells this run from all others.
    settings : Settings
        How it is rolled out.

    Returns
    -------
    dict of str to float
        The largest difference from the pipeline; of the last step the share of failures and the latency.

    Raises
    ------
    InvalidSetting
        The model is where no pod of KServe finds it, or there is no image to serve it with.
    Occupied
        Another run is changing the service.
    ClusterRefused
        Kubernetes did not answer, before anything was changed.
    TrackingFailed
        MLflow did not take the new champion.
    """
    place = Path(registration)
    registered = json.loads((place / "registration.json").read_text(encoding="utf-8"))
    held_out = HeldOut(**json.loads((place / "held_out.json").read_text(encoding="utf-8")))
    service = settings.name_for(registered["model"])
    version = str(registered["version"] or f"of-{holder[:8]}")
    wanted = Release(registered["model"], version, _storage(uri), _image())
    cluster = Cluster.here()
    record = Record(cluster, service, holder)
    served = record.claim()
    rollout = rollout_of(cluster, service, served, wanted, settings)
    course = proven(rollout, service, version, held_out, settings, record.keep)
    record.release(wanted if course.failure is None else None)
    if course.failure is None and registered["version"] is not None:
        _promote(registered["model"], version)
    Path(summary).write_text(rollout_text(service, served, wanted, course), encoding="utf-8")
    _verdict(course).save(verdict)
    return _metrics(course)


def remove(*, service: str, holder: str) -> None:
    """Take a service away; none that is not there is no error.

    Parameters
    ----------
    service : str
        The service.
    holder : str
        What tells this run from all others.

    Raises
    ------
    Occupied
        Another run is changing the service.
    NotReady
        It is still there after five minutes.
    """
    cluster = Cluster.here()
    name = Settings(service=service).name_for(service)
    record = Record(cluster, name, holder)
    record.claim()
    # First the way to it, so that nobody is sent to what is going.
    cluster.delete("HTTPRoute", f"{name}-rollout")
    for of in (f"{name}-canary", name):
        if cluster.delete("InferenceService", of):
            wait_until_gone(cluster, "InferenceService", of, _REMOVAL_SECONDS)
    record.forget()


def _storage(uri: str) -> str:
    for scheme, known in _SCHEMES.items():
        if uri.startswith(scheme):
            return known + uri.removeprefix(scheme).rstrip("/")
    raise InvalidSetting(
        f"The model is at {uri}, where no pod of KServe finds it.",
        "Deploy from a run on a cluster, whose artifacts are in object storage.",
    )


def _image() -> str:
    image = Environment.read().serve_image
    if image is None:
        raise InvalidSetting(
            "There is no image to serve with: KFP_TABULAR_SERVE_IMAGE is not set.",
            "Compile the pipeline with this version, which sets it: make compile.",
        )
    return image


def _promote(model: str, version: str) -> None:
    address = Environment.read().tracking_uri
    if address is None:
        raise InvalidSetting(
            f"Version {version} is served, but MLFLOW_TRACKING_URI does not say where its registry is.",
            "Set it for deploy as for register, then run this stage again.",
        )
    with connected(address, "make the model the champion") as client:
        Registry(client, model).promote(version)


def _verdict(course: Course) -> Verdict:
    failure = course.failure
    if failure is None:
        return Verdict((), "")
    return Verdict(tuple(filter(None, (failure.what, course.undone))), failure.remedy)


def _metrics(course: Course) -> dict[str, float]:
    figures: dict[str, Any] = {"largest_difference": course.largest_difference}
    if course.steps:
        _, seen = course.steps[-1]
        figures |= {"error_rate": seen.error_rate, "p95_ms": seen.p95_ms}
    return {name: float(value) for name, value in figures.items() if value is not None}
