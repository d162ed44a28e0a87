"""Seconds and memory of each task of ``make run`` on tables of growing size.

``python -m benchmarks.size 100000 1000000 10000000`` writes tables of so many rows and 20 columns, trains on
each with ``--memory``, and prints a line for each task, with the exponent of its growth between tables. For
comparison it prints what DuckDB's SUMMARIZE of the same table takes, and the error of LightGBM as it comes,
fitted on all training rows in this process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from benchmarks.quality.measurement import ProcessFamily
from components._table.storage import read_frame

TARGET = "bought"
_BATCH = 500_000
_INTERVAL = 0.1
_NUMBERS = 10
# A category has so many levels.
_LEVELS = {"shop": 5, "product": 40, "town": 500, "customer": 20_000}


class Cost(NamedTuple):
    """What a task took.

    Attributes
    ----------
    seconds : float
        Time from its start to its end.
    megabytes : float
        Most memory of all processes of the run meanwhile, those that start stages included.
    """

    seconds: float
    megabytes: float


def main() -> None:
    """Print the table of costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--memory", default="2g")
    parser.add_argument("--minutes", default="2")
    given = parser.parse_args()
    before: dict[str, Cost] = {}
    n_before = 0
    for n_rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            write_source(place / "source", n_rows)
            costs = _train(place, given.memory, given.minutes)
            print(f"{n_rows:,} rows, --memory {given.memory}, --minutes {given.minutes}")
            for task, cost in costs.items():
                growth = ""
                if task in before:
                    power = np.log(cost.seconds / before[task].seconds) / np.log(n_rows / n_before)
                    growth = f"   rows^{power:.2f}"
                print(f"  {task:<14}{cost.seconds:>8.1f} s{cost.megabytes:>8,.0f} MB{growth}")
            print(f"  {'all':<14}{sum(cost.seconds for cost in costs.values()):>8.1f} s", flush=True)
            _print_comparison(place)
            before, n_before = costs, n_rows


def write_source(folder: Path, n_rows: int) -> None:
    """Write a table as Parquet files: numbers, whole numbers, dates, categories with an effect, and nulls."""
    folder.mkdir()
    effects = {name: np.random.default_rng(1).normal(0, 0.5, n) for name, n in _LEVELS.items()}
    for number, start in enumerate(range(0, n_rows, _BATCH)):
        rng = np.random.default_rng([0, number])
        n = min(_BATCH, n_rows - start)
        columns: dict[str, Any] = {f"x{i}": rng.normal(size=n) for i in range(_NUMBERS)}
        logit = columns["x0"] - 0.7 * columns["x1"] * columns["x2"] + 0.5 * np.abs(columns["x3"])
        columns["visits"] = rng.poisson(3, n)
        columns["age"] = rng.integers(18, 90, n)
        columns["day"] = np.datetime64("2020-01-01", "us") + rng.integers(0, 1500, n) * np.timedelta64(1, "D")
        columns["member"] = rng.random(n) < 0.3
        for name, n_levels in _LEVELS.items():
            codes = np.minimum(rng.exponential(n_levels / 4, n).astype(np.int64), n_levels - 1)
            logit = logit + effects[name][codes]
            columns[name] = [f"{name}-{code}" for code in codes]
        logit = logit + 0.1 * np.log1p(columns["visits"]) - 0.02 * columns["age"]
        columns["income"] = np.where(rng.random(n) < 0.1, np.nan, np.exp(rng.normal(10, 1, n)).round(2))
        columns[TARGET] = np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "yes", "no")
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(columns)), folder / f"part-{number:04d}.parquet")


def _train(place: Path, memory: str, minutes: str) -> dict[str, Cost]:
    """Run the training, and return what each task took."""
    command = [sys.executable, "-m", "pipelines", "run", "training", "--source", str(place / "source")]
    command += ["--target", TARGET, "--memory", memory, "--minutes", minutes, "--runs", str(place / "runs")]
    looks: list[tuple[float, float]] = []
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--name", "size"], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        family = ProcessFamily(process.pid)
        while process.poll() is None:
            looks.append((time.time(), family.measure_memory() / 1e6))
            time.sleep(_INTERVAL)
    if process.returncode:
        sys.exit((place / "log").read_text(encoding="utf-8"))
    events = (place / "runs/size/events.jsonl").read_text(encoding="utf-8").splitlines()
    costs = {}
    for event in map(json.loads, events):
        if event["event"] == "task" and event["state"] == "finished":
            end, seconds = event["time"], event["seconds"]
            peak = max((megabytes for when, megabytes in looks if end - seconds <= when <= end), default=0.0)
            costs[event["name"]] = Cost(seconds, peak)
    return costs


def _print_comparison(place: Path) -> None:
    run = place / "runs/size"
    started = time.process_time()
    with duckdb.connect() as connection:
        connection.sql(f"SUMMARIZE SELECT * FROM '{place}/source/*.parquet'").fetchall()
    print(f"  DuckDB's SUMMARIZE of the source: {time.process_time() - started:.1f} processor seconds")
    (split,) = run.glob("artifacts/*/split")
    (verdict,) = run.glob("artifacts/*/evaluate/verdict")
    train, test = (read_frame(split / name) for name in ("train", "test"))
    for frame in (train, test):
        for name in frame.select_dtypes("object").columns.drop(TARGET):
            frame[name] = frame[name].astype("category")
        frame["day"] = frame["day"].astype("int64")
    for name in _LEVELS:
        test[name] = test[name].cat.set_categories(train[name].cat.categories)
    started = time.process_time()
    model = lgb.LGBMClassifier(verbosity=-1).fit(train.drop(columns=TARGET), train[TARGET])
    seconds = time.process_time() - started
    predicted = np.asarray(model.predict_proba(test.drop(columns=TARGET)))[:, 1]
    auc = roc_auc_score(test[TARGET] == "yes", predicted)
    record = json.loads(verdict.read_text(encoding="utf-8"))["record"]
    print(f"  LightGBM as it comes, on all rows: ROC AUC {auc:.5f}, {seconds:.1f} processor seconds")
    print(f"  {record['model']}, the model of the run: ROC AUC {record['score']:.5f}", flush=True)


if __name__ == "__main__":
    main()
