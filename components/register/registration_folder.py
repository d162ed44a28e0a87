"""The folder that tells of a version: what score names its rows by, and deploy proves a server by."""

from pathlib import Path
from typing import Any

from components._model.json_file import write_json
from components._tracking.registry import RegistryVersion

HELD_OUT = "held_out.json"


def write_registration(
    registration: str,
    *,
    model: str,
    version: RegistryVersion | None,
    package: str | None,
    champion: RegistryVersion | None,
    tags: dict[str, str],
    held_out: dict[str, Any] | None,
) -> None:
    """Write a registration.

    Parameters
    ----------
    registration : str
        Folder to make.
    model : str
        Name in the registry.
    version : Version or None
        The version; None without a registry.
    package : str or None
        Where its folder is, as MLflow says it.
    champion : Version or None
        The champion at this moment.
    tags : dict of str to str
        What is said of the version.
    held_out : dict or None
        Rows that no training saw, with their predictions; None if none were kept.
    """
    place = Path(registration)
    place.mkdir(parents=True, exist_ok=True)
    known = {
        "model": model,
        "version": None if version is None else version.number,
        "package": package,
        "champion": None if champion is None else champion.number,
        "tags": tags,
    }
    write_json(place / "registration.json", known)
    if held_out is not None:
        write_json(place / HELD_OUT, held_out)
