"""Which pipelines there are, and where their code is."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIPELINES = {
    "training": "pipelines.training",
    "scoring": "pipelines.scoring",
    "deployment": "pipelines.deployment",
    "removal": "pipelines.removal",
}
# Those that change what a cluster serves, and are nothing for a machine without one.
OF_CLUSTERS = ("deployment", "removal")


def describe_commit() -> str | None:
    """Return the commit of the code, with ``-dirty`` where files differ from it; None outside a checkout."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
