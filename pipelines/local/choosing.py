"""Which version of a model scores on this machine."""

import json
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting
from pipelines.local.folder import RunFolder
from pipelines.local.serving import run_to_serve
from pipelines.models import open_registry


def version_to_score(runs: Path, model: str | None, version: str | None, run: str | None) -> dict[str, str]:
    """Return the parameters that name a version: that of a run, the one asked for, or the champion.

    Where there is no champion it is the version of the last run whose model passed its gates.

    Parameters
    ----------
    runs : Path
        Folder of all runs.
    model, version : str or None
        Registered model, and number or alias of its version.
    run : str or None
        A run of this machine.

    Raises
    ------
    InvalidSetting
        There is no such model, no such run, or the run's model is not in the registry.
    """
    if run is not None:
        if model is not None or version is not None:
            raise InvalidSetting("A run names its model and version itself.", "Leave the others out.")
        return _of_run(runs, run)
    if version is not None:
        return {"model_name": model or "", "version": version}
    with open_registry(runs, model) as registry:
        # The registry's module comes with MLflow, which takes seconds to import.
        from components._tracking.registry import CHAMPION

        if registry.called(CHAMPION) is not None:
            return {"model_name": registry.model, "version": CHAMPION}
    if model is not None:
        remedy = "Promote one (python -m pipelines models promote), or name a version."
        raise InvalidSetting(f"{model!r} has no champion.", remedy)
    return _of_run(runs, None)


def _of_run(runs: Path, name: str | None) -> dict[str, str]:
    run = run_to_serve(runs, name)
    folder = RunFolder(runs.expanduser().absolute() / run.name)
    found = folder.output("register", "registration")
    stored: dict[str, Any] = {"version": None}
    if found is not None:
        stored = json.loads((found / "registration.json").read_text(encoding="utf-8"))
    if stored["version"] is None:
        raise InvalidSetting(
            f"The model of the run {run.name!r} is not in the registry.",
            "Its gates stopped it, or it had no MLflow; name a version, or train again: make run.",
        )
    return {"model_name": stored["model"], "version": stored["version"]}
