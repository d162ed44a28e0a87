"""The Docker Engine, by way of the ``run_docker`` command, which finds it as its user has set it up."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from components.errors import SuiteError

_SHOWN_LINES = 20


class EngineMissing(SuiteError):
    """No Docker Engine answers."""


class CommandFailed(SuiteError):
    """The engine could not do what it was asked."""


def require_engine() -> None:
    """Make sure that an engine answers.

    Raises
    ------
    EngineMissing
        There is no ``run_docker`` command, or no engine behind it.
    """
    remedy = "Install Docker (https://docs.docker.com/engine/install/) and start it, then try again."
    try:
        done = _run(["version", "--format", "{{.Server.Version}}"])
    except FileNotFoundError:
        raise EngineMissing("There is no docker command.", remedy) from None
    if done.returncode:
        raise EngineMissing(f"No Docker Engine answers: {_get_last_line(done.stderr)}", remedy)


def run_docker(*words: str, remedy: str) -> str:
    """Run a ``run_docker`` command and return what it wrote to its standard output.

    Parameters
    ----------
    *words : str
        The command's words.
    remedy : str
        What the user can do if it fails.

    Raises
    ------
    CommandFailed
        The command failed; the end of its output is in the message.
    """
    done = _run(words)
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        said = "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:])
        raise CommandFailed(f"docker {words[0]} failed with status {done.returncode}:\n{said}", remedy)
    return done.stdout


def inspect_image(image: str) -> dict[str, Any] | None:
    """Return what the engine knows of an image, None if it does not have it."""
    done = _run(["image", "inspect", image])
    if done.returncode:
        return None
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def _run(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def _get_last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing."
