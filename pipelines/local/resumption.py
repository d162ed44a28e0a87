"""A run that goes on: which one, and with which parameters."""

import os
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting, suggest_name
from pipelines.local.run_folder import RunFolder

# Seconds: a run's record has whole ones.
_ROUNDING = 2.0
# What may change without making it another sweep.
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
    """Return the folder and the parameters of a run that is to go on.

    The stages before the sweep run again, to the same result; the sweep goes on with the trials it has.

    Parameters
    ----------
    runs : Path
        Folder of all runs.
    name : str
        The run.
    given : mapping of str to JSON values
        Parameters that were given with the command.
    new_name : str or None
        Name that was given for a new run.

    Raises
    ------
    InvalidSetting
        There is no such run, it runs still, it is finished and not asked for more, or what was given would
        make it another.
    """
    if new_name is not None:
        raise InvalidSetting("A run that goes on keeps its name.", "Leave --name out.")
    folder = RunFolder(runs.expanduser().absolute() / name)
    try:
        record = folder.load_record()
    except FileNotFoundError:
        known = sorted(path.parent.name for path in folder.path.parent.glob("*/run.json"))
        remedy = suggest_name(name, known, "run") if known else "Run one: make run."
        raise InvalidSetting(f"There is no run {name!r} in {folder.path.parent}.", remedy) from None
    if record["status"] == "running" and _is_alive(record.get("process"), record["started"]):
        raise InvalidSetting(
            f"The run {name!r} still runs, as process {record['process']}.",
            "Wait for its end, or stop it first.",
        )
    known_parameters = record["parameters"]
    differing = [
        f"{key} {value!r}, not {known_parameters.get(key)!r}"
        for key, value in given.items()
        if key not in _CHANGEABLE and known_parameters.get(key) != value
    ]
    if differing:
        raise InvalidSetting(
            f"The run {name!r} would be another with {', '.join(differing)}.",
            f"Begin a new run, or change only: {', '.join(_CHANGEABLE.values())}.",
        )
    ended = {"succeeded": "has succeeded", "rejected": "was rejected"}.get(record["status"])
    limits = {key: known_parameters[key] for key in ("trials", "budget_minutes") if key in known_parameters}
    if ended and not any(given.get(key, 0) > limit for key, limit in limits.items()):
        more = " or ".join(f"--{_CHANGEABLE[key]} above {limit:g}" for key, limit in limits.items())
        raise InvalidSetting(
            f"The run {name!r} {ended}: nothing of it is left to do.", f"To go on, give it {more}."
        )
    arguments = {key: value for key, value in known_parameters.items() if value is not None}
    return folder, {**arguments, **given}


def _is_alive(process: int | None, started: str) -> bool:
    """Return whether the process of a run is there, and not another that was given its number."""
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    place = Path(f"/proc/{process}")
    if not place.exists():
        # Not every system has it.
        return True
    if b"pipelines" not in (place / "cmdline").read_bytes():
        return False
    # In a container, whose numbers begin at 1, the next run easily has the number of the last.
    ticks = int((place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age < datetime.fromisoformat(started).timestamp() + _ROUNDING
