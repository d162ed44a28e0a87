"""A model version, from the registry or from a run on this machine."""

import shutil
from pathlib import Path
from urllib.parse import unquote, urlparse

from components._problem.registration import RegisteredModel
from components.errors import InvalidSetting


def fetch(*, model_name: str, version: str, model: str, registration: str) -> None:
    """Copy a version's package, and write its registration.

    Parameters
    ----------
    model_name : str
        Name in the registry; empty if the registry has only one model.
    version : str
        Number of the version, an alias, or the absolute path of a registration.
    model, registration : str
        Folders to create.

    Raises
    ------
    InvalidSetting
        The registry, the model or the version does not exist, or the version has no package.
    TrackingError
        MLflow did not answer, or refused.
    """
    if is_folder(version):
        _copy(Path(version), model, registration)
        return
    # MLflow takes seconds to import, and a run on this machine does not need it.
    from components.register.download import download

    download(model_name=model_name, version=version, model=model, registration=registration)


def is_folder(version: str) -> bool:
    """Return whether a version is the path of a registration; numbers and aliases have no slash."""
    return version.startswith("/")


def find_local_package(registration: Path) -> Path | None:
    """Return the folder of a registered version's files; None if they are not on this machine.

    Parameters
    ----------
    registration : Path
        The folder that register wrote.
    """
    registered = RegisteredModel.find(registration)
    address = urlparse("" if registered is None else registered.package or "")
    package = Path(unquote(address.path))
    return package if address.scheme == "file" and package.is_dir() else None


def _copy(folder: Path, model: str, registration: str) -> None:
    package = find_local_package(folder)
    if package is None:
        raise InvalidSetting(
            f"The registration in {folder} does not name a model on this machine.",
            "Name the version by its number, or by an alias such as champion.",
        )
    shutil.copytree(package, model)
    shutil.copytree(folder, registration)
