"""One system on one split, in a process of its own."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality.measurement import run_measured
from benchmarks.quality.results import Result
from benchmarks.quality.splits import Split, score
from benchmarks.quality.systems import CHILD, System
from benchmarks.quality.tables import Table

_REPOSITORY = Path(__file__).parents[2]
# A system may overrun its limit, but not for ever.
_PATIENCE = 5
_GRACE_SECONDS = 300
_LAST_CHARACTERS = 400
_PREDICTIONS = "predictions.npy"
# Where a run would be noted down, and who would watch it: nothing of that here.
_NOT_OURS = ("MLFLOW_", "KFP_TABULAR_")


def run_system(
    system: System,
    interpreter: Path,
    table: Table,
    split: Split,
    *,
    seed: int,
    seconds: float,
    cores: int,
    folder: Path,
) -> Result:
    """Fit a system and score its predictions; a failure is a result without a score.

    Parameters
    ----------
    system, interpreter
        The system, and the interpreter that has it.
    table, split
        What to predict from which rows.
    seed : int
        Seed of the system.
    seconds : float
        Its time limit.
    cores : int
        Cores that it may use.
    folder : Path
        Empty folder for its files.
    """
    files = {name: folder / name for name in ("job.json", "log.txt", _PREDICTIONS, "facts.json")}
    scratch = folder / "scratch"
    scratch.mkdir()
    job = {
        "train": str(split.train),
        "test": str(split.test),
        "target": table.target,
        "kind": table.kind,
        "metric": table.metric,
        "classes": table.classes,
        "event_time": table.event_time,
        "group": table.group,
        "seconds": seconds,
        "seed": seed,
        "cores": cores,
        "preset": system.preset,
        "folder": str(scratch),
        "predictions": str(files[_PREDICTIONS]),
        "facts": str(files["facts.json"]),
    }
    files["job.json"].write_text(json.dumps(job), encoding="utf-8")
    run = run_measured(
        # The child's folder is not where modules are looked for: a file there may be called as a library is.
        [str(interpreter), "-P", str(CHILD), str(system.adapter), str(files["job.json"])],
        files["log.txt"],
        environment=_build_environment(system),
        folder=scratch,
        timeout=_PATIENCE * seconds + _GRACE_SECONDS,
        cores=cores,
    )
    known: dict[str, Any] = {"others": run.others, "date": datetime.now(UTC).isoformat(timespec="seconds")}
    if run.status != 0:
        log = files["log.txt"].read_text(encoding="utf-8", errors="replace")
        ended = "took too long" if run.status is None else f"ended with status {run.status}"
        return Result(**known, note=f"{ended}: {log.strip()[-_LAST_CHARACTERS:]}")
    facts = json.loads(files["facts.json"].read_text(encoding="utf-8"))
    value = score(table, split.answers, load_predictions(folder))
    return Result(score=value, peak_megabytes=run.peak_megabytes, **known, **facts)


def load_predictions(folder: Path) -> np.ndarray:
    """Return what the system whose run had this folder predicts of the test rows."""
    predictions: np.ndarray = np.load(folder / _PREDICTIONS)
    return predictions


def _build_environment(system: System) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    kept.pop("PYTHONPATH", None)
    return kept | ({"PYTHONPATH": str(_REPOSITORY)} if system.environment is None else {})
