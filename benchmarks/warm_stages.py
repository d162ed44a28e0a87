"""Runs every stage on the churn sample in this process and prints the seconds of them all.

Usage: ``python -m benchmarks.warm_stages FOLDER ROWS TRIALS``.
"""

import os
import sys
import time
from pathlib import Path

import mlflow.sklearn  # noqa: F401  imported before the clock starts, as all the stages are

from benchmarks.stages import run_stages


def main(folder: Path, rows: int, trials: int) -> float:
    """Return the seconds of all stages."""
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/warm.db"
    started = time.perf_counter()
    details = {"identifiers": ["customer_id"]}
    run_stages(folder, f"sample:churn?rows={rows}", "churned", details, trials=trials)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
