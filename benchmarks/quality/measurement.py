"""A command's peak memory, all its processes together, and who else was busy. Needs Linux's ``/proc``."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

# A look at a process with many maps takes milliseconds.
_INTERVAL = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1e6
# Field of /proc/PID/stat after the name in brackets (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
_SESSION = 3


class Run(NamedTuple):
    """What became of a command.

    Attributes
    ----------
    status : int or None
        Its exit status; None if it was stopped for taking too long.
    peak_megabytes : float
        Largest sum of its processes' memory; a page that several share counts in equal parts for each (PSS).
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
    started, busy = time.monotonic(), _measure_busy_seconds()
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
            peak = max(peak, _measure_memory(process.pid))
            time.sleep(_INTERVAL)
        status = process.poll()
    finally:
        _stop(process)
    others = (_measure_busy_seconds() - busy) / (time.monotonic() - started)
    return Run(status, peak / _MEGABYTE, max(others, 0.0))


def _measure_busy_seconds() -> float:
    """Return the processor seconds that the machine has spent on anything but this process's children."""
    with Path("/proc/stat").open(encoding="ascii") as file:
        user, nice, system, _idle, _waiting, interrupts, soft = map(int, file.readline().split()[1:8])
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    all_seconds = (user + nice + system + interrupts + soft) / _TICKS
    return all_seconds - children.ru_utime - children.ru_stime


def _measure_memory(session: int) -> int:
    kilobytes = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
            if int(text.rpartition(")")[2].split()[_SESSION]) == session:
                rollup = file.with_name("smaps_rollup").read_text(encoding="ascii")
                kilobytes += sum(map(int, re.findall(r"^Pss: +(\d+) kB$", rollup, re.MULTILINE)))
        except OSError:
            continue  # it has ended meanwhile
    return kilobytes * 1024


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
