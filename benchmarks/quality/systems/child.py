"""Fits one system on one split, in a process that has imported everything before the clock starts.

Usage: ``python child.py ADAPTER.py JOB.json``. It is run by its path in whatever environment the system lives
in, and so imports nothing of this repository. An adapter has

- ``PACKAGES``, names of the distributions whose versions are told;
- ``fit(train, job) -> (predict, note, save)``, where ``predict(rows)`` returns probabilities in the order of
  ``job["classes"]``, shape (n_rows, n_classes), or values, shape (n_rows,), and ``save(folder)`` writes what
  the system must keep to predict, whose size is measured;
- optionally ``read_test(job) -> DataFrame``, where the rows come another way than from the file as it is;
- optionally ``measure_milliseconds(job, rows) -> float``, where ``predict`` is not how a row is served.

The job: ``train`` and ``test`` (Parquet), ``target``, ``kind``, ``metric``, ``classes``, ``event_time`` and
``group`` (the column that the rows were split by, or None), ``seconds``, ``seed``, ``cores``, ``preset``,
``folder`` (scratch), ``predictions`` and ``facts`` (files to write).
"""

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

_WARM_UP = 5
_CALLS = 50
_MILLISECONDS = 1e3
_MEGABYTE = 1e6


def main(adapter_file: str, job_file: str) -> None:
    """Fit, predict the test rows, measure, write."""
    job: dict[str, Any] = json.loads(Path(job_file).read_text(encoding="utf-8"))
    adapter = _load_module(adapter_file)
    train = pd.read_parquet(job["train"])
    cpu, wall = _measure_cpu_seconds(), time.perf_counter()
    predict, note, save = adapter.fit(train, job)
    wall, cpu = time.perf_counter() - wall, _measure_cpu_seconds() - cpu
    rows = adapter.read_test(job) if hasattr(adapter, "read_test") else pd.read_parquet(job["test"])
    np.save(job["predictions"], np.asarray(predict(rows), dtype=np.float64))
    facts = {
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "milliseconds": (
            adapter.measure_milliseconds(job, rows)
            if hasattr(adapter, "measure_milliseconds")
            else _MILLISECONDS * _measure_latency(predict, rows)
        ),
        "model_megabytes": _measure_size(save, Path(job["folder"], "kept")) / _MEGABYTE,
        "note": note,
        "versions": _read_versions(adapter.PACKAGES),
    }
    Path(job["facts"]).write_text(json.dumps(facts), encoding="utf-8")


def _load_module(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("adapter", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Where a pickle or a forked process may look for it.
    sys.modules["adapter"] = module
    spec.loader.exec_module(module)
    return module


def _read_versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in packages:
        # A library may come under another name, as xgboost does without its part for GPUs.
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def _measure_cpu_seconds() -> float:
    return sum(os.times()[:4])


def _measure_latency(predict: Callable[[pd.DataFrame], np.ndarray], rows: pd.DataFrame) -> float:
    seconds = []
    for call in range(_WARM_UP + _CALLS):
        row = rows.iloc[[call % len(rows)]]
        started = time.perf_counter()
        predict(row)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[_WARM_UP:])


def _measure_size(save: Callable[[Path], None], folder: Path) -> int:
    folder.mkdir()
    save(folder)
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
