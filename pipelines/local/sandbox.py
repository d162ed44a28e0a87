"""What the container of a task can access: the run's folder, and what only its stage needs.

Six stages need more than the run's folder: ingest reads the source, tune stores the sweep's study, train logs
the model to MLflow, register registers or fetches it there, score writes predictions to a bucket, and monitor
reads a log and adds its report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlparse

from components.machine import NUMERICAL_PREFIXES
from components.register.model_version import find_local_package, is_folder
from pipelines.local.kfp_task import KfpTask

_URI = "MLFLOW_TRACKING_URI"
_TRACKING_STAGES = ("train", "register")
# The plan of a sweep that goes on keeps the study's folds.
_STUDY_TASKS = ("tune-plan", "tune")
_JOURNAL = "KFP_TABULAR_STUDY_JOURNAL"
_COMMON_VARIABLES = (
    "KFP_TABULAR_COMMIT",
    "KFP_TABULAR_EVENTS",
    "KFP_TABULAR_STARTED",
    "KFP_TABULAR_RUN",
    _JOURNAL,
    "MLFLOW_DISABLE_TELEMETRY",
)
# The image's own programs and libraries are here; a mounted folder would hide them.
_IMAGE_FOLDERS = frozenset(
    Path("/", name)
    for name in ("", "bin", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "sbin", "sys", "usr", "var")
)
_DATABASES = ("postgresql", "postgres")
_REMOTE = ("http", "https", "s3", *_DATABASES)
TEMPORARY = Path("/tmp")  # noqa: S108


@dataclass(frozen=True)
class Sandbox:
    """What one container can access.

    Parameters
    ----------
    network : str
        ``none``, or ``host``: the network of this machine, where its own servers answer at localhost.
    mounts : mapping of Path to bool
        Files and folders of this machine, mounted at the same paths, and whether they are writable.
    environment : mapping of str to str
        Variables, in addition to those of the image.
    """

    network: Literal["none", "host"]
    mounts: Mapping[Path, bool]
    environment: Mapping[str, str]

    @classmethod
    def from_task(cls, task: KfpTask, run_folder: Path, environment: Mapping[str, str]) -> "Sandbox":
        """Return what a task can access, given the run's folder and this process's environment."""
        return cls(
            "host" if _needs_network(task, environment) else "none",
            {**_choose_mounts(task, environment), run_folder: True},
            _select_variables(task, environment),
        )


def find_tracking_database(environment: Mapping[str, str]) -> Path | None:
    """Return the file of MLflow's embedded database; None if MLflow stores its runs elsewhere."""
    url = urlparse(environment.get(_URI, ""))
    return Path(url.path[1:]).resolve() if url.scheme == "sqlite" and url.path[1:] else None


def _needs_network(task: KfpTask, environment: Mapping[str, str]) -> bool:
    if task.stage == "ingest":
        return any(urlparse(source).scheme in _REMOTE for source in _list_sources(task))
    if task.stage in ("score", "monitor"):
        return _uses_storage(task)
    # The URI of a server, of MLflow or a database, has a network location.
    return task.stage in _TRACKING_STAGES and bool(urlparse(environment.get(_URI, "")).netloc)


def _choose_mounts(task: KfpTask, environment: Mapping[str, str]) -> dict[Path, bool]:
    if task.stage == "ingest":
        paths = {path for source in _list_sources(task) if (path := _find_source_path(source))}
        return dict.fromkeys(paths - _IMAGE_FOLDERS - {TEMPORARY}, False)
    if task.stage == "monitor":
        folder = _find_source_path(str(task.parameters.get("folder", "")))
        return {folder: True} if folder is not None and folder not in _IMAGE_FOLDERS else {}
    if task.name in _STUDY_TASKS and (journal := environment.get(_JOURNAL)):
        return {Path(journal).parent: True}
    if task.stage not in _TRACKING_STAGES:
        return {}
    if is_folder(version := str(task.parameters.get("version", ""))):
        registration = Path(version)
        return {path: False for path in (registration, find_local_package(registration)) if path is not None}
    if database := find_tracking_database(environment):
        folder = database.parent
        return {folder: True} if folder.is_dir() and folder not in _IMAGE_FOLDERS else {}
    return {}


def _find_source_path(source: str) -> Path | None:
    path = Path(source)
    # In the parent folder of a missing file, ingest looks for similar names.
    paths = (path, path.parent) if source.startswith("/") else ()
    return next((path for path in paths if path.exists()), None)


def _select_variables(task: KfpTask, environment: Mapping[str, str]) -> dict[str, str]:
    prefix = _get_variable_prefix(task)
    prefixes = (*NUMERICAL_PREFIXES, *filter(None, [prefix]))
    variables = {
        name: value
        for name, value in environment.items()
        if name in _COMMON_VARIABLES or name.startswith(prefixes)
    }
    if prefix and _URI in variables and (database := find_tracking_database(environment)):
        # A relative path would start at another folder in the container.
        query = urlparse(variables[_URI]).query
        variables[_URI] = f"sqlite:///{database}{f'?{query}' if query else ''}"
    return variables


def _get_variable_prefix(task: KfpTask) -> str | None:
    """Return the prefix of the variables with the address of a task's service and its credentials."""
    if task.stage in _TRACKING_STAGES:
        return "MLFLOW_"
    # A task that reads a file does not need the keys of a storage.
    if task.stage == "ingest" and any(
        urlparse(source).scheme in _DATABASES for source in _list_sources(task)
    ):
        return "PG"
    return "AWS_" if _uses_storage(task) else None


def _uses_storage(task: KfpTask) -> bool:
    places = {
        "ingest": _list_sources(task),
        "score": [task.parameters.get("output", "")],
        "monitor": [task.parameters.get("folder", "")],
    }
    return any(urlparse(place).scheme == "s3" for place in places.get(task.stage, []))


def _list_sources(task: KfpTask) -> list[str]:
    """Return the tables that a task of ingest reads."""
    return [source for name in ("source", "test") if (source := task.parameters.get(name))]
