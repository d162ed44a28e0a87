"""How fast ingest copies from object storage, beside the MinIO client that checks nothing.

``python -m benchmarks.s3`` starts a MinIO server of its own. Server and client share the processors of one
machine, so the check of the content, which has its own threads, has less room than it has on a cluster.
"""

import hashlib
import io
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

from minio import Minio

from components.ingest.sources.catalogue import find_source
from tests.minio_server import run_minio

TARGET = 0.9
_REPEATS = 7
_BUCKET, _USER, _PASSWORD = "speed", "owner", "owner-secret-key"
_BLOCK = 1_000_000
_N_BLOCKS = 1000
_N_SMALL = 1000
_SMALL_SIZE = 100_000


class Cost(NamedTuple):
    """What a copy took: seconds, and seconds of this process's processors."""

    wall: float
    processor: float


def main() -> None:
    """Print seconds and the ratio of speeds for a large object and for many small ones."""
    with TemporaryDirectory() as folder, run_minio(Path(folder), _USER, _PASSWORD) as endpoint:
        client = Minio(endpoint.partition("://")[2], _USER, _PASSWORD, secure=False, region="us-east-1")
        names = _put_objects(client, Path(folder))
        settings = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": _USER,
            "AWS_SECRET_ACCESS_KEY": _PASSWORD,
        }
        print(f"MD5 of 1 GB: {_measure_md5():.2f} s of a processor; {os.cpu_count()} processors")
        print(
            f"{'objects':<22}{'client s':>10}{'ingest s':>10}{'speed':>8}{'target':>8}{'client CPU s':>14}"
            f"{'ingest CPU s':>14}"
        )
        with patch.dict(os.environ, settings):
            for title, address, keys in names:
                _compare(title, client, address, keys, Path(folder))


def _put_objects(client: Minio, folder: Path) -> list[tuple[str, str, list[str]]]:
    """Put the objects; return a title, an address and the keys of each kind."""
    client.make_bucket(_BUCKET)
    block = os.urandom(_BLOCK)
    large = folder / "large"
    with large.open("wb") as file:
        for _ in range(_N_BLOCKS):
            file.write(block)
    client.fput_object(_BUCKET, "parts.csv", str(large))
    client.fput_object(_BUCKET, "one.csv", str(large), part_size=5 << 30)
    large.unlink()
    small = [f"small/{number:04}.csv" for number in range(_N_SMALL)]
    for key in small:
        client.put_object(_BUCKET, key, io.BytesIO(block), _SMALL_SIZE)
    return [
        ("1 GB, put in parts", f"s3://{_BUCKET}/parts.csv", ["parts.csv"]),
        ("1 GB, put in one piece", f"s3://{_BUCKET}/one.csv", ["one.csv"]),
        (f"{_N_SMALL:,} of 100 kB", f"s3://{_BUCKET}/small/", small),
    ]


def _compare(title: str, client: Minio, address: str, keys: list[str], folder: Path) -> None:
    def copy(place: Path) -> None:
        for key in keys:
            client.fget_object(_BUCKET, key, str(place / key))

    plain, ours = [], []
    # By turns, so that other work on the machine slows both.
    for _ in range(_REPEATS):
        plain.append(_measure(copy, folder))
        ours.append(_measure(lambda place: find_source(address).fetch(place), folder))
    walls = [median(cost.wall for cost in costs) for costs in (plain, ours)]
    processors = [median(cost.processor for cost in costs) for costs in (plain, ours)]
    print(
        f"{title:<22}{walls[0]:>10.2f}{walls[1]:>10.2f}{walls[0] / walls[1]:>8.2f}{TARGET:>8}"
        f"{processors[0]:>14.2f}{processors[1]:>14.2f}",
        flush=True,
    )


def _measure(copy: Callable[[Path], object], folder: Path) -> Cost:
    place = folder / "copy"
    place.mkdir()
    wall, processor = time.perf_counter(), time.process_time()
    copy(place)
    cost = Cost(time.perf_counter() - wall, time.process_time() - processor)
    shutil.rmtree(place)
    return cost


def _measure_md5() -> float:
    block = bytes(_BLOCK)
    start = time.process_time()
    digest = hashlib.md5(usedforsecurity=False)
    for _ in range(_N_BLOCKS):
        digest.update(block)
    return time.process_time() - start


if __name__ == "__main__":
    main()
