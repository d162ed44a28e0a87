"""Rows that batch scoring predicts in a second, beside LightGBM's own predict of as many rows.

``python -m benchmarks.scoring`` trains on the sample as ``make run`` does, or takes the finished ``--run``
of a folder, repeats the rows of its table with some noise, scores them with all processors, and joins the
predictions. LightGBM as it comes, fitted on the same table, predicts the same rows from a matrix in memory:
it neither reads nor prepares nor counts nor writes them.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa

from components._model.signature import Signature
from components._table.storage import open_table, read_frame, write_table
from components.json_file import read_json
from components.memory import resolve_memory
from components.score.run import Settings, join_shards, run

_BATCH = 65_536
# Of a column's standard deviation.
_NOISE = 0.05


class Cost(NamedTuple):
    """What a part took: seconds by the clock, and of all processors."""

    seconds: float
    processor_seconds: float


def main() -> None:
    """Print the time of each part and its ratio to LightGBM's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--run", type=Path, help="folder of a finished training")
    parser.add_argument("--memory", default="2g")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        artifacts = _find_artifacts(given.run or _train(place))
        sample = artifacts / "ingest/dataset"
        write_table(_repeat_rows(sample, given.rows), open_table(sample).schema, place / "table")
        costs = _measure_stages(artifacts, place, resolve_memory(given.memory))
        costs["LightGBM"] = _measure_lightgbm(artifacts, place / "table")
    of_lightgbm = costs["LightGBM"].processor_seconds
    for name, cost in costs.items():
        print(
            f"{name:<14}{given.rows / cost.seconds:>12,.0f} rows/s"
            f"{cost.processor_seconds / given.rows * 1e6:>9.2f} processor microseconds a row, "
            f"{cost.processor_seconds / of_lightgbm:.2f} times LightGBM's"
        )


def _train(place: Path) -> Path:
    command = [sys.executable, "-m", "pipelines", "run", "training", "--runs", str(place / "runs")]
    subprocess.run([*command, "--name", "sample"], check=True)
    return place / "runs/sample"


def _find_artifacts(run_folder: Path) -> Path:
    (artifacts,) = run_folder.glob("artifacts/*")
    return artifacts


def _measure_stages(artifacts: Path, place: Path, memory: int) -> dict[str, Cost]:
    """Return what the stages take for the table in a folder."""
    settings, parts = Settings(shards=1), str(place / "parts")
    places: dict[str, Any] = {
        "dataset": str(place / "table"),
        "model": str(artifacts / "train/model"),
        "registration": str(artifacts / "register/registration"),
    }

    def score() -> None:
        run(**places, predictions=parts, source="", settings=settings, memory=memory)

    def join() -> None:
        written: dict[str, Any] = {
            "predictions": str(place / "predictions"),
            "report": str(place / "report.html"),
        }
        notes: dict[str, Any] = {"unreadable": {}, "warnings": [], "engines": []}
        join_shards(**places, **written, **notes, parts=[parts], source="", settings=settings)

    return {"score": _measure(score), "score-result": _measure(join)}


def _repeat_rows(path: Path, n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield rows drawn from a table, with noise in its decimal numbers."""
    table, random = open_table(path).to_table(), np.random.default_rng(0)
    for start in range(0, n_rows, _BATCH):
        n = min(_BATCH, n_rows - start)
        columns = []
        for column in table.take(random.integers(0, len(table), n)).combine_chunks().columns:
            values = column.combine_chunks()
            if pa.types.is_floating(values.type):
                numbers = values.to_numpy(zero_copy_only=False)
                noise = random.normal(scale=_NOISE * np.nanstd(numbers), size=n)
                values = pa.array((numbers + noise).round(2), from_pandas=True)
            columns.append(values)
        yield pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _measure(work: Callable[[], object]) -> Cost:
    started, used = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - started, time.process_time() - used)


def _measure_lightgbm(artifacts: Path, path: Path) -> Cost:
    """Return what LightGBM takes to predict the rows of a table, fitted on the table of the training."""
    signature = Signature(**read_json(artifacts / "train/model/signature.json"))
    train = read_frame(artifacts / "ingest/dataset", [*signature.columns, signature.target])
    names = list(signature.columns)
    model = lgb.LGBMClassifier(verbosity=-1).fit(_to_numbers(train[names]), train[signature.target])
    rows = _to_numbers(read_frame(path, names))
    return _measure(lambda: model.predict_proba(rows))


def _to_numbers(frame: pd.DataFrame) -> np.ndarray:
    """Return a column of numbers for each column, with the codes of strings."""
    columns = [
        column.astype(np.float64)
        if column.dtype.kind in "iufb"
        else pd.factorize(column, sort=True)[0].astype(np.float64)
        for _, column in frame.items()
    ]
    return np.column_stack(columns)


if __name__ == "__main__":
    main()
