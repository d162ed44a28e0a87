import platform
import subprocess
import sys
from pathlib import Path

import pytest

from components import machine
from components.machine import (
    count_cpus,
    describe_processor,
    limit_processes,
    read_memory_limit,
    select_numerical_variables,
)


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


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/", {"memory.max": "1000000"}, 1_000_000),
        ("0::/user/run", {"user/memory.max": "3000000", "user/run/memory.max": "max"}, 3_000_000),
        ("0::/user/run", {"user/memory.max": "3000000", "user/run/memory.max": "2000000"}, 2_000_000),
        # The path outside the container.
        ("0::/kubepods/pod1", {"memory.max": "4000000"}, 4_000_000),
        ("5:cpu:/\n4:memory:/run\n0::/", {"memory/run/memory.limit_in_bytes": "5000000"}, 5_000_000),
        ("4:cpu,memory:/run\n0::/", {"memory/memory.limit_in_bytes": "6000000"}, 6_000_000),
    ],
)
def test_the_least_limit_of_the_cgroups_counts(
    own: str, files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").write_text(f"{own}\n", encoding="utf-8")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n", encoding="ascii")
    monkeypatch.setattr(machine, "_OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    assert read_memory_limit() == expected


def test_without_a_limit_the_memory_of_the_machine_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").write_text("4:memory:/\n0::/\n", encoding="utf-8")
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text(f"{2**63 - 4096}\n", encoding="ascii")
    monkeypatch.setattr(machine, "_OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    limit = read_memory_limit()
    assert limit is not None
    assert 2**28 < limit < 2**50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nmodel name\t: A CPU: 2 GHz\nmodel name\t: other\n", "A CPU: 2 GHz"),
        ("Processor\t: 0\n", platform.machine()),
        (None, platform.machine()),
    ],
)
def test_a_processor_has_its_name_else_its_architecture(
    text: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "_PROCESSORS", tmp_path / "cpuinfo")
    assert describe_processor() == expected


def test_variables_of_linear_algebra_are_selected() -> None:
    environment = {"OPENBLAS_CORETYPE": "Haswell", "NPY_A": "1", "HOME": "/root"}
    assert select_numerical_variables(environment) == {"NPY_A": "1", "OPENBLAS_CORETYPE": "Haswell"}
