"""The environment variables, which are read only here.

What a run does is a parameter of its pipeline. Where its services are is an environment variable: from a
ConfigMap and a Secret on a cluster, from embedded defaults on a laptop. Importing this module reads nothing.
"""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The services and folders that this process may use.

    Its text form has no credentials, so that no log shows them.

    Attributes
    ----------
    tracking_uri : str or None
        MLflow tracking server or database (``MLFLOW_TRACKING_URI``). None: nothing is tracked.
    tracking_username, tracking_password : str or None
        MLflow's user (``MLFLOW_TRACKING_USERNAME``, ``MLFLOW_TRACKING_PASSWORD``); MLflow reads them itself.
    tracking_token : str or None
        Bearer token for MLflow (``MLFLOW_TRACKING_TOKEN``), instead of user and password.
    tracking_workspace : str or None
        Workspace of a server that keeps several teams apart (``MLFLOW_WORKSPACE``); MLflow reads it itself.
    tracking_ui : str or None
        MLflow's pages, as people reach them (``MLFLOW_UI_ENDPOINT``). None: at the tracking server.
    artifacts_destination : str or None
        Where that server stores artifacts (``MLFLOW_ARTIFACTS_DESTINATION``), such as ``s3://mlflow``.
    model_hub : str or None
        Kubeflow Hub's model registry, which gets a copy of each version (``MODEL_REGISTRY_URL``).
    s3_endpoint : str or None
        Address of the object storage (``AWS_ENDPOINT_URL``), such as ``http://minio.kfp-tabular:9000``.
        None: Amazon's.
    s3_region : str or None
        Region of its buckets (``AWS_REGION``).
    s3_access_key, s3_secret_key : str or None
        Keys for it (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``). None: the role of the pod or machine.
    s3_session_token : str or None
        Token of keys that expire (``AWS_SESSION_TOKEN``). None: the keys do not expire.
    database_password : str or None
        Password for a source in PostgreSQL (``PGPASSWORD``). None: libpq finds it, in its password file.
    study_url : str or None
        Database that the workers of a sweep share (``KFP_TABULAR_STUDY_URL``), with user and password.
    study_journal : Path or None
        File that they share instead (``KFP_TABULAR_STUDY_JOURNAL``). Without both, each worker has its own
        study and runs its share of the trials.
    dask_scheduler : str or None
        Address of a running scheduler of Dask (``DASK_SCHEDULER_ADDRESS``), such as ``tcp://host:8786``, or
        ``kubernetes`` for workers that the Dask operator starts for each task. None: there is none.
    dask_most_workers : int or None
        Most worker pods that the operator starts for a task (``DASK_MOST_WORKERS``). None: a few.
    dask_artifacts_endpoint : str or None
        Address of the object storage in which Kubeflow keeps artifacts, for these workers
        (``DASK_ARTIFACTS_ENDPOINT_URL``). None: Amazon's.
    dask_artifacts_secret : str or None
        Kubernetes' Secret with the keys for it, ``accesskey`` and ``secretkey`` (``DASK_ARTIFACTS_SECRET``).
        None: the role of the pods.
    webhook : str or None
        Address that is notified of runs that do not succeed (``KFP_TABULAR_WEBHOOK``).
    pipelines_endpoint : str or None
        API of Kubeflow Pipelines, as pods reach it (``KF_PIPELINES_ENDPOINT``).
    dashboard : str or None
        Dashboard of Kubeflow Pipelines, as people reach it (``KF_PIPELINES_UI_ENDPOINT``).
    events : Path or None
        File to which stages write their progress (``KFP_TABULAR_EVENTS``). None: nobody watches.
    started : float or None
        When a run on this machine began, in seconds since 1970 (``KFP_TABULAR_STARTED``).
    run_name : str or None
        Name of a run on this machine (``KFP_TABULAR_RUN``), which its run in MLflow gets, too.
    serve_image : str or None
        Image that serves models (``KFP_TABULAR_SERVE_IMAGE``), with the library versions of this code.
    commit : str or None
        Git commit of the code (``KFP_TABULAR_COMMIT``), written into a model's lineage.
    repeated_sweep : Path or None
        Record of a sweep whose trials are run again instead of a search (``KFP_TABULAR_REPEATED_SWEEP``).
    pod, pod_uid : str or None
        The pod of this task, which KFP names (``KFP_POD_NAME``, ``KFP_POD_UID``). None: not on a cluster.
    """

    tracking_uri: str | None = None
    tracking_username: str | None = None
    tracking_password: str | None = field(default=None, repr=False)
    tracking_token: str | None = field(default=None, repr=False)
    tracking_workspace: str | None = None
    tracking_ui: str | None = None
    artifacts_destination: str | None = None
    model_hub: str | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_access_key: str | None = field(default=None, repr=False)
    s3_secret_key: str | None = field(default=None, repr=False)
    s3_session_token: str | None = field(default=None, repr=False)
    database_password: str | None = field(default=None, repr=False)
    study_url: str | None = field(default=None, repr=False)
    study_journal: Path | None = None
    dask_scheduler: str | None = None
    dask_most_workers: int | None = None
    dask_artifacts_endpoint: str | None = None
    dask_artifacts_secret: str | None = None
    # Anyone who knows the address can write to the chat behind it.
    webhook: str | None = field(default=None, repr=False)
    pipelines_endpoint: str | None = None
    dashboard: str | None = None
    events: Path | None = None
    started: float | None = None
    run_name: str | None = None
    serve_image: str | None = None
    commit: str | None = None
    repeated_sweep: Path | None = None
    pod: str | None = None
    pod_uid: str | None = None

    @classmethod
    def read(cls) -> "Environment":
        """Read the environment as it is now; an empty variable counts as not set."""
        return cls(
            tracking_uri=_read_text("MLFLOW_TRACKING_URI"),
            tracking_username=_read_text("MLFLOW_TRACKING_USERNAME"),
            tracking_password=_read_text("MLFLOW_TRACKING_PASSWORD"),
            tracking_token=_read_text("MLFLOW_TRACKING_TOKEN"),
            tracking_workspace=_read_text("MLFLOW_WORKSPACE"),
            tracking_ui=_read_text("MLFLOW_UI_ENDPOINT"),
            artifacts_destination=_read_text("MLFLOW_ARTIFACTS_DESTINATION"),
            model_hub=_read_text("MODEL_REGISTRY_URL"),
            s3_endpoint=_read_text("AWS_ENDPOINT_URL"),
            s3_region=_read_text("AWS_REGION"),
            s3_access_key=_read_text("AWS_ACCESS_KEY_ID"),
            s3_secret_key=_read_text("AWS_SECRET_ACCESS_KEY"),
            s3_session_token=_read_text("AWS_SESSION_TOKEN"),
            database_password=_read_text("PGPASSWORD"),
            study_url=_read_text("KFP_TABULAR_STUDY_URL"),
            study_journal=_read_path("KFP_TABULAR_STUDY_JOURNAL"),
            dask_scheduler=_read_text("DASK_SCHEDULER_ADDRESS"),
            dask_most_workers=_read_count("DASK_MOST_WORKERS"),
            dask_artifacts_endpoint=_read_text("DASK_ARTIFACTS_ENDPOINT_URL"),
            dask_artifacts_secret=_read_text("DASK_ARTIFACTS_SECRET"),
            webhook=_read_text("KFP_TABULAR_WEBHOOK"),
            pipelines_endpoint=_read_text("KF_PIPELINES_ENDPOINT"),
            dashboard=_read_text("KF_PIPELINES_UI_ENDPOINT"),
            events=_read_path("KFP_TABULAR_EVENTS"),
            started=_read_number("KFP_TABULAR_STARTED"),
            run_name=_read_text("KFP_TABULAR_RUN"),
            serve_image=_read_text("KFP_TABULAR_SERVE_IMAGE"),
            commit=_read_text("KFP_TABULAR_COMMIT"),
            repeated_sweep=_read_path("KFP_TABULAR_REPEATED_SWEEP"),
            pod=_read_text("KFP_POD_NAME"),
            pod_uid=_read_text("KFP_POD_UID"),
        )

    def list_credentials(self) -> list[str]:
        """Return all texts that nobody may see: the values that its own text form leaves out."""
        hidden_parts = [part.name for part in fields(self) if not part.repr]
        values = [getattr(self, name) for name in hidden_parts]
        hidden = [value for value in values if value]
        try:
            password = urlsplit(self.study_url or "").password
        except ValueError:
            password = None
        return [*hidden, password] if password else hidden


def _read_text(variable: str) -> str | None:
    # A value from a Secret often ends with the line break of the file it comes from.
    return os.environ.get(variable, "").strip() or None


def _read_number(variable: str) -> float | None:
    value = _read_text(variable)
    return float(value) if value else None


def _read_count(variable: str) -> int | None:
    value = _read_text(variable)
    return int(value) if value else None


def _read_path(variable: str) -> Path | None:
    value = _read_text(variable)
    return Path(value) if value else None
