"""A run, started on a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.remote.backend import check_backend
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient, find_or_create, list_all
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.pipeline_version import find_or_create_experiment, find_or_upload_spec
from pipelines.remote.spec import Spec


@dataclass(frozen=True)
class Submission:
    """What is to run.

    Attributes
    ----------
    spec : Spec
        The compiled pipeline.
    parameters : mapping
        Its parameters, checked. What is left out is left to its defaults.
    experiment : str
        The group of runs that it belongs to.
    name : str
        What people call the run.
    service_account : str or None
        As whom its pods run. None: the installation's default.
    """

    spec: Spec
    parameters: Mapping[str, Any]
    experiment: str
    name: str
    service_account: str | None = None


@dataclass(frozen=True)
class SubmittedRun:
    """A run that was started.

    Attributes
    ----------
    run_id : str
        What the cluster calls it.
    url : str
        Its page in the dashboard.
    is_version_new : bool
        Whether the pipeline's version was uploaded for it.
    """

    run_id: str
    url: str
    is_version_new: bool


def submit_run(
    client: KubeflowClient, connection: KubeflowConnection, submission: Submission
) -> SubmittedRun:
    """Start a run.

    Parameters
    ----------
    client : Client
        Of the connection.
    connection : Connection
        Where to run.
    submission : Submission
        What to run.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, refuses, or is too old. What was made before that is said.
    InvalidSetting
        The namespace or the experiment is none to run in.
    """
    namespace = check_backend(client, connection).namespace
    experiment = find_or_create_experiment(client, namespace, submission.experiment)
    version = find_or_upload_spec(client, namespace, submission.spec)

    def list_same_named() -> dict[str, Any]:
        runs = list_all(client.list_runs, "runs", submission.name, experiment_id=experiment)
        return {run.run_id: run for run in runs}

    # A name may be given twice: only a run that was not there before is the one whose answer was lost.
    before = list_same_named()
    try:
        run, _ = find_or_create(
            client,
            lambda: next((run for key, run in list_same_named().items() if key not in before), None),
            lambda: client.run_pipeline(
                experiment,
                submission.name,
                params=dict(submission.parameters),
                pipeline_id=version.pipeline_id,
                version_id=version.version_id,
                service_account=submission.service_account,
            ),
        )
    except KubeflowError as error:
        raise KubeflowError(
            error.what, f"{error.remedy}\n{_describe_leftovers(submission, version.is_new)}"
        ) from None
    return SubmittedRun(run.run_id, connection.build_page_url(f"runs/details/{run.run_id}"), version.is_new)


def _describe_leftovers(submission: Submission, is_version_new: bool) -> str:
    version = f"The version {submission.spec.version}"
    return (
        f"{version} was uploaded; no run was seen to start."
        if is_version_new
        else "No run was seen to start."
    )
