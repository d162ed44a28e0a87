"""Seconds and memory of each task of ``make run`` on tables of growing size.

``python -m benchmarks.size 100000 1000000 10000000`` writes tables of so many rows and 20 columns, trains on
each with ``--memory``, and prints a line for each task, with the exponent of its growth between tables. For
comparison it prints what DuckDB's SUMMARIZE of the same table takes, and the error of LightGBM as it comes,
fitted on all training rows in this process. ``--blocks 3`` makes a table of 58 columns. ``--write FILE`` puts
what was measured into the file of the cost model, in place of what it has of tables of the same size, and
fits the model again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from benchmarks.cost_fit import update_cost_model
from benchmarks.quality.measurement import ProcessFamily
from components._table.learning_rows import choose_rows_to_learn_from
from components._table.storage import count_rows, read_frame

TARGET = "bought"
_BATCH = 500_000
_INTERVAL = 0.1
_NUMBERS = 10
# A category has so many levels.
_LEVELS = {"shop": 5, "product": 40, "town": 500, "customer": 20_000}
_FEATURES = _NUMBERS + len(_LEVELS) + 5


class MeasuredCost(NamedTuple):
    """What a task took.

    Attributes
    ----------
    seconds : float
        Time from its start to its end, or its processor seconds if they are fewer: beside other work it
        waits.
    megabytes : float
        Most memory of all processes of the run meanwhile, those that start stages included.
    bytes : int
        Size of its artifacts.
    """

    seconds: float
    megabytes: float
    bytes: int


class Look(NamedTuple):
    """The memory of a run at a time, in seconds since 1970, and each process's processor seconds so far."""

    time: float
    megabytes: float
    seconds: Mapping[int, float]


def main() -> None:
    """Print the table of costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--memory", default="2g")
    parser.add_argument("--minutes", default="2")
    parser.add_argument(
        "--blocks", type=int, default=1, help="how often each feature is there, as another one"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="add to this file of the cost model")
    given = parser.parse_args()
    before: dict[str, MeasuredCost] = {}
    n_before = 0
    for n_rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            write_source(place / "source", n_rows, given.blocks)
            costs = _train(place, given.memory, given.minutes)
            n_columns = 1 + given.blocks * _FEATURES
            print(f"{n_rows:,} rows x {n_columns}, --memory {given.memory}, --minutes {given.minutes}")
            for task, cost in costs.items():
                growth = ""
                if task in before:
                    power = np.log(cost.seconds / before[task].seconds) / np.log(n_rows / n_before)
                    growth = f"   rows^{power:.2f}"
                print(f"  {task:<14}{cost.seconds:>8.1f} s{cost.megabytes:>8,.0f} MB{growth}")
            print(f"  {'all':<14}{sum(cost.seconds for cost in costs.values()):>8.1f} s", flush=True)
            if given.write is not None:
                tasks = {task: cost._asdict() for task, cost in costs.items()}
                size = {"rows": n_rows, "columns": n_columns, "bytes": _measure_bytes(place / "source")}
                limits = {"memory": given.memory, "minutes": float(given.minutes)}
                learned = {"learned_rows": _count_learned_rows(place / "runs/size")}
                update_cost_model(given.write, {**size, **learned, **limits, "tasks": tasks})
            _print_comparison(place)
            before, n_before = costs, n_rows


def write_source(folder: Path, n_rows: int, n_blocks: int = 1) -> None:
    """Write a table as Parquet files: numbers, whole numbers, dates, categories with an effect, and nulls.

    Parameters
    ----------
    folder : Path
        Folder to make.
    n_rows : int
        Its rows.
    n_blocks : int
        How often it has its 19 features, with other values and, from the second time on, without effect.
    """
    folder.mkdir()
    effects = {name: np.random.default_rng(1).normal(0, 0.5, n) for name, n in _LEVELS.items()}
    for number, start in enumerate(range(0, n_rows, _BATCH)):
        rng = np.random.default_rng([0, number])
        n = min(_BATCH, n_rows - start)
        columns, codes = _draw_features(rng, n)
        logit = columns["x0"] - 0.7 * columns["x1"] * columns["x2"] + 0.5 * np.abs(columns["x3"])
        for name, of_rows in codes.items():
            logit = logit + effects[name][of_rows]
        logit = logit + 0.1 * np.log1p(columns["visits"]) - 0.02 * columns["age"]
        columns[TARGET] = np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "yes", "no")
        for block in range(1, n_blocks):
            more, _ = _draw_features(rng, n)
            columns |= {f"{name}_{block}": values for name, values in more.items()}
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(columns)), folder / f"part-{number:04d}.parquet")


def _draw_features(rng: np.random.Generator, n: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the features of ``n`` rows, and the level of each category by its number."""
    columns: dict[str, Any] = {f"x{i}": rng.normal(size=n) for i in range(_NUMBERS)}
    columns["visits"] = rng.poisson(3, n)
    columns["age"] = rng.integers(18, 90, n)
    columns["day"] = np.datetime64("2020-01-01", "us") + rng.integers(0, 1500, n) * np.timedelta64(1, "D")
    columns["member"] = rng.random(n) < 0.3
    codes = {}
    for name, n_levels in _LEVELS.items():
        codes[name] = np.minimum(rng.exponential(n_levels / 4, n).astype(np.int64), n_levels - 1)
        columns[name] = [f"{name}-{code}" for code in codes[name]]
    columns["income"] = np.where(rng.random(n) < 0.1, np.nan, np.exp(rng.normal(10, 1, n)).round(2))
    return columns, codes


def _train(place: Path, memory: str, minutes: str) -> dict[str, MeasuredCost]:
    """Run the training, and return what each task took."""
    command = [sys.executable, "-m", "pipelines", "run", "training", "--source", str(place / "source")]
    command += ["--target", TARGET, "--memory", memory, "--minutes", minutes, "--runs", str(place / "runs")]
    looks: list[Look] = []
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--name", "size"], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        family = ProcessFamily(process.pid)
        while process.poll() is None:
            looks.append(Look(time.time(), family.measure_memory() / 1e6, family.measure_seconds()))
            time.sleep(_INTERVAL)
    if process.returncode:
        sys.exit((place / "log").read_text(encoding="utf-8"))
    run = place / "runs/size"
    events = (run / "events.jsonl").read_text(encoding="utf-8").splitlines()
    costs = {}
    for event in map(json.loads, events):
        if event["event"] == "task" and event["state"] == "finished":
            # A task of a loop has its folder in that of the loop.
            folders = run.glob(f"artifacts/*/**/{event['name']}/executor_output.json")
            costs[event["name"]] = _compute_cost(
                event, looks, sum(_measure_bytes(file.parent) for file in folders)
            )
    return costs


def _compute_cost(event: Mapping[str, Any], looks: Sequence[Look], n_bytes: int) -> MeasuredCost:
    """Return what a task took, by the event of its end and by looks at the processes of its run."""
    end = event["time"]
    start = end - event["seconds"]
    peak = max((look.megabytes for look in looks if start <= look.time <= end), default=0.0)
    before = max((look for look in looks if look.time < start), key=lambda look: look.time, default=looks[0])
    after = min((look for look in looks if look.time > end), key=lambda look: look.time, default=looks[-1])
    # The processes of before import libraries for later tasks.
    used = sum(seconds for process, seconds in after.seconds.items() if process not in before.seconds)
    seconds = min(event["seconds"], max(used, _INTERVAL))
    return MeasuredCost(round(seconds, 2), round(peak), n_bytes)


def _count_learned_rows(run: Path) -> int:
    (split,) = run.glob("artifacts/*/split")
    return count_rows(choose_rows_to_learn_from(split / "train", split / "sample"))


def _measure_bytes(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


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
        for name in frame.select_dtypes("datetime").columns:
            frame[name] = frame[name].astype("int64")
    for name in train.select_dtypes("category").columns:
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
