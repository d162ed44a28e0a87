"""The monitoring reports ``<folder>/<model>/reports/<UTC time>.json``, here or in object storage."""

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from components._problem.duration import parse_duration
from components._problem.monitoring import Monitoring
from components._store.address import Address
from components._store.store import Store
from components.environment import Environment
from components.monitor.record import MonitoringReport

_FOLDER = "reports"
_ENDING = ".json"
_NAME = f"%Y%m%dT%H%M%S{_ENDING}"
_S3 = f"{Address.SCHEME}://"


class ReportFolder(Protocol):
    """Where the reports of all models are."""

    def list_models(self) -> list[str]:
        """Return the names of the models' folders.

        Raises
        ------
        OSError or SuiteError
            The folder cannot be read.
        """

    def list_reports(self, model: str) -> list[str]:
        """Return the names of a model's reports, the newest first; raises as ``list_models``."""

    def load(self, model: str, name: str) -> MonitoringReport:
        """Return a report; raises as ``list_models``, and as ``MonitoringReport.load``."""

    def store(self, model: str, record: Path, made: datetime) -> None:
        """Add a report, whole or not at all; raises as ``list_models``."""


def open_folder(place: str, environment: Environment) -> ReportFolder:
    """Return the folder at a place. Nothing is read yet.

    Parameters
    ----------
    place : str
        A path, or ``s3://bucket/folder``.
    environment : Environment
        The object storage and its keys.

    Raises
    ------
    InvalidSource or InvalidSetting
        The address is wrong, or a variable of the environment is.
    """
    if place.startswith(_S3):
        return _StoredFolder(Store(environment, waits=()), Address.parse(place.rstrip("/")))
    return _LocalFolder(Path(place))


class _LocalFolder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def list_models(self) -> list[str]:
        return sorted(entry.name for entry in self._path.iterdir() if (entry / _FOLDER).is_dir())

    def list_reports(self, model: str) -> list[str]:
        place = self._path / model / _FOLDER
        return _sort_reports([entry.name for entry in place.iterdir()] if place.is_dir() else [])

    def load(self, model: str, name: str) -> MonitoringReport:
        return MonitoringReport.load(self._path / model / _FOLDER / name)

    def store(self, model: str, record: Path, made: datetime) -> None:
        place = self._path / model / _FOLDER / _name_report(made)
        place.parent.mkdir(parents=True, exist_ok=True)
        # A reader must not see a half of it.
        partial = place.with_suffix(".partial")
        shutil.copyfile(record, partial)
        partial.rename(place)


class _StoredFolder:
    def __init__(self, store: Store, address: Address) -> None:
        self._store, self._address = store, address

    def list_models(self) -> list[str]:
        names = self._store.list_folder(self._address)
        return [name.removesuffix("/") for name in names if name.endswith("/")]

    def list_reports(self, model: str) -> list[str]:
        return _sort_reports(self._store.list_folder(self._find(model)))

    def load(self, model: str, name: str) -> MonitoringReport:
        with tempfile.NamedTemporaryFile() as copy:
            self._store.fetch(self._find(model, name), Path(copy.name))
            return MonitoringReport.load(copy.name)

    def store(self, model: str, record: Path, made: datetime) -> None:
        self._store.put(record, self._find(model, _name_report(made)))

    def _find(self, model: str, *names: str) -> Address:
        return Address(self._address.bucket, "/".join((self._address.key, model, _FOLDER, *names)))


def find_last_retraining(folder: ReportFolder, model: str, policy: Monitoring) -> datetime | None:
    """Return when retraining was decided last, within the cooldown before the newest report, in UTC."""
    moments = [(moment, name) for name in folder.list_reports(model) if (moment := _read_moment(name))]
    if not moments:
        return None
    earliest = moments[0][0] - timedelta(seconds=parse_duration(policy.cooldown))
    for moment, name in moments:
        if moment >= earliest and folder.load(model, name).decision.action == "retrain":
            return moment
    return None


def _read_moment(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, _NAME)
    except ValueError:
        return None


def _name_report(made: datetime) -> str:
    return f"{made:{_NAME}}"


def _sort_reports(names: list[str]) -> list[str]:
    # The name is the time at which the report was made.
    return sorted((name for name in names if name.endswith(_ENDING)), reverse=True)
