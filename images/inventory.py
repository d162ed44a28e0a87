"""Lists the contents of an image: this file runs in it, with only the standard library."""

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
from typing import Any

_FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version", "db:Status-Status")


def build_inventory() -> dict[str, Any]:
    """Return the contents of the image, as JSON values.

    Returns
    -------
    dict
        ``python``: version of the interpreter; ``system``: ``/etc/os-release``; ``distributions``: Python's,
        by folder; ``packages``: Debian's, None without dpkg.
    """
    # The interpreter of the virtual environment has its own packages, such as pip.
    own = f"{sys.base_prefix}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    folders = {
        folder: importlib.metadata.distributions(path=[folder]) for folder in [*sys.path, own] if folder
    }
    return {
        "python": platform.python_version(),
        "system": platform.freedesktop_os_release(),
        "distributions": {folder: [*map(_read_distribution, found)] for folder, found in folders.items()},
        "packages": _list_packages(),
    }


def _read_distribution(distribution: importlib.metadata.Distribution) -> dict[str, Any]:
    metadata = distribution.metadata.json
    return {
        "name": metadata["name"],
        "version": metadata["version"],
        "requires": distribution.requires or [],
        "license_expression": metadata.get("license_expression"),
        "license": metadata.get("license"),
        "classifiers": metadata.get("classifier", []),
    }


def _list_packages() -> list[dict[str, str]] | None:
    if not shutil.which("dpkg-query"):
        return None
    template = "\t".join(f"${{{field}}}" for field in _FIELDS) + "\n"
    command = ["dpkg-query", "--show", f"--showformat={template}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (dict(zip(_FIELDS, line.split("\t"), strict=True)) for line in listed.splitlines())
    # Removed packages with configuration files stay in the list.
    return [row for row in rows if row["db:Status-Status"] == "installed"]


if __name__ == "__main__":
    json.dump(build_inventory(), sys.stdout)
