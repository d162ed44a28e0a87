"""The limits of this machine: processors and memory."""

import os
from pathlib import Path

# The rest of the memory is for what nobody plans: the kernel ends a process that needs more than all.
_USABLE = 0.9


def count_cpus() -> int:
    """Return the number of processors that this process may use, at least 1.

    The limit of a pod is the quota of its cgroup, which the affinity mask does not show
    (https://docs.kernel.org/admin-guide/cgroup-v2.html, ``cpu.max``).
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota_file = Path("/sys/fs/cgroup/cpu.max")
    if quota_file.exists():
        quota, period = quota_file.read_text(encoding="ascii").split()
        if quota != "max":
            available = min(available, max(1, int(quota) // int(period)))
    return available


def limit_processes(wanted: int, bytes_each: float, bytes_shared: float = 0.0) -> int:
    """Return how many processes fit into this machine's memory, at least 1 and at most ``wanted``.

    Parameters
    ----------
    wanted : int
        Number of processes that there is work for.
    bytes_each, bytes_shared : float
        Memory that each process needs for itself, and that all share.
    """
    limit = read_memory_limit()
    if limit is None:
        return wanted
    return max(1, min(wanted, int((_USABLE * limit - bytes_shared) // bytes_each)))


def read_memory_limit() -> int | None:
    """Return the bytes of memory that this process and its children may use; None if there is no limit.

    A pod has the limit of its cgroup (https://docs.kernel.org/admin-guide/cgroup-v2.html, ``memory.max``).
    """
    limit_file = Path("/sys/fs/cgroup/memory.max")
    limit = limit_file.read_text(encoding="ascii").strip() if limit_file.exists() else "max"
    return None if limit == "max" else int(limit)
