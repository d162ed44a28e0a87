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
_LOOKS = 100
_PAUSE = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1e6
# Fields of /proc/PID/stat after the name in brackets (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
_STATE, _PARENT, _SESSION = 0, 1, 3
# Ticks of the user's time; the system's stand behind them.
_USER = 11


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
    family = ProcessFamily(process.pid)
    try:
        while process.poll() is None and time.monotonic() < started + timeout:
            peak = max(peak, family.measure_memory())
            time.sleep(_INTERVAL)
        status = process.poll()
    finally:
        family.stop()
        process.wait()
    others = (_measure_busy_seconds() - busy) / (time.monotonic() - started)
    return Run(status, peak / _MEGABYTE, max(others, 0.0))


def _measure_busy_seconds() -> float:
    """Return the processor seconds that the machine has spent on anything but this process's children."""
    with Path("/proc/stat").open(encoding="ascii") as file:
        user, nice, system, _idle, _waiting, interrupts, soft = map(int, file.readline().split()[1:8])
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    all_seconds = (user + nice + system + interrupts + soft) / _TICKS
    return all_seconds - children.ru_utime - children.ru_stime


class ProcessFamily:
    """The processes of a command: its session, the sessions that its processes have begun, and so on.

    A session tells its processes from all others also when their parent has ended.
    """

    def __init__(self, leader: int) -> None:
        self._sessions = {leader}
        self._seconds: dict[int, float] = {}

    def measure_memory(self) -> int:
        """Return the memory of all its processes, in bytes."""
        kilobytes = 0
        for process in self._list_processes():
            # It may have ended meanwhile.
            with contextlib.suppress(OSError):
                rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
                kilobytes += sum(map(int, re.findall(r"^Pss: +(\d+) kB$", rollup, re.MULTILINE)))
        return kilobytes * 1024

    def measure_seconds(self) -> dict[int, float]:
        """Return the processor seconds of each process that it has or, at an earlier look, had."""
        for process in self._list_processes():
            with contextlib.suppress(OSError):
                user, system = _read_fields(Path(f"/proc/{process}/stat"))[_USER : _USER + 2]
                self._seconds[process] = (int(user) + int(system)) / _TICKS
        return dict(self._seconds)

    def stop(self) -> None:
        """End all its processes; one that is being started meanwhile is found by another look."""
        for _ in range(_LOOKS):
            processes = self._list_processes()
            if not processes:
                return
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(_PAUSE)

    def _list_processes(self) -> set[int]:
        running = _read_processes()
        found: set[int] = set()
        sessions = self._sessions
        while new := {
            process
            for process, (parent, session) in running.items()
            if process not in found and (session in sessions or parent in found)
        }:
            found |= new
            sessions = sessions | {running[process][1] for process in new}
        # A session whose processes have all ended is forgotten: its number may become that of a stranger's.
        self._sessions = {running[process][1] for process in found}
        return found


def _read_processes() -> dict[int, tuple[int, int]]:
    """Return the parent and the session of each process of the machine that has not ended."""
    processes = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = _read_fields(file)
            if fields[_STATE] not in "ZX":
                processes[int(file.parent.name)] = int(fields[_PARENT]), int(fields[_SESSION])
    return processes


def _read_fields(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
