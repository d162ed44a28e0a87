"""A run that goes on: which one, and with which parameters."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting, suggestion
from pipelines.local.folder import RunFolder

# What may change without making it another sweep.
_CHANGEABLE = {
    "trials": "trials",
    "budget_minutes": "minutes",
    "workers": "workers",
    "max_models": "max-models",
    "max_latency_ms": "max-latency-ms",
    "experiment": "experiment",
}


def resumed(
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
        remedy = suggestion(name, known, "run") if known else "Run one: make run."
        raise InvalidSetting(f"There is no run {name!r} in {folder.path.parent}.", remedy) from None
    if record["status"] == "running" and _lives(record.get("process")):
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
    is_finished = record["status"] in ("succeeded", "rejected")
    more = any(given.get(key, 0) > known_parameters.get(key, 0) for key in ("trials", "budget_minutes"))
    if is_finished and not more:
        raise InvalidSetting(
            f"The run {name!r} has {record['status']}: nothing of it is left to do.",
            f"Give it more trials than {known_parameters['trials']}, or more minutes than "
            f"{known_parameters['budget_minutes']:g}.",
        )
    arguments = {key: value for key, value in known_parameters.items() if value is not None}
    return folder, {**arguments, **given}


def _lives(process: int | None) -> bool:
    """Return whether a process is there and one of this program's, as numbers are given out again."""
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    command = Path(f"/proc/{process}/cmdline")
    return not command.exists() or b"pipelines" in command.read_bytes()
