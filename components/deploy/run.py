"""The stage: read a registered model, roll it out, write the result, move the champion."""

import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components._approval.approvals import ApprovalError, check_approvals, require_approvals
from components._kubernetes.client import KubernetesClient, Object
from components._problem.registration import HELD_OUT, RegisteredModel
from components._problem.verdict import Verdict
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import SERVER, Registry
from components.deploy.canary import RolloutResult, roll_out
from components.deploy.connection import connect_cluster
from components.deploy.deployment_record import DeploymentRecord, Holder
from components.deploy.model_endpoint import HeldOutRows
from components.deploy.objects import (
    MANAGED_BY,
    MANAGER,
    TEMPLATE,
    Release,
    ServiceSpec,
    build_runtime,
)
from components.deploy.recovery import restore_service
from components.deploy.report import describe_interruption, render_rollout
from components.deploy.rollouts import choose_rollout, remove_service
from components.deploy.settings import Settings
from components.environment import Environment
from components.errors import InvalidSetting, format_count

__all__ = ["Settings", "remove", "run"]

# Addresses of MLflow's server, which KServe does not know.
_MLFLOW_SCHEME = "mlflow-artifacts:"
# Storages from which KServe fetches a folder, and in which MLflow stores one
# (https://kserve.github.io/website/docs/model-serving/storage/overview).
_STORAGES = ("s3://", "gs://")


def run(
    *, registration: str, summary: str, verdict: str, run_name: str, settings: Settings
) -> dict[str, float]:
    """Roll a registered model out, and make it the champion; on failure restore the previous state.

    Parameters
    ----------
    registration : str
        Path to read.
    summary, verdict : str
        Paths to write.
    run_name : str
        This run's unique name.
    settings : Settings
        How to roll the model out.

    Returns
    -------
    dict of str to float
        The largest difference from the pipeline's predictions; error rate and latency of the last step.

    Raises
    ------
    InvalidSetting
        deploy did not create the service; the model is not in a registry, or KServe's pods cannot fetch it;
        register kept no rows with it; the namespace cannot serve models; or the service runs in another mode.
    ApprovalError
        The model's problem names approvers, and approvals are missing or do not count.
    DeploymentInProgress
        Another run is changing the service.
    ClaimLost
        Another run has taken over.
    RecoveryError
        What an earlier run left cannot be undone.
    KubernetesError
        Kubernetes did not answer; nothing was changed.
    TrackingError
        MLflow did not accept the new champion, but the model is served.
    """
    registered, held_out = _read_registration(Path(registration))
    environment = Environment.read()
    approvers = _check_approval(registered, environment)
    service, version = settings.name_for(registered.model), str(registered.version)
    uri = resolve_storage_uri(str(registered.package), environment.artifacts_destination)
    cluster = connect_cluster()
    runtime = build_runtime(_require_template(cluster), _choose_image(registered.tags, environment))
    release = Release(registered.model, version, uri, runtime["metadata"]["name"])
    _check_owner(cluster, service)
    record = DeploymentRecord(cluster, service, _identify_holder(run_name, environment), settings)
    wanted = ServiceSpec(release, settings)
    with record.claim(), _exit_on_sigterm():
        recovery = restore_service(cluster, service, record)
        served = record.served
        _check_mode(service, served, settings)
        cluster.apply(runtime)
        record.begin(wanted)
        rollout = choose_rollout(cluster, service, served, wanted)
        result = roll_out(rollout, service, version, held_out, settings, record.note_phase)
        if result.failure is None:
            record.record_release(wanted)
            _promote(release, environment)
        if not result.undo_error:
            record.clear_change()
    before = None if served is None else served.release
    interruption = describe_interruption(None if served is None else served.settings, settings)
    approved = f"Approved by {', '.join(approvers)}." if approvers else ""
    notes = list(filter(None, (approved, recovery, interruption)))
    text = render_rollout(service, before, release, result, notes)
    Path(summary).write_text(text, encoding="utf-8")
    _build_verdict(result, recovery).save(verdict)
    return _collect_metrics(result)


def remove(*, service: str, run_name: str) -> None:
    """Remove a service, if it exists.

    Parameters
    ----------
    service : str
        The service.
    run_name : str
        This run's unique name.

    Raises
    ------
    InvalidSetting
        deploy did not create the service.
    DeploymentInProgress
        Another run is changing the service.
    ServiceNotReady
        The service still exists after five minutes.
    """
    cluster = connect_cluster()
    name = Settings(service=service).name_for(service)
    _check_owner(cluster, name)
    record = DeploymentRecord(cluster, name, _identify_holder(run_name, Environment.read()), Settings())
    with record.claim():
        record.begin(None)
        remove_service(cluster, name)
        record.delete()


def resolve_storage_uri(package: str, destination: str | None) -> str:
    """Return the address from which KServe can fetch a version's package.

    Parameters
    ----------
    package : str
        The address that MLflow gives.
    destination : str or None
        The storage behind mlflow-artifacts:/, if MLflow's server stores artifacts.

    Raises
    ------
    InvalidSetting
        KServe's pods cannot fetch it.
    """
    uri = package
    if package.startswith(_MLFLOW_SCHEME):
        if destination is None:
            raise InvalidSetting(
                "It is unknown where MLflow stores its artifacts: MLFLOW_ARTIFACTS_DESTINATION is not set.",
                "Set it to the value of MLflow's server; on a cluster, in the ConfigMap kfp-tabular.",
            )
        uri = f"{destination.rstrip('/')}/{urlsplit(package).path.lstrip('/')}"
    if not uri.startswith(_STORAGES):
        raise InvalidSetting(
            f"The model is at {uri}, from where KServe's pods cannot fetch it.",
            f"Let MLflow store its artifacts in object storage: {' or '.join(_STORAGES)}.",
        )
    return uri


def _read_registration(folder: Path) -> tuple[RegisteredModel, HeldOutRows]:
    """Return a version, and the held-out rows to check its server with."""
    registered = RegisteredModel.load(folder)
    if registered.version is None:
        raise InvalidSetting(
            "The model is not in a registry, so there is no version to serve.",
            "Set MLFLOW_TRACKING_URI for train and register, and train again.",
        )
    kept = folder / HELD_OUT
    if not kept.exists():
        raise InvalidSetting(
            f"Version {registered.version} of {registered.model!r} has no held-out rows for checks.",
            "Train it again: register now keeps these rows.",
        )
    return registered, HeldOutRows(**json.loads(kept.read_text(encoding="utf-8")))


def _check_approval(registered: RegisteredModel, environment: Environment) -> tuple[str, ...]:
    """Return who approved a version, by its files and approvals as they are in the registry now.

    Raises
    ------
    ApprovalError
        Approvals are missing or do not count.
    """
    if not registered.n_approvals:
        return ()
    if environment.tracking_uri is None:
        raise InvalidSetting(
            f"Whether version {registered.version} is approved is unknown: MLFLOW_TRACKING_URI is not set.",
            "Set it for deploy as for register, then run this stage again.",
        )
    with (
        connect_to_mlflow(environment.tracking_uri, "give the approvals") as client,
        tempfile.TemporaryDirectory() as scratch,
    ):
        registry = Registry(client, registered.model)
        version = registry.get_version(str(registered.version))
        state = check_approvals(registry, version, registry.download(version, Path(scratch)))
    if state.n_required < registered.n_approvals:
        raise ApprovalError(
            f"The files of version {version.number} no longer ask for the "
            f"{format_count(registered.n_approvals, 'approval')} that its problem asked for.",
            "Somebody changed them in MLflow's storage. Train the model again.",
        )
    require_approvals(state, version)
    return state.valid


def _identify_holder(run_name: str, environment: Environment) -> Holder:
    return Holder(run_name, environment.pod or "", environment.pod_uid or "")


def _require_template(cluster: KubernetesClient) -> Object:
    found = cluster.get("ServingRuntime", TEMPLATE)
    if found is None:
        raise InvalidSetting(
            f"The namespace {cluster.namespace} has no ServingRuntime {TEMPLATE}, or the cluster no KServe.",
            "Install KServe, and apply manifests/base/serving; see docs/cluster.md.",
        )
    return found


def _check_owner(cluster: KubernetesClient, service: str) -> None:
    """Refuse a service that git or a person created."""
    found = cluster.get("InferenceService", service)
    if found is not None and found["metadata"].get("labels", {}).get(MANAGED_BY) != MANAGER:
        raise InvalidSetting(
            f"The service {service} was not created by deploy, so deploy does not change it.",
            "Name another service (service), or remove this one where it was created.",
        )


def _check_mode(service: str, served: ServiceSpec | None, settings: Settings) -> None:
    """Refuse another mode, which KServe does not allow for a service that exists."""
    if served is not None and served.settings.mode != settings.mode:
        raise InvalidSetting(
            f"The service {service} runs in the mode {served.settings.mode}, which cannot become "
            f"{settings.mode}.",
            f"Set mode = {served.settings.mode}, name another service (service), or remove this one first: "
            f"make submit PIPELINE=removal SERVICE={service}.",
        )


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that the rollout is undone as far as there is time.

    On a cluster there are 0 to 2 seconds: Argo's executor passes SIGTERM on to all processes of the task.
    KFP's launcher ends at once, then the executor, which is process 1, and all others with it. Nothing relies
    on this time; the next run undoes what is left.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _choose_image(tags: dict[str, str], environment: Environment) -> str:
    """Return the server's image with the library versions of the training; others cannot serve the model."""
    image = tags.get(SERVER) or environment.serve_image
    if image is None:
        raise InvalidSetting(
            "The server's image is unknown: KFP_TABULAR_SERVE_IMAGE is not set.",
            "Compile the pipeline with this version, which sets it: make compile.",
        )
    return image


def _promote(release: Release, environment: Environment) -> None:
    if environment.tracking_uri is None:
        raise InvalidSetting(
            f"Version {release.version} is served, but deploy cannot make it the champion: "
            "MLFLOW_TRACKING_URI is not set.",
            "Set it for deploy as for register, then run this stage again.",
        )
    with connect_to_mlflow(environment.tracking_uri, "make the model the champion") as client:
        Registry(client, release.model).promote(release.version)


def _build_verdict(result: RolloutResult, recovery: str) -> Verdict:
    failure, record = result.failure, {"recovery": recovery}
    if failure is None:
        return Verdict((), "", record)
    reasons = filter(None, (failure.what, result.undo_error, recovery))
    return Verdict(tuple(reasons), failure.remedy, record)


def _collect_metrics(result: RolloutResult) -> dict[str, float]:
    figures: dict[str, Any] = {"largest_difference": result.largest_difference}
    if result.steps:
        _, measured = result.steps[-1]
        figures |= {"error_rate": measured.error_rate, "p95_ms": measured.p95_ms}
    return {name: float(value) for name, value in figures.items() if value is not None}
