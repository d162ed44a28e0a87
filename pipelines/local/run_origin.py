"""What a run on this machine is made with: the code, its lock and the machine."""

import hashlib
import os
import platform
from collections.abc import Mapping
from typing import Any

from components.machine import count_cpus, describe_processor, select_numerical_variables
from pipelines.catalogue import ROOT, find_revision
from pipelines.local.locked_environment import LOCK


def describe_origin(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return all that decides the digits of a run beside its parameters and its data, as JSON values.

    Parameters
    ----------
    environment : mapping of str to str
        The variables of the run.
    """
    lock = ROOT / LOCK
    return {
        "revision": find_revision(),
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else None,
        "python": platform.python_version(),
        "processor": describe_processor(),
        "processors": count_cpus(),
        "variables": select_numerical_variables(environment),
    }


def restore_variables(
    recorded: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> dict[str, str | None]:
    """Return how to change an environment, so that linear algebra is computed as in a recorded run.

    Parameters
    ----------
    recorded : mapping of str to str
        The run's ``variables``, as ``describe_origin`` returns them.
    environment : mapping of str to str
        The variables that would hold otherwise.

    Returns
    -------
    dict
        The recorded variables; None for each that the run did not have.
    """
    return {**dict.fromkeys(select_numerical_variables(environment)), **recorded}
