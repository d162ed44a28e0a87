"""Where things are: the one place that reads the environment.

What a run does is a parameter of its pipeline; where its services are comes from here: from a ConfigMap
and a Secret on a cluster, from embedded defaults on a laptop. Nothing is read when a module is imported.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """The services and folders that this process may use.

    Attributes
    ----------
    tracking_uri : str or None
        MLflow tracking server or database (``MLFLOW_TRACKING_URI``). None: nothing is tracked.
    study_journal : Path or None
        File that the workers of a sweep share (``KFP_TABULAR_STUDY_JOURNAL``). None: a worker keeps a
        study of its own and takes its share of the trials.
    events : Path or None
        File to which stages tell their progress (``KFP_TABULAR_EVENTS``). None: nobody is watching.
    commit : str or None
        Git commit of the code (``KFP_TABULAR_COMMIT``), written into a model's lineage.
    """

    tracking_uri: str | None
    study_journal: Path | None
    events: Path | None
    commit: str | None

    @classmethod
    def read(cls) -> "Environment":
        """Read the environment as it is now."""
        return cls(
            tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or None,
            study_journal=_path("KFP_TABULAR_STUDY_JOURNAL"),
            events=_path("KFP_TABULAR_EVENTS"),
            commit=os.environ.get("KFP_TABULAR_COMMIT") or None,
        )


def emit(event: str, **fields: object) -> None:
    """Tell whoever watches this run what just happened.

    Appends one line of JSON to ``Environment.events``; does nothing when nobody is watching. A line is
    written in one call, so that the processes of a sweep can share the file.
    """
    events = Environment.read().events
    if events is None:
        return
    line = json.dumps({"event": event, "time": time.time(), **fields}) + "\n"
    with events.open("a", encoding="utf-8") as file:
        file.write(line)


def cpu_count() -> int:
    """Return the number of processors this process may use, at least 1.

    A pod's limit is its cgroup's quota, which the affinity mask does not show
    (https://docs.kernel.org/admin-guide/cgroup-v2.html, ``cpu.max``).
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota_file = Path("/sys/fs/cgroup/cpu.max")
    if quota_file.exists():
        quota, period = quota_file.read_text(encoding="ascii").split()
        if quota != "max":
            available = min(available, max(1, int(quota) // int(period)))
    return available


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
