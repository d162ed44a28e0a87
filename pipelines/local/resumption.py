"""Resumes a run: finds its folder and its parameters."""

import math
import os
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting
from pipelines.local.run_folder import RunFolder, find_run

# Seconds: the times in a run's record are whole seconds.
_ROUNDING = 2.0
# Parameters that may change without making it another sweep, with their options.
_CHANGEABLE = {
    "trials": "trials",
    "budget_minutes": "minutes",
    "workers": "workers",
    "max_models": "max-models",
    "max_latency_ms": "max-latency-ms",
    "experiment": "experiment",
    "model_name": "model-name",
}


def prepare_resume(
    runs: Path, name: str, given: Mapping[str, Any], new_name: str | None
) -> tuple[RunFolder, dict[str, Any]]:
    """Return the folder and the parameters of a run to resume.

    The stages before the sweep run again, with the same result. The sweep keeps the trials that it has.

    Parameters
    ----------
    runs : Path
        Folder of all runs.
    name : str
        The run.
    given : mapping of str to JSON values
        Parameters that the command gives.
    new_name : str or None
        Name that the command gives.

    Raises
    ------
    InvalidSetting
        There is no such run; it still runs; it ended and gets no more trials or minutes; or the given
        parameters need a new run.
    """
    if new_name is not None:
        raise InvalidSetting("A resumed run keeps its name.", "Leave --name out.")
    folder = find_run(runs, name)
    record = folder.load_record()
    if record["status"] == "running" and is_alive(record.get("process"), record["started"]):
        raise InvalidSetting(
            f"The run {name!r} is still running, as process {record['process']}.",
            "Wait until it ends, or stop it first.",
        )
    parameters = record["parameters"]
    differences = [
        f"{key} {value!r}, not {parameters.get(key)!r}"
        for key, value in given.items()
        if key not in _CHANGEABLE and parameters.get(key) != value
    ]
    if differences:
        raise InvalidSetting(
            f"The run {name!r} cannot be resumed with {', '.join(differences)}.",
            f"Start a new run, or change only: {', '.join(_CHANGEABLE.values())}.",
        )
    ended = {"succeeded": "has succeeded", "rejected": "was rejected"}.get(record["status"])
    limits = {key: parameters[key] for key in ("trials", "budget_minutes") if parameters.get(key)}
    # 0 trials are as many as the time allows.
    wanted = {**given, "trials": given.get("trials", -1) or math.inf}
    if ended and not any(wanted.get(key, 0) > limit for key, limit in limits.items()):
        more = " or ".join(f"--{_CHANGEABLE[key]} above {limit:g}" for key, limit in limits.items())
        raise InvalidSetting(
            f"The run {name!r} {ended}, so it is complete.", f"To resume it, give it {more}."
        )
    arguments = {key: value for key, value in parameters.items() if value is not None}
    return folder, {**arguments, **given}


def is_alive(process: int | None, started: str) -> bool:
    """Return whether a run's process exists and did not get its number after the run."""
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    folder = Path(f"/proc/{process}")
    if not folder.exists():
        # Not every system has /proc.
        return True
    try:
        command = (folder / "cmdline").read_bytes()
        state = (folder / "stat").read_text(encoding="utf-8")
    except OSError:
        # It has ended meanwhile.
        return False
    if b"pipelines" not in command:
        return False
    # Process numbers in a container begin at 1, so that a later run easily gets the number of an earlier one.
    ticks = int(state.rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age < datetime.fromisoformat(started).timestamp() + _ROUNDING
