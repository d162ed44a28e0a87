"""The versions that decide what a function computes: those of a stage and of its workers must be the same."""

import hashlib
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("dask", "distributed", "lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn")
_CODE = Path(__file__).parents[1]


@cache
def list_versions() -> dict[str, str]:
    """Return this process's versions by name: Python, libraries, and a hash of each folder of our code."""
    versions = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions | {f"components/{folder}": _hash_sources(folder) for folder in _list_folders()}


def list_differences(expected: dict[str, str]) -> list[str]:
    """Return how this process's versions differ from others, of all that both have; empty if they do not."""
    own = list_versions()
    return [
        # The hash of a folder says nothing to a person.
        name if "/" in name else f"{name} {own[name]} instead of {wanted}"
        for name, wanted in expected.items()
        if own.get(name, wanted) != wanted
    ]


def _list_folders() -> list[str]:
    """Return the folders of our code; an image has those that its stage needs."""
    return sorted(path.name for path in _CODE.iterdir() if (path / "__init__.py").exists())


def _hash_sources(folder: str) -> str:
    digest = hashlib.sha256()
    for file in sorted((_CODE / folder).rglob("*.py")):
        digest.update(file.relative_to(_CODE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
