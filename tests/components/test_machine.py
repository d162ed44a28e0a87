import subprocess
import sys

from components.machine import count_cpus


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
