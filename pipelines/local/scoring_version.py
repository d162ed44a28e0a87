"""Which version of a model scores on this machine."""

import json
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting
from components.register.model_version import find_local_package
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RunFolder


def choose_scoring_version(
    runs: Path, model: str | None, version: str | None, run: str | None
) -> dict[str, str]:
    """Return the parameters that name a version: that of a run, the one asked for, or the champion.

    Where there is no champion it is the version of the last run whose model passed its gates. A version that
    a run of this machine made is named by its registration's folder, which is read without MLflow.

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
        return _read_run_version(runs, run)
    if version is not None:
        return {"model_name": model or "", "version": version}
    with open_registry(runs, model) as registry:
        # The registry's module comes with MLflow, which takes seconds to import.
        from components._tracking.registry import CHAMPION, PACKAGE

        champion = registry.find_by_alias(CHAMPION)
        if champion is not None:
            package = f"{registry.get_download_uri(champion)}/{PACKAGE}"
            found = _find_registration(runs, champion.model, champion.number, package)
            return {"model_name": registry.model, "version": str(found or CHAMPION)}
    if model is not None:
        remedy = "Promote one (python -m pipelines models promote), or name a version."
        raise InvalidSetting(f"{model!r} has no champion.", remedy)
    return _read_run_version(runs, None)


def _read_run_version(runs: Path, name: str | None) -> dict[str, str]:
    run = choose_run_to_serve(runs, name)
    found = RunFolder(_to_absolute(runs) / run.name).find_output("register", "registration")
    stored = _read_registration(found)
    if found is None or stored["version"] is None:
        raise InvalidSetting(
            f"The model of the run {run.name!r} is not in the registry.",
            "Its gates stopped it, or it had no MLflow; name a version, or train again: make run.",
        )
    is_here = find_local_package(found) is not None
    return {"model_name": stored["model"], "version": str(found) if is_here else stored["version"]}


def _find_registration(runs: Path, model: str, version: str, package: str) -> Path | None:
    """Return the registration of a version that a run of this machine made and that still has its files."""
    wanted = {"model": model, "version": version, "package": package}
    for path in sorted(_to_absolute(runs).glob("*/run.json")):
        found = RunFolder(path.parent).find_output("register", "registration")
        stored = _read_registration(found)
        if found is not None and wanted.items() <= stored.items() and find_local_package(found):
            return found
    return None


def _read_registration(registration: Path | None) -> dict[str, Any]:
    file = None if registration is None else registration / "registration.json"
    if file is None or not file.exists():
        return {"version": None}
    stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return stored


def _to_absolute(runs: Path) -> Path:
    return runs.expanduser().absolute()
