from pathlib import Path

import numpy as np
import pytest

from pipelines.data.hash_partitions import HashPartitions, count_partitions


@pytest.mark.parametrize(
    ("rows", "partitions"), [(0, 1), (400_000, 1), (400_001, 2), (10_000_000, 32), (10**12, 256)]
)
def test_a_partition_has_room_in_memory_and_there_are_not_too_many(rows: int, partitions: int) -> None:
    assert count_partitions(rows) == partitions


@pytest.mark.parametrize("n", [1, 4])
def test_every_row_comes_back_once_and_equal_keys_are_together(tmp_path: Path, n: int) -> None:
    keys = np.random.default_rng(0).integers(0, 2**64, (500, 2), dtype=np.uint64)
    keys[250:] = keys[:250]
    with HashPartitions(tmp_path / "parts", n) as partitions:
        partitions.add(keys[:300], keys[:300] + np.uint64(1), 0)
        partitions.add(keys[300:], keys[300:] + np.uint64(1), 300)
    parts = [partitions.read(number) for number in range(n)]
    assert sorted(row for part in parts for row in part["row"].tolist()) == [*range(500)]
    for part in parts:
        assert {int(row) % 250 for row in part["row"]} == {int(row) for row in part["row"] if row < 250}
        assert (part["key_high"] == keys[part["row"], 0]).all()
        assert (part["row_low"] == keys[part["row"], 1] + np.uint64(1)).all()
