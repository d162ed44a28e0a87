from pathlib import Path

import pyarrow as pa
import pytest

from components._table.learning_rows import choose_rows_to_learn_from, count_rows_in_memory
from components._table.storage import write_table

N = 1_000
TEXTS = ["a" * (i % 21) for i in range(N)]
COLUMNS = {
    "number": pa.array(range(N), pa.int64()),
    "ratio": pa.array([float(i) for i in range(N)]),
    "date": pa.array(range(N), pa.timestamp("us")),
    "flag": pa.array([None, True] * (N // 2), pa.bool_()),
    "text": pa.array(TEXTS, pa.string()),
    "nothing": pa.array([None] * N, pa.string()),
}


def _write(table: pa.Table, path: Path) -> Path:
    write_table(table.to_batches(), table.schema, path)
    return path


@pytest.mark.parametrize(
    ("names", "row_bytes"),
    [
        (["number", "ratio", "date"], 24),
        (["number", "flag"], 9),
        (["number", "text"], 68 + sum(map(len, TEXTS)) / N),
        (["nothing"], 60),
    ],
)
def test_a_row_counts_what_its_columns_take_ten_times(
    tmp_path: Path, names: list[str], row_bytes: float
) -> None:
    table = _write(pa.table({name: COLUMNS[name] for name in names}), tmp_path / "table")
    assert count_rows_in_memory(table, 2 << 30) == int(((2 << 30) - 300_000_000) / (10 * row_bytes))


def test_the_order_of_the_rows_does_not_change_the_number(tmp_path: Path) -> None:
    tables = [pa.table({"x": pa.array(sorted(TEXTS * 100, reverse=falls))}) for falls in (False, True)]
    short, long = (
        count_rows_in_memory(_write(table, tmp_path / f"{i}"), 1 << 30) for i, table in enumerate(tables)
    )
    assert short == long


@pytest.mark.parametrize("n_rows", [0, N])
def test_less_memory_than_the_libraries_take_holds_one_row(tmp_path: Path, n_rows: int) -> None:
    table = _write(pa.table(COLUMNS).slice(0, n_rows), tmp_path / "table")
    assert count_rows_in_memory(table, 1) == 1


def test_a_stage_learns_from_the_sample_if_it_has_rows(tmp_path: Path) -> None:
    table = pa.table(COLUMNS)
    train, empty, sample = (
        str(_write(table.slice(0, n), tmp_path / name))
        for name, n in (("train", N), ("empty", 0), ("sample", 10))
    )
    assert choose_rows_to_learn_from(train, empty) == train
    assert choose_rows_to_learn_from(train, sample) == sample
