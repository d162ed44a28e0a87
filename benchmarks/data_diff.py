"""``data diff`` of generated tables with ten million rows: ``make bench-diff``.

The second table has the rows of the first in another order; once they are the same, and once ten cells are
changed. Each diff is a process of its own, and its memory is the most that it held at once.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 10_000_000
CHANGES = 10
_CHUNK = 250_000
_CITIES = pa.array(["Belkir", "Dorwesby", "Ostfen", "Taldorby", None])
_SCHEMA = pa.schema(
    {
        "id": pa.int64(), "code": pa.string(), "city": pa.string(), "plan": pa.string(), "age": pa.int64(),
        "visits": pa.int64(), "charge": pa.float64(), "usage": pa.float64(), "is_active": pa.bool_(),
        "joined": pa.timestamp("us"),
    }
)  # fmt: skip


def main() -> None:
    """Print what each diff found, its seconds and its memory."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, same, changed = (folder / f"{what}.parquet" for what in ("old", "same", "changed"))
        write_rows(old, rows, {}, None)
        order = np.random.default_rng(1)
        write_rows(same, rows, {}, order)
        ids = np.sort(np.random.default_rng(2).choice(rows, CHANGES, replace=False))
        write_rows(changed, rows, {int(number): -1.0 for number in ids}, order)
        for what, new in (("the same rows, shuffled", same), (f"{CHANGES} cells changed", changed)):
            _measure(what, rows, old, new, {int(number) for number in ids} if new == changed else set())


def write_rows(file: Path, rows: int, charges: dict[int, float], order: np.random.Generator | None) -> None:
    """Write the rows, with the charges that are given for some of them, in a random order or by number."""
    starts = np.arange(0, rows, _CHUNK)
    with pq.ParquetWriter(file, _SCHEMA) as writer:
        for start in starts if order is None else order.permutation(starts):
            batch = _build_chunk(int(start), charges)
            writer.write_batch(batch if order is None else batch.take(pa.array(order.permutation(_CHUNK))))


def _build_chunk(start: int, charges: dict[int, float]) -> pa.RecordBatch:
    random = np.random.default_rng(start)
    ids = np.arange(start, start + _CHUNK)
    charge = random.normal(50, 20, _CHUNK)
    for number, value in charges.items():
        charge[ids == number] = value
    is_null = random.random(_CHUNK) < 0.05
    return pa.record_batch(
        [
            pa.array(ids),
            pa.array(np.char.mod("C%010d", ids * 7919 % 10_000_000_019)),
            _CITIES.take(pa.array(random.integers(0, len(_CITIES), _CHUNK))),
            pa.array(["basic", "standard", "premium"]).take(pa.array(random.integers(0, 3, _CHUNK))),
            pa.array(random.integers(18, 90, _CHUNK), mask=is_null),
            pa.array(random.poisson(3, _CHUNK)),
            pa.array(charge),
            pa.array(random.exponential(8, _CHUNK).round(3)),
            pa.array(random.random(_CHUNK) < 0.4),
            pa.array(random.integers(1_000_000_000, 1_700_000_000, _CHUNK) * 1_000_000).cast(
                _SCHEMA.types[-1]
            ),
        ],
        schema=_SCHEMA,
    )


def _measure(what: str, rows: int, old: Path, new: Path, ids: set[int]) -> None:
    command = [sys.executable, "-m", "pipelines", "data", "diff", str(old), str(new)]
    started = time.perf_counter()
    done = subprocess.run(["/usr/bin/time", "-v", *command], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    memory = int(re.findall(r"Maximum resident set size \(kbytes\): (\d+)", done.stderr)[0]) / 2**20
    named = {int(number) for number in re.findall(r"id (\d+), charge:", done.stdout)}
    found = (
        "all of them named" if named == ids and ids else "no difference" if not done.returncode else "WRONG"
    )
    print(f"{rows:,} rows, {what}: {found}; {seconds:.0f} s (180 s at most), {memory:.2f} GiB (2 at most)")


if __name__ == "__main__":
    main()
