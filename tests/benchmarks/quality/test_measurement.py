import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.quality.measurement import ProcessFamily, Run, run_measured

pytestmark = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux's /proc")

_SLEEPING = "import time; kept = b'x' * 100_000_000; time.sleep(1)"
_WITH_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SLEEPING!r}])"
_WITH_A_SESSION = f"{_WITH_A_CHILD[:-1]}, start_new_session=True)"


def run(program: str, folder: Path, timeout: float = 30) -> Run:
    command = [sys.executable, "-c", program]
    log = folder / "log"
    return run_measured(command, log, environment=dict(os.environ), folder=folder, timeout=timeout, cores=1)


@pytest.mark.slow_variants
@pytest.mark.parametrize("program", [_WITH_A_CHILD, _WITH_A_SESSION])
def test_the_memory_of_a_commands_children_counts(program: str, tmp_path: Path) -> None:
    measured = run(program, tmp_path)
    assert measured.status == 0
    assert measured.peak_megabytes > 100


def test_a_command_has_the_cores_given_and_its_status_and_output_are_kept(tmp_path: Path) -> None:
    assert run("import os; print(len(os.sched_getaffinity(0))); raise SystemExit(3)", tmp_path).status == 3
    assert (tmp_path / "log").read_text() == "1\n"


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    assert run("import time; time.sleep(60)", tmp_path, timeout=0.5).status is None


@pytest.mark.slow
def test_the_end_of_a_command_ends_its_children_in_other_sessions(tmp_path: Path) -> None:
    child = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
    program = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], start_new_session=True)"
    )
    assert run(program, tmp_path, timeout=2).status is None
    child_process = int((tmp_path / "pid").read_text())
    # The kernel ends a process some time after the signal.
    deadline = time.monotonic() + 10
    while is_running(child_process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child_process)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_the_seconds_of_a_process_stay_known_after_its_end() -> None:
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"
    process = subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    family = ProcessFamily(process.pid)
    process.stdout.readline()
    assert family.measure_seconds()[process.pid] >= 0.45
    process.communicate(b"\n")
    assert family.measure_seconds()[process.pid] >= 0.45
