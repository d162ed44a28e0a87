"""A scheduler and a worker of tests, as processes, and functions that workers call."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components._dask.partitions import Partition
from pipelines.catalogue import ROOT
from tests.sweeps_proxy import find_free_port


def make_partitions(n: int) -> list[Partition]:
    """Return partitions that no file has, numbered by their first row group."""
    return [Partition("nowhere.parquet", at, 1, 1, 1) for at in range(n)]


@contextmanager
def run_scheduler() -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Yield the address and the process of a scheduler without workers."""
    port = find_free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0"]
    with _run("distributed.cli.dask_scheduler", words, ROOT) as process:
        yield f"tcp://127.0.0.1:{port}", process


@contextmanager
def run_worker(scheduler: str, scratch: Path, code: Path = ROOT) -> Iterator[None]:
    """Run a worker with the code of a folder."""
    words = [scheduler, "--nthreads", "1", "--no-nanny", "--local-directory", str(scratch)]
    words += ["--dashboard-address", "127.0.0.1:0"]
    with _run("distributed.cli.dask_worker", words, code):
        yield


@contextmanager
def _run(module: str, words: list[str], code: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=code,
        env=os.environ | {"PYTHONPATH": str(code)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def record_call(partition: Partition, log: Path, seconds: float, shared: str = "") -> tuple[int, str]:
    """Append this process and the partition to a log, take some time, and return the partition's number."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {partition.first_group}\n")
    time.sleep(seconds)
    return partition.first_group, shared[:3]


def read_calls(log: Path) -> list[tuple[int, int]]:
    """Return the processes and the partitions of the calls that ``record_call`` recorded."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [(int(pid), int(at)) for pid, at in map(str.split, lines)]


def end_process(partition: Partition) -> None:
    """End the worker, as the kernel does if there is no memory left."""
    # Nobody restarts a worker that ends before its start is known.
    time.sleep(2)
    os._exit(1)


def read_nothing(partition: Partition) -> bytes:
    """Read the partition's file, which is not there."""
    return Path(partition.address).read_bytes()


def divide_by_zero(partition: Partition) -> float:
    """Have a defect."""
    return partition.n_rows / 0
