"""Virtual environments of the other systems and of the public tables, made on first use and kept."""

import json
import subprocess
import sys
from pathlib import Path

CACHE = Path.home() / ".cache" / "kfp-tabular-bench"
_MARK = "kfp-tabular-bench.json"
_LAST_LINES = 3


class NotInstalled(Exception):
    """A system's environment cannot be made; the message says why."""


def find_interpreter(name: str, requirements: tuple[str, ...], modules: tuple[str, ...]) -> Path:
    """Return the interpreter of an environment that has what is required, making it if need be.

    Parameters
    ----------
    name : str
        The environment's folder.
    requirements : tuple of str
        What pip installs.
    modules : tuple of str
        What must then import.

    Raises
    ------
    NotInstalled
        pip or an import fails.
    """
    folder = CACHE / name
    python = folder / "bin" / "python"
    mark = folder / _MARK
    wanted = json.dumps([requirements, modules])
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return python
    print(f"Making the environment of {name}, once; this takes minutes.", file=sys.stderr, flush=True)
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])
    _run([str(python), "-c", f"import {', '.join(modules)}"])
    mark.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotInstalled(" ".join((done.stdout + done.stderr).strip().splitlines()[-_LAST_LINES:]))
