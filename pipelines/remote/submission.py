"""Starts a run on a cluster."""

import getpass
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kfp_server_api import V2beta1Run, V2beta1RuntimeConfig

from pipelines.backend_versions import describe_omissions
from pipelines.remote.backend import check_backend, choose_namespace
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient, find_or_create, list_all
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.pipeline_version import find_or_create_experiment, find_or_upload_spec
from pipelines.remote.spec import Spec


@dataclass(frozen=True)
class Submission:
    """A run to start.

    Attributes
    ----------
    spec : Spec
        The compiled pipeline.
    parameters : mapping
        The pipeline's checked parameters; the others keep their defaults.
    experiment : str
        Name of the run's experiment.
    name : str
        Name of the run.
    service_account : str or None
        Service account of its pods. None: the installation's default.
    """

    spec: Spec
    parameters: Mapping[str, Any]
    experiment: str
    name: str
    service_account: str | None = None


@dataclass(frozen=True)
class SubmittedRun:
    """A started run.

    Attributes
    ----------
    run_id : str
        Its id on the cluster.
    url : str
        Its page in the dashboard.
    version : str
        Name of the pipeline's version.
    is_version_new : bool
        Whether the version was uploaded for it.
    note : str
        What the backend does not know, so that it was left out; may be empty.
    """

    run_id: str
    url: str
    version: str
    is_version_new: bool
    note: str = ""


def describe_starter() -> str:
    """Return a sentence about who starts a run, which its messages repeat."""
    try:
        return f"Started by {getpass.getuser()}."
    except (KeyError, OSError, ImportError):
        # In a pod the user has no name, but the pod has one.
        return f"Started by {socket.gethostname()}."


def submit_run(
    client: KubeflowClient, connection: KubeflowConnection, submission: Submission
) -> SubmittedRun:
    """Start a run, with what the backend knows of the spec.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, refuses a request, or is too old. The message says what was created
        before.
    InvalidSetting
        Runs cannot run in the namespace or the experiment.
    """
    backend = check_backend(client, connection)
    namespace = choose_namespace(backend, connection)
    spec, omitted = submission.spec.adapt(backend.release)
    experiment = find_or_create_experiment(client, namespace, submission.experiment)
    version = find_or_upload_spec(client, namespace, spec)

    def list_same_named() -> dict[str, Any]:
        list_runs = client.runs.run_service_list_runs
        return {
            run.run_id: run for run in list_all(list_runs, "runs", submission.name, experiment_id=experiment)
        }

    def list_new() -> list[Any]:
        return [run for key, run in list_same_named().items() if key not in before]

    wanted = V2beta1Run(
        display_name=submission.name,
        description=describe_starter(),
        experiment_id=experiment,
        pipeline_version_reference=version.to_reference(),
        runtime_config=V2beta1RuntimeConfig(parameters=dict(submission.parameters)),
        service_account=submission.service_account,
    )
    # Several runs may have the same name: only a run that did not exist before can be the one to start.
    before = list_same_named()
    try:
        run, _ = find_or_create(client, list_new, lambda: client.runs.run_service_create_run(wanted))
    except KubeflowError as error:
        upload = f"The version {spec.version} was uploaded. " if version.is_new else ""
        raise KubeflowError(
            error.what, f"{error.remedy}\n{upload}No new run was found on the cluster."
        ) from None
    return SubmittedRun(
        run.run_id,
        connection.build_page_url(f"runs/details/{run.run_id}"),
        spec.version,
        version.is_new,
        describe_omissions(backend.release, omitted),
    )
