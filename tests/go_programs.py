"""Small programs in Go, for schemas that exist as Go types alone."""

import shutil
import subprocess
from pathlib import Path

from tests.docker_engine import skip_or_fail


def build_program(folder: Path, source: str, *modules: str) -> Path:
    """Build a program and return its path; without Go or a network, the test is skipped, and fails in CI.

    Parameters
    ----------
    folder : Path
        For its files.
    source : str
        Its only file.
    modules : str
        The modules that it uses, with their versions.
    """
    if shutil.which("go") is None:
        skip_or_fail(f"go is missing, with which {', '.join(modules)} is built")
    (folder / "main.go").write_text(source, encoding="utf-8")
    for words in (["mod", "init", "program"], ["get", *modules], ["build", "-o", "program", "."]):
        done = subprocess.run(["go", *words], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            skip_or_fail(f"go {' '.join(words)}: {done.stderr}")
    return folder / "program"
