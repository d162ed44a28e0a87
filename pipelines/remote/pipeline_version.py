"""Uploads a version of a pipeline, and creates an experiment, unless the cluster has them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_server_api import V2beta1Experiment, V2beta1Pipeline, V2beta1PipelineVersionReference

from components.errors import InvalidSetting
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient, find_or_create, list_all
from pipelines.remote.spec import Spec


@dataclass(frozen=True)
class PipelineVersion:
    """A version of a pipeline on a cluster, by its ids; ``is_new``: it was uploaded now."""

    pipeline_id: str
    version_id: str
    is_new: bool

    def to_reference(self) -> V2beta1PipelineVersionReference:
        """Return the reference to it that runs have."""
        return V2beta1PipelineVersionReference(
            pipeline_id=self.pipeline_id, pipeline_version_id=self.version_id
        )


def find_or_upload_spec(client: KubeflowClient, namespace: str, spec: Spec) -> PipelineVersion:
    """Return the version of a pipeline with this content, uploaded if it is new.

    Parameters
    ----------
    client : KubeflowClient
        Searches and uploads.
    namespace : str
        Namespace of the pipeline; empty if there is one for all users.
    spec : Spec
        The compiled pipeline.

    Raises
    ------
    KubeflowError
        It cannot be uploaded. The message says what was created before.
    """
    pipeline, is_new = find_or_create(
        client,
        lambda: list_all(
            client.pipelines.pipeline_service_list_pipelines, "pipelines", spec.name, namespace=namespace
        ),
        # An upload would name a first version after the pipeline instead of its content. Backends before
        # 2.14 have only the display name; later ones use it as the name, too.
        lambda: client.pipelines.pipeline_service_create_pipeline(
            V2beta1Pipeline(display_name=spec.name, description=spec.description, namespace=namespace)
        ),
    )
    try:
        version, is_version_new = _find_or_upload_version(client, pipeline.pipeline_id, spec)
    except KubeflowError as error:
        if not is_new:
            raise
        raise KubeflowError(
            error.what,
            f"{error.remedy}\nThe pipeline {spec.name} was created without this version, and will be used.",
        ) from None
    return PipelineVersion(pipeline.pipeline_id, version.pipeline_version_id, is_version_new)


def find_or_create_experiment(client: KubeflowClient, namespace: str, name: str) -> str:
    """Return the id of an experiment with a name, created if there is none.

    Parameters
    ----------
    client : KubeflowClient
        Searches and creates.
    namespace : str
        Namespace of the experiment; empty if there is one for all users.
    name : str
        Name of the experiment.

    Raises
    ------
    KubeflowError
        It can neither be found nor created.
    InvalidSetting
        It is archived, so that no run can start in it.
    """
    experiment, _ = find_or_create(
        client,
        lambda: list_all(
            client.experiments.experiment_service_list_experiments, "experiments", name, namespace=namespace
        ),
        lambda: client.experiments.experiment_service_create_experiment(
            V2beta1Experiment(display_name=name, namespace=namespace)
        ),
    )
    if experiment.storage_state == "ARCHIVED":
        raise InvalidSetting(
            f"The experiment {name} is archived.", "Restore it in the dashboard, or give another name."
        )
    return str(experiment.experiment_id)


def _find_or_upload_version(client: KubeflowClient, pipeline_id: str, spec: Spec) -> tuple[Any, bool]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{spec.version}.yaml"
        spec.write(path)
        return find_or_create(
            client,
            lambda: list_all(
                client.pipelines.pipeline_service_list_pipeline_versions,
                "pipeline_versions",
                spec.version,
                pipeline_id=pipeline_id,
            ),
            lambda: client.uploads.upload_pipeline_version(
                str(path), name=spec.version, pipelineid=pipeline_id
            ),
        )
