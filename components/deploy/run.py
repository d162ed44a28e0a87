"""The stage: read what is to be served, roll it out, write what came of it, move the champion."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components._problem.registration import HELD_OUT, RegisteredModel
from components._problem.verdict import Verdict
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import SERVER, Registry
from components.deploy.canary import RolloutResult, roll_out
from components.deploy.deployment_record import DeploymentRecord
from components.deploy.kubernetes_client import KubernetesClient
from components.deploy.model_endpoint import HeldOutRows
from components.deploy.objects import MANAGED_BY, MANAGER, TEMPLATE, Object, Release, build_runtime
from components.deploy.readiness import wait_until_gone
from components.deploy.report import render_rollout
from components.deploy.rollouts import choose_rollout
from components.deploy.settings import Settings
from components.environment import Environment
from components.errors import InvalidSetting

__all__ = ["Settings", "remove", "run"]

# Where MLflow's server passes artifacts on to, of which KServe knows nothing.
_PASSED_ON = "mlflow-artifacts:"
# Where KServe fetches a whole folder from, and MLflow keeps one
# (https://kserve.github.io/website/docs/model-serving/storage/overview).
_STORAGES = ("s3://", "gs://")
_REMOVAL_SECONDS = 300.0


def run(
    *, registration: str, summary: str, verdict: str, holder: str, settings: Settings
) -> dict[str, float]:
    """Roll a registered model out, and make it the champion; or leave everything as it was.

    Parameters
    ----------
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
        The service is another's; the model is in no registry, or where no pod of KServe finds it; no rows
        were kept to prove a server by; or the namespace has not what serves models.
    Occupied
        Another run is changing the service.
    ClusterRefused
        Kubernetes did not answer, before anything was changed.
    TrackingFailed
        MLflow did not take the new champion.
    """
    registered, held_out = _read_registration(Path(registration))
    environment = Environment.read()
    service, version = settings.name_for(registered.model), str(registered.version)
    uri = resolve_storage_uri(str(registered.package), environment.artifacts_destination)
    cluster = KubernetesClient.from_config()
    made = build_runtime(_require_template(cluster), _choose_image(registered.tags, environment))
    wanted = Release(registered.model, version, uri, made["metadata"]["name"])
    _check_owner(cluster, service)
    record = DeploymentRecord(cluster, service, holder)
    with record.claim() as served:
        cluster.apply(made)
        rollout = choose_rollout(cluster, service, served, wanted, settings)
        with _exit_on_sigterm():
            result = roll_out(rollout, service, version, held_out, settings, record.renew)
        if result.failure is None:
            record.record_release(wanted)
    if result.failure is None:
        _promote(wanted, environment)
    Path(summary).write_text(render_rollout(service, served, wanted, result), encoding="utf-8")
    _build_verdict(result).save(verdict)
    return _collect_metrics(result)


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
    InvalidSetting
        The service is another's.
    Occupied
        Another run is changing the service.
    NotReady
        It is still there after five minutes.
    """
    cluster = KubernetesClient.from_config()
    name = Settings(service=service).name_for(service)
    _check_owner(cluster, name)
    record = DeploymentRecord(cluster, name, holder)
    with record.claim():
        # First the way to it, so that nobody is sent to what is going.
        cluster.delete("HTTPRoute", f"{name}-rollout")
        for of in (f"{name}-canary", name):
            if cluster.delete("InferenceService", of):
                wait_until_gone(cluster, "InferenceService", of, _REMOVAL_SECONDS)
    record.delete()


def resolve_storage_uri(package: str, destination: str | None) -> str:
    """Return where KServe finds a version's package.

    Parameters
    ----------
    package : str
        Where it is, as MLflow says it.
    destination : str or None
        What mlflow-artifacts:/ stands for, where MLflow passes artifacts on.

    Raises
    ------
    InvalidSetting
        No pod of KServe finds it there.
    """
    uri = package
    if package.startswith(_PASSED_ON):
        if destination is None:
            raise InvalidSetting(
                "Nothing says where MLflow keeps its artifacts: MLFLOW_ARTIFACTS_DESTINATION is not set.",
                "Set it as MLflow's server has it; on a cluster in the ConfigMap kfp-tabular.",
            )
        uri = f"{destination.rstrip('/')}/{urlsplit(package).path.lstrip('/')}"
    if not uri.startswith(_STORAGES):
        raise InvalidSetting(
            f"The model is at {uri}, where no pod of KServe finds it.",
            f"Let MLflow keep its artifacts in object storage: {', '.join(_STORAGES)}.",
        )
    return uri


def _read_registration(folder: Path) -> tuple[RegisteredModel, HeldOutRows]:
    """Return a version, and the rows to prove its server by."""
    registered = RegisteredModel.load(folder)
    if registered.version is None:
        raise InvalidSetting(
            "The model is in no registry, so that there is no version to serve.",
            "Set MLFLOW_TRACKING_URI for train and register, and train again.",
        )
    kept = folder / HELD_OUT
    if not kept.exists():
        raise InvalidSetting(
            f"No rows were kept with version {registered.version} of {registered.model!r}.",
            "Train it again: register keeps them, and a server is proven by them.",
        )
    return registered, HeldOutRows(**json.loads(kept.read_text(encoding="utf-8")))


def _require_template(cluster: KubernetesClient) -> Object:
    found = cluster.get("ServingRuntime", TEMPLATE)
    if found is None:
        raise InvalidSetting(
            f"The namespace {cluster.namespace} has no ServingRuntime {TEMPLATE}, or the cluster no KServe.",
            "Install KServe, and apply manifests/base/serving; see docs/cluster.md.",
        )
    return found


def _check_owner(cluster: KubernetesClient, service: str) -> None:
    """Keep away from a service that git or a person made."""
    found = cluster.get("InferenceService", service)
    if found is not None and found["metadata"].get("labels", {}).get(MANAGED_BY) != MANAGER:
        raise InvalidSetting(
            f"The service {service} was not made by deploy, which therefore does not touch it.",
            "Name another one (service), or take it away where it came from.",
        )


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Let a pod that is told to end undo what it began."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _choose_image(tags: dict[str, str], environment: Environment) -> str:
    """Return the image of the versions that trained the model, as a model is served by no others."""
    image = tags.get(SERVER) or environment.serve_image
    if image is None:
        raise InvalidSetting(
            "There is no image to serve with: KFP_TABULAR_SERVE_IMAGE is not set.",
            "Compile the pipeline with this version, which sets it: make compile.",
        )
    return image


def _promote(served: Release, environment: Environment) -> None:
    if environment.tracking_uri is None:
        raise InvalidSetting(
            f"Version {served.version} is served, but MLFLOW_TRACKING_URI does not name its registry.",
            "Set it for deploy as for register, then run this stage again.",
        )
    with connect_to_mlflow(environment.tracking_uri, "make the model the champion") as client:
        Registry(client, served.model).promote(served.version)


def _build_verdict(result: RolloutResult) -> Verdict:
    failure = result.failure
    if failure is None:
        return Verdict((), "")
    return Verdict(tuple(filter(None, (failure.what, result.undo_error))), failure.remedy)


def _collect_metrics(result: RolloutResult) -> dict[str, float]:
    figures: dict[str, Any] = {"largest_difference": result.largest_difference}
    if result.steps:
        _, seen = result.steps[-1]
        figures |= {"error_rate": seen.error_rate, "p95_ms": seen.p95_ms}
    return {name: float(value) for name, value in figures.items() if value is not None}
