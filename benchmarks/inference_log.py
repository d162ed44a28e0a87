"""What the inference log costs the server, and how fast it is read: ``make bench-log``.

The server has one process and the sample's model, and a client sends it one row per request on many
connections. The processor's time of a request is compared, with and without the log: where the processor is
the limit, requests per second are its inverse. So the figure means something on a busy machine, too.
"""

import asyncio
import json
import multiprocessing
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.stages import run_stages
from components._inference_log.reader import LogReader
from components._inference_log.record import LogRecord, encode_record
from components._inference_log.segments import SegmentWriter, list_segments
from components._table.kinds import Kind
from components._table.reading import Value
from tests.model_server import run_model_server

_TRAINING_ROWS = 10_000
_REQUESTS = 20_000
_CONNECTIONS = 32
_ROUNDS = 10
_LOGGED_ROWS, _COLUMNS = 1_000_000, 50
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the cost of the log, and the speed of reading it."""
    with tempfile.TemporaryDirectory() as name:
        _measure_cost(Path(name))
    with tempfile.TemporaryDirectory() as name:
        _measure_reading(Path(name))


def _measure_cost(folder: Path) -> None:
    problem = {"identifiers": ["customer_id"]}
    run_stages(folder, f"sample:churn?rows={_TRAINING_ROWS}", "churned", problem, trials=1)
    model = folder / "model"
    if not (model / "problem.json").exists():
        (model / "problem.json").write_text(json.dumps({"target": "churned", **problem}))
    row = json.loads((model / "golden.json").read_text())["rows"][0]
    body = json.dumps({"instances": [{**row, "customer_id": "C-17"}]}).encode()
    logged = ["--log_dir", str(folder / "logs")]
    rounds: list[list[float]] = []
    with (
        run_model_server(model, "--grpc_port", "0", name="churn") as plain,
        run_model_server(model, "--grpc_port", "0", *logged, name="churn") as logging,
    ):
        for _ in range(_ROUNDS + 1):
            # One after the other, so that both see the same machine.
            times = []
            for server in (plain, logging):
                before = _read_processor_seconds(server.process.pid)
                asyncio.run(_send_requests(int(server.url.rpartition(":")[2]), body))
                times.append((_read_processor_seconds(server.process.pid) - before) / _REQUESTS)
            rounds.append(times)
    without, with_log = (statistics.median(times) for times in zip(*rounds[1:], strict=True))
    ratio = statistics.median(without / with_log for without, with_log in rounds[1:])
    written = b"".join(path.read_bytes() for path in list_segments(folder / "logs"))
    n_rows = written.count(b"\n")
    print(
        f"serving: {without * 1e6:.1f} µs of the processor per request, {with_log * 1e6:.1f} µs with "
        f"the log; {ratio:.3f} times the requests per second (at least 0.95 is wanted); "
        f"{n_rows:,} of {_REQUESTS * len(rounds):,} rows logged, {len(written) / n_rows:.0f} bytes each"
    )


def _read_processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _send_requests(port: int, body: bytes) -> None:
    head = b"POST /v1/models/churn:predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    request = head + b"content-length: %d\r\n\r\n" % len(body) + body

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(_REQUESTS // _CONNECTIONS):
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"the server answered {answer.decode()}")
            length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*(ask() for _ in range(_CONNECTIONS)))


def _measure_reading(folder: Path) -> None:
    kinds: list[Kind] = ["float", "float", "integer", "string", "datetime"]
    columns = {f"column_{i}": kinds[i % len(kinds)] for i in range(_COLUMNS)}
    segments = SegmentWriter(folder, "v", most_bytes=10_000_000_000)
    for chunk in _iterate_chunks(columns):
        segments.append(chunk)
    n_bytes = sum(path.stat().st_size for path in list_segments(folder))
    # In a process of its own, whose memory is that of reading.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        read = pool.submit(_read_rows, folder / "v", columns).result()
    print(
        f"reading: {read.n_rows:,} rows of {_COLUMNS} columns, {n_bytes / 1e9:.2f} GB, in {read.seconds:.1f} "
        f"s, {read.processor:.1f} s of the processors (under 30 s is wanted), with {read.megabytes:.0f} MB"
    )


class _Reading(NamedTuple):
    n_rows: int
    seconds: float
    processor: float
    megabytes: float


def _read_rows(folder: Path, columns: dict[str, Kind]) -> _Reading:
    started, used = time.perf_counter(), time.process_time()
    reader = LogReader(list_segments(folder), columns, ["customer_id"])
    n_rows = sum(table.num_rows for table in reader.read())
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    return _Reading(n_rows, seconds, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def _iterate_chunks(columns: dict[str, Kind]) -> Iterator[list[bytes]]:
    draw = random.Random(0)
    values: dict[Kind, Callable[[], Value]] = {
        "float": lambda: draw.gauss(0, 100),
        "integer": lambda: draw.randrange(1_000),
        "string": lambda: draw.choice(("Bern", "Oslo", "Wellington")),
        "datetime": lambda: datetime(2026, 1, 1) + timedelta(minutes=draw.randrange(400_000)),
    }
    pool: list[dict[str, Value]] = [
        {name: values[kind]() for name, kind in columns.items()} for _ in range(2_000)
    ]
    start, n_rows = datetime(2026, 11, 1, tzinfo=UTC), 10_000
    for first in range(0, _LOGGED_ROWS, n_rows):
        yield [
            encode_record(
                LogRecord(
                    start + timedelta(seconds=i),
                    f"{i:032x}",
                    0,
                    pool[i % len(pool)],
                    [draw.random()],
                    1,
                    {"customer_id": f"C-{i}"},
                )
            )
            for i in range(first, first + n_rows)
        ]


if __name__ == "__main__":
    main()
