"""Runs the ``docker`` command, which finds the Docker Engine that the user has configured."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from components.errors import SuiteError

_SHOWN_LINES = 20


class EngineMissing(SuiteError):
    """No Docker Engine answers."""


class CommandFailed(SuiteError):
    """A ``docker`` command failed."""


class ImageMissing(SuiteError):
    """An image is not on this machine."""


def require_engine() -> None:
    """Check that an engine answers.

    Raises
    ------
    EngineMissing
        There is no ``docker`` command, or no engine.
    """
    remedy = "Install Docker (https://docs.docker.com/engine/install/) and start it, then try again."
    try:
        done = _run(["version", "--format", "{{.Server.Version}}"])
    except FileNotFoundError:
        raise EngineMissing("There is no docker command.", remedy) from None
    if done.returncode:
        raise EngineMissing(f"No Docker Engine answers: {_get_last_line(done.stderr)}", remedy)


def run_docker(*words: str, remedy: str) -> str:
    """Run a ``docker`` command and return its standard output.

    Parameters
    ----------
    *words : str
        The command's words.
    remedy : str
        What the user can do if it fails.

    Raises
    ------
    CommandFailed
        The command failed; the message has the end of its output.
    """
    done = _run(words)
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        output = "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:])
        raise CommandFailed(f"docker {words[0]} failed with status {done.returncode}:\n{output}", remedy)
    return done.stdout


def inspect_image(image: str) -> dict[str, Any] | None:
    """Return the engine's description of an image; None if it does not have the image."""
    done = _run(["image", "inspect", image])
    if done.returncode:
        return None
    description: dict[str, Any] = json.loads(done.stdout)[0]
    return description


def require_image(image: str) -> dict[str, Any]:
    """Return the engine's description of an image.

    Raises
    ------
    ImageMissing
        The engine does not have the image.
    """
    description = inspect_image(image)
    if description is None:
        raise ImageMissing(
            f"The image {image} is not on this machine.",
            "Build it: make images, with the same REGISTRY and TAG.",
        )
    return description


def _run(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def _get_last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it gives no reason."
