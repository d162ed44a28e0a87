"""The inference log of the served model: what the problem says about its columns."""

import logging
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from components._inference_log.record import RecordBuilder
from components._inference_log.segments import SegmentWriter
from components._inference_log.writer import LogWriter
from components.serve.served_model import ServedModel, read_file
from components.serve.server_metrics import ServerMetrics
from components.serve.settings import Settings

_PROBLEM = "problem.json"

_log = logging.getLogger(__name__)


def build_record_builder(folder: Path, served: ServedModel) -> RecordBuilder:
    """Return what makes the log's records of a model's rows.

    Parameters
    ----------
    folder : Path
        The model's folder. Without a problem in it no identifiers are logged, and no columns are masked.
    served : ServedModel
        The model.

    Raises
    ------
    UnusableModel
        The problem cannot be read.
    """
    n_classes = len(served.labels)
    if not (folder / _PROBLEM).exists():
        _log.warning("The model has no %s: its log has no identifiers, and masks no column.", _PROBLEM)
        return RecordBuilder(served.row_reader, n_classes)
    # Only a server with a log needs its imports.
    from components._problem.spec import Problem

    problem = read_file(folder / _PROBLEM, Problem.load)
    return RecordBuilder.from_problem(served.row_reader, n_classes, problem)


def open_log(
    builder: RecordBuilder | None, settings: Settings, version: str, metrics: ServerMetrics, worker: int
) -> AbstractContextManager[LogWriter | None]:
    """Return the log of a server process as a context; without a builder there is none.

    Parameters
    ----------
    builder : RecordBuilder or None
        Makes the records.
    settings : Settings
        The log's folder and limits.
    version : str
        The name of the version's folder, which a monitoring finds by the hash of the model file.
    metrics : ServerMetrics
        Counts the rows.
    worker : int
        Number of the process.
    """
    if builder is None or settings.log_dir is None:
        return nullcontext()
    segments = SegmentWriter(
        settings.log_dir, version, worker, settings.workers, most_bytes=settings.log_bytes
    )
    return LogWriter(builder, segments, settings.log_rows_per_second, metrics.count_log)
