"""Starts a run of the tiny pipeline, and reads its record."""

import json
from pathlib import Path
from typing import Any

from pipelines.cli.main import main

TINY = "tests.pipelines.tiny"


def run_tiny(source: str, *options: str) -> int:
    """Run the pipeline under the name ``one`` and return the exit status."""
    return main(["run", "tiny", "--source", source, "--target", "y", "--name", "one", *options])


def read_record(folder: Path) -> dict[str, Any]:
    """Return what a run's folder says of it."""
    record: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return record
