"""The pipelines and the folder of their code."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIPELINES = {
    "training": "pipelines.training",
    "scoring": "pipelines.scoring",
    "monitoring": "pipelines.monitoring",
    "deployment": "pipelines.deployment",
    "removal": "pipelines.removal",
}
# Pipelines that use a model that was trained before.
OF_MODELS = ("scoring", "monitoring")
# Pipelines that change what a cluster serves, so that they cannot run on this machine.
OF_CLUSTERS = ("deployment", "removal")


def describe_commit() -> str | None:
    """Return the commit of the code, with ``-dirty`` if files differ from it; None outside a checkout."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def find_revision() -> str | None:
    """Return the commit's full name, with ``-dirty`` if files differ from it; None outside a checkout."""
    described = describe_commit()
    if described is None:
        return None
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return f"{commit}-dirty" if described.endswith("-dirty") else commit
