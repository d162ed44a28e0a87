"""A repository with the files of this one, for tests that need a commit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.catalogue import ROOT


def run_git(checkout: Path, *words: str) -> str:
    """Run git in a checkout, and return what it writes."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command = ["git", "-C", str(checkout), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def run_module(checkout: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a module of the checkout, which must not find this repository's own."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def make_checkout(folder: Path) -> Path:
    """Make a repository with the files of this one, all of them committed."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    run_git(folder.parent, "init", "--quiet", str(folder))
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message", "All of it")
    return folder
