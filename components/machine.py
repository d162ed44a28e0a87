"""The processors and the memory of this machine."""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

# The rest of the memory is for what nobody plans: the kernel ends a process that needs more than all.
_USABLE = 0.9
_PROCESSORS = Path("/proc/cpuinfo")
# Variables that choose how linear algebra is computed, and so the last digits.
NUMERICAL_PREFIXES = ("OPENBLAS_", "NPY_")
_OWN_PAGES = Path("/proc/self/statm")
_OWN_CGROUPS, _CGROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


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


def limit_processes(
    wanted: int, bytes_each: float, bytes_shared: float = 0.0, memory: int | None = None
) -> int:
    """Return how many processes fit into memory, at least 1 and at most ``wanted``.

    Parameters
    ----------
    wanted : int
        Number of processes that there is work for.
    bytes_each, bytes_shared : float
        Memory that each process needs for itself, and that all share.
    memory : int or None
        Bytes that all may use; None for what this process may use.
    """
    limit = memory or read_memory_limit()
    if limit is None:
        return wanted
    return max(1, min(wanted, int((_USABLE * limit - bytes_shared) // bytes_each)))


def read_own_memory() -> float:
    """Return the memory that this process uses, in bytes; 0 if the system does not say."""
    pages = int(_OWN_PAGES.read_text(encoding="ascii").split()[1]) if _OWN_PAGES.exists() else 0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def read_memory_limit() -> int | None:
    """Return the bytes of memory that this process and its children may use; None if nothing says.

    That is the least of the machine's memory and ``read_cgroup_limit``.
    """
    limits = [limit for limit in (read_cgroup_limit(), _read_physical_memory()) if limit is not None]
    return min(limits, default=None)


def read_cgroup_limit() -> int | None:
    """Return the bytes of memory that a container may use; None if it has no limit below the machine's.

    That is the least limit of the process's cgroup and those above it, of version 2
    (https://docs.kernel.org/admin-guide/cgroup-v2.html, ``memory.max``) or 1 (``memory.limit_in_bytes``).
    """
    limit = min((int(text) for text in _read_cgroup_limits() if text.isdigit()), default=None)
    physical = _read_physical_memory()
    # Version 1 writes a huge number where there is no limit.
    return None if limit is None or (physical is not None and limit >= physical) else limit


def _read_physical_memory() -> int | None:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _read_cgroup_limits() -> Iterator[str]:
    """Yield the limits on memory, as the kernel writes them: without a limit ``max`` or a huge number."""
    if not _OWN_CGROUPS.exists():
        return
    for line in _OWN_CGROUPS.read_text(encoding="utf-8").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            root, name = _CGROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = _CGROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        # In a container the path may be that outside of it, of which only the root can be seen.
        folder = PurePosixPath(path.lstrip("/"))
        for part in (folder, *folder.parents):
            file = root / part / name
            if file.exists():
                yield file.read_text(encoding="ascii").strip()


def describe_processor() -> str:
    """Return the name of this machine's processor; its architecture if nothing tells its name.

    Linear algebra uses other instructions on another processor, which may change the last digits.
    """
    if _PROCESSORS.exists():
        for line in _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.machine()


def select_numerical_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that choose how linear algebra is computed, sorted by name."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith(NUMERICAL_PREFIXES)}
