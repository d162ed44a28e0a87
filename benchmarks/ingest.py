"""What ingest of a CSV file costs beside pyarrow's plain conversion of the same file to Parquet.

``python -m benchmarks.ingest`` writes files of several kinds, and prints the processor time of both and the
peak memory of ingest. Each measurement has a process of its own.
"""

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv as pc
import pyarrow.parquet as pq

from components._problem.spec import Problem
from components.ingest.run import run

TARGET = "tier"
_REPEATS = 3
_PART = 100_000


def main() -> None:
    """Print the ratio and the peak memory for each kind of file."""
    print(f"{'file':<28}{'MB':>6}{'pyarrow':>10}{'ingest':>10}{'ratio':>8}{'peak memory':>14}")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        for name, n_rows, make, form in _FILES:
            _write(file, n_rows, make, form)
            mark = form.get("sep", ",")
            plain = min(_measure(_convert, file, mark)[0] for _ in range(_REPEATS))
            runs = [_measure(_ingest, file, mark) for _ in range(_REPEATS)]
            seconds, memory = min(seconds for seconds, _ in runs), max(memory for _, memory in runs)
            print(
                f"{name:<28}{file.stat().st_size / 1e6:>6.0f}{plain:>8.2f} s{seconds:>8.2f} s"
                f"{seconds / plain:>8.2f}{memory:>11,.0f} MB",
                flush=True,
            )


def _write(file: Path, n_rows: int, make: Callable[..., dict[str, Any]], form: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    with file.open("w", encoding="utf-8") as rows:
        for start in range(0, n_rows, _PART):
            frame = pd.DataFrame(make(random, np.arange(start, min(start + _PART, n_rows))))
            frame[TARGET] = random.choice(["gold", "silver"], len(frame))
            frame.to_csv(rows, index=False, header=start == 0, **form)


def _make_typical(random: np.random.Generator, ids: np.ndarray) -> dict[str, Any]:
    n = len(ids)
    return {
        "id": ids,
        "score": random.normal(size=n).round(4),
        "visits": random.integers(0, 1000, n),
        "region": random.choice(["north", "south", "east", "west"], n),
        "day": _make_days(random, n, "%Y-%m-%d"),
        "amount": random.normal(100, 20, n).round(2),
        "member": random.choice(["yes", "no"], n),
        "flag": random.integers(0, 2, n),
        "share": random.normal(size=n).round(3),
    }


def _make_wide(random: np.random.Generator, ids: np.ndarray) -> dict[str, Any]:
    makers = list(_make_typical(random, ids).items())
    return {f"{makers[i % 9][0]}_{i}": makers[i % 9][1] for i in range(99)}


def _make_texts(random: np.random.Generator, ids: np.ndarray) -> dict[str, Any]:
    words = np.array([f"word{i}" for i in range(5_000)])

    def join(n_words: int) -> list[str]:
        return [" ".join(chosen) for chosen in words[random.integers(0, len(words), (len(ids), n_words))]]

    mails = [f"user{i}@example.org" for i in random.integers(0, 10**7, len(ids))]
    return {"id": ids, "title": join(4), "body": join(30), "mail": mails, "note": join(8)}


def _make_german(random: np.random.Generator, ids: np.ndarray) -> dict[str, Any]:
    n = len(ids)
    marks = str.maketrans(",.", ".,")
    return {
        "id": ids,
        "betrag": [f"{value:,.2f}".translate(marks) for value in random.normal(1000, 3000, n)],
        "preis": [f"{value:.2f}".translate(marks) for value in random.normal(20, 5, n)],
        "anteil": [f"{value:.4f}".translate(marks) for value in random.uniform(0, 1, n)],
        "datum": _make_days(random, n, "%d.%m.%Y"),
        "ort": random.choice(["Köln", "München", "Berlin"], n),
    }


def _make_nulls(random: np.random.Generator, ids: np.ndarray) -> dict[str, Any]:
    columns = pd.DataFrame(_make_typical(random, ids))
    for name in columns.columns[1:]:
        columns[name] = columns[name].astype(object).mask(random.uniform(size=len(ids)) < 0.6)
    columns["share"] = columns["share"].fillna("NA")
    return {str(name): values for name, values in columns.items()}


def _make_precise(random: np.random.Generator, ids: np.ndarray) -> dict[str, Any]:
    return {"id": ids, **{f"x{i}": random.normal(size=len(ids)) * 10.0**-i for i in range(8)}}


def _make_days(random: np.random.Generator, n: int, form: str) -> Any:
    return pd.to_datetime(pd.Series(1.6e9 + random.integers(0, 10**8, n)), unit="s").dt.strftime(form).array


_FILES: tuple[tuple[str, int, Callable[..., dict[str, Any]], dict[str, Any]], ...] = (
    ("typical, 1 M x 10", 1_000_000, _make_typical, {}),
    ("typical, 4 M x 10", 4_000_000, _make_typical, {}),
    ("wide, 100,000 x 100", 100_000, _make_wide, {}),
    ("many nulls, 500,000 x 10", 500_000, _make_nulls, {}),
    ("floats of 17 digits", 500_000, _make_precise, {}),
    ("free texts, 200,000 x 6", 200_000, _make_texts, {}),
    ("German, 500,000 x 7", 500_000, _make_german, {"sep": ";"}),
)


def _measure(task: Callable[[Path, str], None], file: Path, mark: str) -> tuple[float, float]:
    """Return the processor seconds and the peak memory in MB of a process that does a task."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run_task, (task, file, mark))


def _run_task(task: Callable[[Path, str], None], file: Path, mark: str) -> tuple[float, float]:
    start = time.process_time()
    task(file, mark)
    seconds = time.process_time() - start
    # The peak that getrusage gives may be that of the process which started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return seconds, int(status["VmHWM"].split()[0]) / 1000


def _convert(file: Path, mark: str) -> None:
    place = file.with_suffix(".parquet")
    with (
        pc.open_csv(file, parse_options=pc.ParseOptions(delimiter=mark)) as rows,
        pq.ParquetWriter(place, rows.schema, compression="zstd") as table,
    ):
        for batch in rows:
            table.write_batch(batch)


def _ingest(file: Path, _: str) -> None:
    with TemporaryDirectory(dir=file.parent) as folder:
        place = Path(folder)
        Problem(target=TARGET).save(str(place / "problem.yaml"))
        run(
            dataset=str(place / "dataset"),
            reading=str(place / "reading.json"),
            problem=str(place / "problem.yaml"),
            source=str(file),
            seed=0,
        )


if __name__ == "__main__":
    main()
