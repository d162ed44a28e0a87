"""A Python with the packages of another lock, built once and kept in the user's cache."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from components.errors import InvalidSetting, format_list

LOCK = "constraints.txt"
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s,;]+)")


def prepare_python(lock: Path) -> Path:
    """Return an interpreter that has exactly the packages of a lock.

    It has the version of Python that runs now, and no copy of the suite. It is built with uv at the first
    time, which takes about a minute, and found at the next.

    Parameters
    ----------
    lock : Path
        The file with the pinned packages.

    Raises
    ------
    InvalidSetting
        uv is not installed, a package of the lock can no longer be had, or the cache cannot be written.
    """
    python = f"{sys.implementation.name}-{platform.python_version()}"
    key = hashlib.sha256(lock.read_bytes() + python.encode()).hexdigest()[:16]
    place = find_cache() / "environments" / key
    if not place.exists():
        _build(lock, place)
    return place / "bin" / "python"


def find_cache() -> Path:
    """Return the suite's folder in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "kfp-tabular"


def _build(lock: Path, place: Path) -> None:
    uv = _find_uv()
    sys.stderr.write(f"Installing the packages of another lock into {place}, once\n")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f"{place.name}-", dir=place.parent))
    except OSError as error:
        raise InvalidSetting(
            f"The folder {place.parent} cannot be written: {error.strerror}.",
            "Name another folder for the cache: XDG_CACHE_HOME.",
        ) from None
    try:
        # Relocatable, because it gets its name only when it is complete.
        _run_uv(
            lock, uv, "venv", "--relocatable", "--allow-existing", "--python", sys.executable, str(temporary)
        )
        python = temporary / "bin" / "python"
        # The lock is complete, so nothing beside it is wanted.
        install = ("pip", "install", "--no-deps", "--compile-bytecode", "--python", str(python))
        _run_uv(lock, uv, *install, "--requirement", str(lock))
        temporary.rename(place)
    except OSError:
        # Another process was faster.
        if not place.exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _find_uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise InvalidSetting(
            "The commit has another lock than the code here, and uv, which would install it, is missing.",
            "Install uv: pip install uv.",
        )
    return uv


def _run_uv(lock: Path, uv: str, *words: str) -> None:
    done = subprocess.run(
        [uv, "--quiet", "--no-progress", *words], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    pins = dict(_PIN.findall(lock.read_text(encoding="utf-8")))
    text = done.stderr.strip()
    # Packages that can no longer be had are named with their version, or in an address.
    named = [f"{name}=={version}" for name, version in _PIN.findall(text) if pins.get(name) == version]
    named += [
        f"{name}=={pins[name]}" for name in re.findall(r"https?://\S+/([\w.-]+)/", text) if name in pins
    ]
    culprits = format_list(dict.fromkeys(named)) or "its packages"
    last = "\n".join(text.splitlines()[-4:])
    raise InvalidSetting(
        f"The lock of the other commit cannot be installed because of {culprits}. uv says:\n{last}",
        "Give a commit whose packages can still be had, or name an index that has them: UV_INDEX_URL.",
    )
