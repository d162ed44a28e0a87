"""The list of models: a folder with a file per model, as Kubernetes mounts a ConfigMap."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from components.errors import InvalidSetting

# Names of Kubernetes (RFC 1123), which stand in addresses as they are.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_EXAMPLE = "Write it like http://churn-predictor.kubeflow."


class ModelAddress(NamedTuple):
    """A model and its predictor.

    Attributes
    ----------
    name : str
        The model's name, which is that of its InferenceService.
    url : str
        The predictor's address.
    """

    name: str
    url: str


def read_addresses(folder: Path) -> list[ModelAddress]:
    """Return the models of a folder, by name.

    Parameters
    ----------
    folder : Path
        The folder. Kubernetes' own entries, which begin with two dots, are left out.

    Raises
    ------
    InvalidSetting
        The folder names no model, or one that cannot be.
    """
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith(".."))
        texts = {path.name: path.read_text(encoding="utf-8").strip() for path in files}
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"The models' folder {folder} cannot be read: {error}.",
            "Mount the ConfigMap that lists the models there.",
        ) from None
    if not texts:
        raise InvalidSetting(
            f"The models' folder {folder} names no model.",
            "Add to the ConfigMap that lists the models: a model's name, and its predictor's address.",
        )
    return [_build_address(name, url) for name, url in texts.items()]


def _build_address(name: str, url: str) -> ModelAddress:
    if not _NAME.fullmatch(name):
        raise InvalidSetting(
            f"{name!r} cannot be a model's name.",
            "Use the name of the InferenceService: small letters, digits, - and dots.",
        )
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise InvalidSetting(f"The address of {name!r} is {url[:200]!r}.", _EXAMPLE)
    return ModelAddress(name, url.rstrip("/"))
