"""Chooses the version of a model that scores on this machine."""

from pathlib import Path

from components.errors import InvalidSetting
from components.register.model_version import find_local_package
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import find_run, list_runs


def choose_scoring_version(
    runs: Path, model: str | None, version: str | None, run: str | None
) -> dict[str, str]:
    """Return the parameters that name a version: that of ``run``, else ``version``, else the champion.

    Without a champion it is the version of the last run whose model passed its gates. A version made by a run
    on this machine is named by the folder of its registration, which can be read without MLflow.

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
            raise InvalidSetting(
                "A run already determines the model and its version.",
                "Give either the run, or the model and its version.",
            )
        return _read_run_version(runs, run)
    if version is not None:
        return {"model_name": model or "", "version": version}
    with open_registry(runs, model) as registry:
        # It imports MLflow, which takes seconds.
        from components._tracking.registry import CHAMPION, PACKAGE

        champion = registry.find_by_alias(CHAMPION)
        if champion is not None:
            package = f"{registry.get_download_uri(champion)}/{PACKAGE}"
            registration = _find_registration(runs, champion.model, champion.number, package)
            return {"model_name": registry.model, "version": str(registration or CHAMPION)}
    if model is not None:
        remedy = "Promote a version (python -m pipelines models promote), or give one."
        raise InvalidSetting(f"{model!r} has no champion.", remedy)
    return _read_run_version(runs, None)


def _read_run_version(runs: Path, name: str | None) -> dict[str, str]:
    folder = find_run(runs, choose_run_to_serve(runs, name).name)
    registration = folder.find_output("register", "registration")
    registered = folder.read_registration("register")
    if registration is None or registered is None or registered.version is None:
        raise InvalidSetting(
            f"The model of the run {folder.name!r} is not in the registry.",
            "Its gates stopped it, or it ran without MLflow. Give a version, or train again: make run.",
        )
    is_here = find_local_package(registration) is not None
    return {"model_name": registered.model, "version": str(registration) if is_here else registered.version}


def _find_registration(runs: Path, model: str, version: str, package: str) -> Path | None:
    """Return the registration of a version if a run on this machine made it and still has its files."""
    for folder in list_runs(runs).values():
        registration = folder.find_output("register", "registration")
        registered = folder.read_registration("register")
        if registration is None or registered is None or not find_local_package(registration):
            continue
        if (registered.model, registered.version, registered.package) == (model, version, package):
            return registration
    return None
