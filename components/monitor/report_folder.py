"""The monitoring reports ``<model>/reports/<UTC time>.json`` in the folder of all models."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from components._problem.duration import parse_duration
from components._problem.monitoring import Monitoring
from components._store.folder import Folder
from components.monitor.record import MonitoringReport

_REPORTS = "reports"
_ENDING = ".json"
_NAME = f"%Y%m%dT%H%M%S{_ENDING}"


class ReportFolder:
    """Where the reports of all models are.

    Parameters
    ----------
    folder : Folder
        The folder of all models.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def list_models(self) -> list[str]:
        """Return the names of the models' folders.

        Raises
        ------
        OSError or SuiteError
            The folder cannot be read.
        """
        return [name.rstrip("/") for name in self._folder.list_names() if name.endswith("/")]

    def list_reports(self, model: str) -> list[str]:
        """Return the names of a model's reports, the newest first; raises as ``list_models``."""
        names = self._folder.list_names(model, _REPORTS)
        # The name is the time at which the report was made.
        return sorted((name for name in names if name.endswith(_ENDING)), reverse=True)

    def load(self, model: str, name: str) -> MonitoringReport:
        """Return a report; raises as ``list_models``, and as ``MonitoringReport.load``."""
        with TemporaryDirectory() as scratch:
            return MonitoringReport.load(self._folder.fetch(Path(scratch), model, _REPORTS, name))

    def store(self, model: str, record: Path, made: datetime) -> None:
        """Add a report, whole or not at all; raises as ``list_models``."""
        self._folder.store(record, model, _REPORTS, f"{made:{_NAME}}")


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
