from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.row_groups import collect_row_groups

SCHEMA = pa.schema([("x", pa.int64()), ("text", pa.string())])


def make_batches(sizes: list[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for size in sizes:
        numbers = range(start, start + size)
        texts = [None if i % 3 == 0 else "ä" * (i % 5) for i in numbers]
        yield pa.record_batch([pa.array(numbers, pa.int64()), pa.array(texts, pa.string())], schema=SCHEMA)
        start += size


@pytest.mark.parametrize("most_bytes", [0, 100, 1 << 26], ids=["all on disk", "some", "none"])
@settings(deadline=None, max_examples=50)
@given(sizes=st.lists(st.integers(0, 25), max_size=8))
def test_groups_have_all_rows_in_their_order_wherever_they_wait(sizes: list[int], most_bytes: int) -> None:
    groups = list(collect_row_groups(make_batches(sizes), SCHEMA, 10, most_bytes))
    n_full, rest = divmod(sum(sizes), 10)
    assert [group.num_rows for group in groups] == [10] * n_full + ([rest] if rest else [])
    expected = pa.Table.from_batches(make_batches(sizes), SCHEMA)
    assert pa.concat_tables([SCHEMA.empty_table(), *groups]).equals(expected)


def test_wide_rows_do_not_wait_in_memory() -> None:
    names = [f"c{i}" for i in range(100)]
    schema = pa.schema([(name, pa.float64()) for name in names])

    def make_wide_batches() -> Iterator[pa.RecordBatch]:
        for _ in range(20):
            # 800 kB, which are free as soon as they are written.
            assert pa.total_allocated_bytes() - before < 3_000_000
            yield pa.record_batch([pa.array([0.5] * 1000) for _ in names], schema=schema)

    before = pa.total_allocated_bytes()
    (group,) = collect_row_groups(make_wide_batches(), schema, 65_536, 1_000_000)
    assert group.num_rows == 20_000
    assert pa.total_allocated_bytes() - before < 3_000_000
