"""What the container of a task may see: the run's folder, and what its stage alone needs besides.

Five stages look outside the run: ingest reads the source, tune keeps the sweep's study, train tells MLflow of
the model, register has it registered there or takes one, and score puts predictions into a bucket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlparse

from components.register.model_version import find_local_package, is_folder
from pipelines.local.kfp_task import KfpTask

_URI = "MLFLOW_TRACKING_URI"
_TRACKED = ("train", "register")
_JOURNAL = "KFP_TABULAR_STUDY_JOURNAL"
_TOLD = frozenset(
    {
        "KFP_TABULAR_COMMIT",
        "KFP_TABULAR_EVENTS",
        _JOURNAL,
        "MLFLOW_DISABLE_TELEMETRY",
    }
)
# An image has its own programs and libraries there, and a folder mounted on top would hide them.
_OF_IMAGE = frozenset(
    Path("/", name)
    for name in ("", "bin", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "sbin", "sys", "usr", "var")
)
# Where a container writes what nobody else reads.
TEMPORARY = Path("/tmp")  # noqa: S108


@dataclass(frozen=True)
class Sandbox:
    """What one container may see.

    Parameters
    ----------
    network : str
        ``none``, or ``host``: this machine's, on which its own servers answer at localhost.
    mounts : mapping of Path to bool
        Files and folders of this machine, found in the container at their own paths, and whether the
        container may write to them.
    environment : mapping of str to str
        Its variables, besides those of the image.
    """

    network: Literal["none", "host"]
    mounts: Mapping[Path, bool]
    environment: Mapping[str, str]

    @classmethod
    def from_task(cls, task: KfpTask, run_folder: Path, environment: Mapping[str, str]) -> "Sandbox":
        """Return what a task may see.

        Parameters
        ----------
        task : Task
            The task.
        run_folder : Path
            The run's folder: artifacts and events.
        environment : mapping of str to str
            The variables of this process.
        """
        return cls(
            "host" if _needs_network(task, environment) else "none",
            {**_choose_mounts(task, environment), run_folder: True},
            _select_variables(task, environment),
        )


def find_tracking_database(environment: Mapping[str, str]) -> Path | None:
    """Return the file of MLflow's embedded database, None where MLflow keeps its runs elsewhere."""
    url = urlparse(environment.get(_URI, ""))
    return Path(url.path[1:]).resolve() if url.scheme == "sqlite" and url.path[1:] else None


def _needs_network(task: KfpTask, environment: Mapping[str, str]) -> bool:
    if task.stage == "ingest":
        return urlparse(task.parameters["source"]).scheme in ("http", "https", "s3")
    if task.stage == "score":
        return _uses_storage(task)
    if task.stage in _TRACKED:
        # A server of MLflow's, or of a database.
        return bool(urlparse(environment.get(_URI, "")).netloc)
    return False


def _choose_mounts(task: KfpTask, environment: Mapping[str, str]) -> dict[Path, bool]:
    if task.stage == "ingest":
        hidden = _OF_IMAGE | {TEMPORARY}
        return {path: False for path in _list_source_paths(task.parameters["source"]) if path not in hidden}
    if task.name == "tune" and (journal := environment.get(_JOURNAL)):
        return {Path(journal).parent: True}
    if task.stage in _TRACKED and is_folder(version := str(task.parameters.get("version", ""))):
        registration = Path(version)
        return {
            place: False for place in (registration, find_local_package(registration)) if place is not None
        }
    if task.stage in _TRACKED and (database := find_tracking_database(environment)):
        folder = database.parent
        return {folder: True} if folder.is_dir() and folder not in _OF_IMAGE else {}
    return {}


def _list_source_paths(source: str) -> list[Path]:
    if not source.startswith("/"):
        return []
    path = Path(source)
    # Where there is no such file, ingest looks for one whose name is near.
    return [place for place in (path, path.parent) if place.exists()][:1]


def _select_variables(task: KfpTask, environment: Mapping[str, str]) -> dict[str, str]:
    told = {name: value for name, value in environment.items() if name in _TOLD}
    service = _get_variable_prefix(task)
    if service is None:
        return told
    told |= {name: value for name, value in environment.items() if name.startswith(service)}
    if _URI in told and (database := find_tracking_database(environment)):
        # A relative path would begin at another folder there.
        query = urlparse(told[_URI]).query
        told[_URI] = f"sqlite:///{database}{f'?{query}' if query else ''}"
    return told


def _get_variable_prefix(task: KfpTask) -> str | None:
    """Return how the variables begin that name a task's service and hold the credentials for it."""
    if task.stage in _TRACKED:
        return "MLFLOW_"
    # Who reads a file has no use for the keys of a storage.
    return "AWS_" if _uses_storage(task) else None


def _uses_storage(task: KfpTask) -> bool:
    named = {"ingest": "source", "score": "output"}.get(task.stage)
    return named is not None and urlparse(task.parameters[named]).scheme == "s3"
