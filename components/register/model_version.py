"""A model's version: out of the registry, or out of a run of this machine."""

import shutil
from pathlib import Path
from urllib.parse import unquote, urlparse

from components._problem.registration import RegisteredModel
from components.errors import InvalidSetting


def fetch(*, model_name: str, version: str, model: str, registration: str) -> None:
    """Copy a version's package, and write which it is.

    Parameters
    ----------
    model_name : str
        Name in the registry; empty for the only one there is.
    version : str
        Number of the version, an alias, or the folder of a registration, absolute.
    model, registration : str
        Folders to make.

    Raises
    ------
    InvalidSetting
        There is no registry, no such model, no such version, or no package in it.
    TrackingFailed
        MLflow did not answer, or refused.
    """
    if is_folder(version):
        _copy(Path(version), model, registration)
        return
    # MLflow takes seconds to import, and a run of this machine does without it.
    from components.register.download import download

    download(model_name=model_name, version=version, model=model, registration=registration)


def is_folder(version: str) -> bool:
    """Return whether a version is named by its registration's folder: no number or alias has a slash."""
    return version.startswith("/")


def find_local_package(registration: Path) -> Path | None:
    """Return the folder of a registered version's files; None where they are not on this machine.

    Parameters
    ----------
    registration : Path
        Folder that register wrote.
    """
    registered = RegisteredModel.find(registration)
    address = urlparse("" if registered is None else registered.package or "")
    package = Path(unquote(address.path))
    return package if address.scheme == "file" and package.is_dir() else None


def _copy(place: Path, model: str, registration: str) -> None:
    package = find_local_package(place)
    if package is None:
        raise InvalidSetting(
            f"The registration in {place} does not name a model on this machine.",
            "Name the version by its number, or by an alias such as champion.",
        )
    shutil.copytree(package, model)
    shutil.copytree(place, registration)
