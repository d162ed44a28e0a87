"""Clients of clouds, each in an environment of its own: they need other versions than the suite's lock."""

import subprocess
import sys
from pathlib import Path

from tests.docker_engine import skip_or_fail


def run_isolated(package: str, code: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run code where a package is installed, and skip the test if it cannot be."""
    start = [
        *(str(Path(sys.executable).with_name("uv")), "run", "--quiet", "--isolated", "--no-project"),
        *("--python", sys.executable, "--with", package, "python", "-c"),
    ]
    module = code.split()[1].partition(".")[0]
    tried = subprocess.run([*start, f"import {module}"], capture_output=True, text=True, check=False)
    if tried.returncode:
        skip_or_fail(f"{package} cannot be installed: {tried.stderr.strip()}")
    return subprocess.run([*start, code, *words], capture_output=True, text=True, check=False)
