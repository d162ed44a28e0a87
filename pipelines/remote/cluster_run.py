"""A run on a cluster, as Kubeflow's API tells what it ran: code, parameters and data."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from components._store.address import Address
from components.environment import Environment
from components.errors import InvalidSetting
from components.ingest.sources.catalogue import find_source
from components.ingest.sources.database_address import SCHEMES
from components.ingest.sources.kind import find_kind
from components.ingest.sources.lakehouse_address import LakehouseAddress
from pipelines.image_names import PREFIX, ImageNames
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.spec import Spec

# The dashboard's page of a run; some dashboards have the namespace before the fragment.
_LINK = re.compile(r"(?P<host>https?://[^#?]+?)/?(\?[^#]*)?#/runs/details/(?P<id>[\w-]+)(\?.*)?")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TRAIN = f"/{PREFIX}train"
# They are of the cluster, of its registry, or of the studies in its database.
_OF_THE_CLUSTER = ("deploy", "study", "warm_start", "must_beat", "log_sink")


class RunLink(NamedTuple):
    """A run on a cluster, and the address of the cluster; None if the environment has to say it."""

    host: str | None
    run_id: str

    @classmethod
    def parse(cls, text: str) -> "RunLink":
        """Read the link of a run's page in the dashboard, or a run's id.

        Raises
        ------
        InvalidSetting
            It is neither.
        """
        found = _LINK.fullmatch(text)
        if found is not None:
            return cls(found["host"], found["id"])
        if _ID.fullmatch(text):
            return cls(None, text)
        raise InvalidSetting(
            f"{text!r} is neither the link of a run nor its id.",
            "Copy the address of the run's page in the dashboard: http://host/#/runs/details/ID.",
        )


class ClusterRun(NamedTuple):
    """What a run on a cluster ran.

    Attributes
    ----------
    name : str
        Its name.
    state : str
        Its state, such as SUCCEEDED.
    revision : str
        The commit of its images, as their tag or the record of their push names it.
    parameters : dict
        The parameters of the pipeline that are not its defaults.
    created : datetime or None
        When it was started.
    """

    name: str
    state: str
    revision: str
    parameters: dict[str, Any]
    created: datetime | None


def read_cluster_run(client: KubeflowClient, run_id: str) -> ClusterRun:
    """Ask the API what a run ran.

    Raises
    ------
    KubeflowError
        The API does not answer, or has no such run or none of its pipeline.
    InvalidSetting
        It is not a training, or the commit of its images is not known here.
    """
    run = client.runs.run_service_get_run(run_id)
    spec = _read_spec(client, run)
    if spec.name != "training":
        raise InvalidSetting(
            f"The run {run.display_name} is of the pipeline {spec.name}, and only a training can run again.",
            "Give the link of the training.",
        )
    defaults = {name: parameter.default for name, parameter in spec.parameters.items()}
    given = (run.runtime_config.parameters if run.runtime_config is not None else None) or {}
    # The code of the run's commit has the same defaults.
    chosen = {name: value for name, value in given.items() if value not in (None, defaults.get(name))}
    if "budget_minutes" in chosen:
        # On the command line, minutes without trials mean as many trials as the time allows.
        chosen.setdefault("trials", defaults["trials"])
    return ClusterRun(
        str(run.display_name), str(run.state), _find_revision(run.display_name, spec), chosen, run.created_at
    )


def build_local_parameters(run: ClusterRun, environment: Environment) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters of the same training on this machine, and what is different, as sentences.

    Raises
    ------
    StorageError
        The versions of the source cannot be listed.
    """
    parameters = {name: value for name, value in run.parameters.items() if name not in _OF_THE_CLUSTER}
    left_out = [name for name in _OF_THE_CLUSTER if run.parameters.get(name)]
    notes = [f"{name} is left out: it is of the cluster." for name in left_out]
    if not parameters.get("trials", 1):
        notes.append("Time ended its sweep, so that this run tries other trials than it did.")
    for name in ("source", "test"):
        text = str(parameters.get(name, ""))
        kind = find_kind(text)
        if kind in SCHEMES:
            notes.append(f"{name} is read as it is now: a database keeps no earlier rows.")
        is_delta = kind == "delta" and LakehouseAddress.parse(text).keeps_moments
        if not (is_delta or kind == Address.SCHEME) or run.created is None:
            continue
        if is_delta or text.endswith("/"):
            moment = run.created.isoformat()
            parameters[name] = find_source(text).pin(moment)
            notes.append(f"{name} is read as it was when the run began, at {moment}.")
            continue
        if "?" in text:
            # It names its version or moment.
            continue
        address = Address.parse(text)
        from components._store.store import Store

        version = Store(environment).find_version_at(address, run.created)
        if version is None:
            notes.append(f"{name} is read as it is now: its bucket keeps no version from {run.created}.")
        else:
            parameters[name] = str(Address(address.bucket, address.key, version))
            notes.append(f"{name} is read in version {version}, its newest when the run began.")
    return parameters, notes


def _read_spec(client: KubeflowClient, run: Any) -> Spec:
    content = run.pipeline_spec
    if not content and run.pipeline_version_reference is not None:
        reference = run.pipeline_version_reference
        version = client.pipelines.pipeline_service_get_pipeline_version(
            reference.pipeline_id, reference.pipeline_version_id
        )
        content = version.pipeline_spec
    if not content:
        raise KubeflowError(
            f"The API does not show the pipeline of the run {run.display_name}.",
            "It may have been deleted; without it neither code nor defaults are known.",
        )
    return Spec((content.get("pipeline_spec", content),))


def _find_revision(name: str, spec: Spec) -> str:
    """Return the commit of the image that trains."""
    image = next((image for image in spec.images if _TRAIN in f"/{image}"), None)
    if image is None:
        raise InvalidSetting(
            f"The run {name} has no image {PREFIX}train, so the commit of its code is not known.",
            "Give the link of a training of kfp-tabular.",
        )
    place, at, digest = image.partition("@")
    if at:
        revision = ImageNames.find_pushed_revision("train", digest)
        if revision is None:
            raise InvalidSetting(
                f"The run {name} names its images by digest, and dist/images.json here has others.",
                "Put the file of that release there: it is one of its assets.",
            )
    else:
        # A registry may have a port.
        revision = place.rpartition("/")[2].partition(":")[2]
    if revision.endswith("-dirty"):
        raise InvalidSetting(
            f"The images of the run {name} were built from files that differ from their commit, {revision}.",
            "Such code is in no commit, and cannot be had again.",
        )
    return revision
