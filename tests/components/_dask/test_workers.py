import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components._dask import workers as workers_module
from components._dask.failures import WorkersFailed
from components._dask.workers import KUBERNETES, Workers, is_number_stated, open_workers
from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from tests.components._dask.workers import (
    divide_by_zero,
    end_process,
    make_partitions,
    read_calls,
    read_nothing,
    record_call,
    run_scheduler,
    run_worker,
)

MEMORY = 2 << 30
_WITHOUT_EDITABLE = """
import sys
sys.meta_path[:] = [of for of in sys.meta_path if "Editable" not in getattr(of, "__name__", "")]
"""


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers(MEMORY, None) as opened:
        yield opened


def test_the_libraries_of_dask_load_only_with_workers() -> None:
    code = (
        "import sys, components._dask.workers, components._dask.choice; print('distributed' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def test_too_little_memory_for_a_worker_is_told_before_one_starts() -> None:
    with (
        pytest.raises(
            InvalidSetting, match=r"memory = '512m' is out of range\.\nmemory must be at least 667m"
        ),
        open_workers(512 << 20, None),
    ):
        pass


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "_CONNECT_SECONDS", 1.0)
    with (
        pytest.raises(WorkersFailed, match=r"scheduler tcp://127\.0\.0\.1:9 does not answer: Timed out"),
        open_workers(MEMORY, "tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.slow
def test_results_come_in_the_order_of_the_partitions(workers: Workers, tmp_path: Path) -> None:
    shared = workers.share("abc" * 10_000_000)
    found = list(workers.map(record_call, make_partitions(20), tmp_path / "log", 0.0, shared))
    assert found == [(at, "abc") for at in range(20)]
    assert workers.describe() == f"{workers.n_workers} Dask workers of this machine"


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_its_partitions_only(workers: Workers, tmp_path: Path) -> None:
    log = tmp_path / "log"
    results = workers.map(record_call, make_partitions(30), log, 0.2, workers.share("abc"))
    first = next(results)
    killed = read_calls(log)[0][0]
    os.kill(killed, signal.SIGKILL)
    assert [first, *results] == [(at, "abc") for at in range(30)]
    calls = read_calls(log)
    of_killed = {at for pid, at in calls if pid == killed}
    repeated = {at for _, at in calls if sum(other == at for _, other in calls) > 1}
    assert repeated
    assert repeated <= of_killed


@pytest.mark.slow
def test_what_a_call_raises_is_raised_here(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        list(workers.map(divide_by_zero, make_partitions(2)))
    with pytest.raises(
        WorkersFailed, match=r"cannot read nowhere\.parquet, row groups 0 to 0: .*No such file"
    ):
        list(workers.map(read_nothing, make_partitions(2)))


@pytest.mark.slow
def test_a_partition_that_ends_every_worker_is_named(workers: Workers) -> None:
    with pytest.raises(
        WorkersFailed, match=r"4 Dask workers ended, one after the other, at nowhere\.parquet"
    ):
        list(workers.map(end_process, make_partitions(1)))


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_named(tmp_path: Path) -> None:
    with (
        run_scheduler() as (address, process),
        run_worker(address, tmp_path),
        open_workers(MEMORY, address) as workers,
    ):
        assert workers.describe() == f"1 Dask worker of {address}"
        results = workers.map(record_call, make_partitions(1000), tmp_path / "log", 0.01)
        next(results)
        process.kill()
        with pytest.raises(WorkersFailed, match=f"{address} went away during the work"):
            list(results)


@pytest.mark.slow
def test_a_scheduler_without_workers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "_PATIENCE", 1.0)
    with (
        run_scheduler() as (address, _),
        pytest.raises(WorkersFailed, match=f"{address} has had no workers for 1 seconds"),
        open_workers(MEMORY, address),
    ):
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["components", "tests", "pipelines"], r"has other versions than this stage: components/_dask\."),
        ([], r"has no package 'components\._dask'"),
    ],
)
def test_a_worker_with_other_code_is_named(tmp_path: Path, folders: list[str], expected: str) -> None:
    code = tmp_path / "code"
    code.mkdir()
    # Where the suite is installed for editing, its finder would find the code elsewhere.
    (code / "sitecustomize.py").write_text(_WITHOUT_EDITABLE, encoding="utf-8")
    for folder in folders:
        shutil.copytree(ROOT / folder, code / folder)
    if folders:
        with (code / "components" / "_dask" / "partitions.py").open("a", encoding="utf-8") as file:
            file.write("# Another version.\n")
    with (
        run_scheduler() as (address, _),
        run_worker(address, tmp_path / "scratch", code),
        pytest.raises(WorkersFailed, match=expected),
        open_workers(MEMORY, address) as workers,
    ):
        list(workers.map(record_call, make_partitions(2), tmp_path / "log", 0.0))


def test_a_number_of_workers_that_no_setting_states_decides_about_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DASK_MOST_WORKERS", raising=False)
    assert [is_number_stated(each) for each in (None, KUBERNETES, "tcp://dask:8786")] == [True, True, False]
    monkeypatch.setenv("DASK_MOST_WORKERS", "3")
    assert is_number_stated("tcp://dask:8786")
