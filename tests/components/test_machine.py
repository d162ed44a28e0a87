import subprocess
import sys

import pytest

from components import machine
from components.machine import count_cpus, limit_processes


def test_a_process_is_never_given_more_processors_than_it_may_use() -> None:
    code = (
        "import os\nallowed = sorted(os.sched_getaffinity(0))\nos.sched_setaffinity(0, allowed[:1])\n"
        "from components.machine import count_cpus\nassert count_cpus() == 1, count_cpus()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": "."}, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert count_cpus() >= 1


@pytest.mark.parametrize(
    ("limit", "shared", "expected"),
    [(None, 0.0, 4), (10e9, 0.0, 4), (2e9, 0.0, 3), (2e9, 0.5e9, 2), (2e9, 1.7e9, 1), (0.1e9, 0.0, 1)],
)
def test_as_many_processes_as_the_memory_has_room_for(
    limit: int | None, shared: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "read_memory_limit", lambda: limit)
    assert limit_processes(4, 0.6e9, shared) == expected
