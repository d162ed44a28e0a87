"""How fast a table of ten columns comes from PostgreSQL on loopback, and in how much memory.

``python -m benchmarks.sql`` starts a server of its own, from Debian's package ``postgresql``.
"""

import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from components.ingest.sources.catalogue import fetch_source
from tests.postgres import Postgres, run_postgres

ROWS = (1_000_000, 4_000_000)
TARGET = 250_000
_REPEATS = 3
_TABLE = """
CREATE TABLE rows_{n} AS SELECT
    i AS id,
    (i * 7919 % 1000)::int AS visits,
    random() AS share,
    random()::real AS score,
    (random() * 1000)::numeric(12, 2) AS amount,
    'city ' || i % 500 AS city,
    md5(i::text) AS code,
    timestamptz '2024-01-01' + i * interval '1 second' AS seen_at,
    date '2020-01-01' + (i % 1000)::int AS birthday,
    i % 2 = 0 AS churned
FROM generate_series(1, {n}::bigint) AS i
"""


def main() -> None:
    """Print rows per second and peak memory for each size and reader."""
    with run_postgres(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[0].parent) as server:
        for n_rows in ROWS:
            server.run(
                _TABLE.format(n=n_rows), f"ALTER TABLE rows_{n_rows} ADD PRIMARY KEY (id)", "VACUUM ANALYZE"
            )
        print(f"{'rows':>12}{'reader':>8}{'rows/s':>12}{'target':>12}{'peak memory':>14}")
        for n_rows in ROWS:
            for reader in ("ADBC", "COPY"):
                runs = [_measure(server, n_rows, reader) for _ in range(_REPEATS)]
                speed = max(speed for speed, _ in runs)
                memory = max(memory for _, memory in runs)
                target = f"{TARGET:,}" if reader == "ADBC" else ""
                print(f"{n_rows:>12,}{reader:>8}{speed:>12,.0f}{target:>12}{memory:>11,.0f} MB", flush=True)


def _measure(server: Postgres, n_rows: int, reader: str) -> tuple[float, float]:
    """Return the rows per second and the peak memory in MB of a process that reads a table."""
    # A new process, whose memory is only this reading's.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_fetch, (server.port, server.make_url(), n_rows, reader))


def _fetch(port: int, url: str, n_rows: int, reader: str) -> tuple[float, float]:
    if reader == "COPY":
        # As if the driver were not installed.
        sys.modules["adbc_driver_postgresql"] = None  # type: ignore[assignment]
    os.environ["PGPASSWORD"] = url.partition("@")[0].rpartition(":")[2]
    address = f"postgresql://admin@127.0.0.1:{port}/postgres?table=rows_{n_rows}"
    with TemporaryDirectory() as scratch:
        start = time.perf_counter()
        found = fetch_source(address, Path(scratch))
        seconds = time.perf_counter() - start
        assert found.facts["reader"].startswith(reader), found.facts
    return n_rows / seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
