"""A command's peak memory, all its processes together, and who else was busy. Needs Linux's ``/proc``."""

import contextlib
import os
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

_INTERVAL = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1e6
# Fields of /proc/PID/stat after the name in brackets (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
_SESSION, _RESIDENT = 3, 21


class Run(NamedTuple):
    """What became of a command.

    Attributes
    ----------
    status : int or None
        Its exit status; None if it was stopped for taking too long.
    peak_megabytes : float
        Largest sum of its processes' resident memory. Pages that forked processes share count for each.
    others : float
        Cores that all other processes of the machine used meanwhile, on average.
    """

    status: int | None
    peak_megabytes: float
    others: float


def run_measured(
    command: list[str], log: Path, *, environment: dict[str, str], folder: Path, timeout: float, cores: int
) -> Run:
    """Run a command on ``cores`` of this process's cores, its output in ``log``, and watch its memory."""
    mine = os.sched_getaffinity(0)
    started, busy = time.monotonic(), _busy_seconds()
    # The session tells its processes from all others, also those whose parent has ended.
    with log.open("wb") as output:
        os.sched_setaffinity(0, sorted(mine)[:cores])
        try:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        finally:
            os.sched_setaffinity(0, mine)
    peak = 0.0
    try:
        while process.poll() is None and time.monotonic() < started + timeout:
            peak = max(peak, _resident(process.pid))
            time.sleep(_INTERVAL)
        status = process.poll()
    finally:
        _stop(process)
    others = (_busy_seconds() - busy) / (time.monotonic() - started)
    return Run(status, peak / _MEGABYTE, max(others, 0.0))


def _busy_seconds() -> float:
    """Return the processor seconds that the machine has spent on anything but this process's children."""
    with Path("/proc/stat").open(encoding="ascii") as file:
        user, nice, system, _idle, _waiting, interrupts, soft = map(int, file.readline().split()[1:8])
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    all_seconds = (user + nice + system + interrupts + soft) / _TICKS
    return all_seconds - children.ru_utime - children.ru_stime


def _resident(session: int) -> int:
    pages = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        fields = text.rpartition(")")[2].split()
        if int(fields[_SESSION]) == session:
            pages += int(fields[_RESIDENT])
    return pages * _PAGE


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
