from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._table.batch_size import choose_batch_rows

RANDOM = np.random.default_rng(0)
TEXTS = pa.array([f"{number}" + 20_000 * "x" for number in range(200)])
NUMBERS = pa.array(RANDOM.random(200))


@pytest.mark.parametrize(
    ("columns", "read", "expected"),
    [
        ({"x": NUMBERS}, None, 65_536),
        # 64 MiB / 20 kB.
        ({"text": TEXTS, "x": NUMBERS}, None, 3_350),
        ({"text": TEXTS, "x": NUMBERS}, ["text"], 3_351),
        ({"text": TEXTS, "x": NUMBERS}, ["x"], 65_536),
        # A column that is one number in the file takes 8 bytes per row in memory.
        ({f"c{number}": pa.array(200 * [1]) for number in range(1000)}, None, 8_388),
        ({"x": NUMBERS[:0]}, None, 65_536),
    ],
)
def test_the_rows_of_a_batch_take_about_64_mebibytes(
    tmp_path: Path, columns: dict[str, pa.Array], read: list[str] | None, expected: int
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "part.parquet")
    assert choose_batch_rows(pq.read_metadata(tmp_path / "part.parquet"), 65_536, read) == pytest.approx(
        expected, rel=0.01
    )


def test_one_value_of_very_many_bytes_does_not_make_each_row_a_batch(tmp_path: Path) -> None:
    with pq.ParquetWriter(tmp_path / "part.parquet", pa.schema({"text": pa.string()})) as writer:
        writer.write_table(pa.table({"text": 100 * ["short"]}))
        writer.write_table(pa.table({"text": [30_000_000 * "x"]}))
    assert choose_batch_rows(pq.read_metadata(tmp_path / "part.parquet"), 65_536) == 8
