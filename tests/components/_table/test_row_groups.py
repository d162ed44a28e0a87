from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.row_groups import collect_row_groups, cut_long_texts

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


@settings(deadline=None, max_examples=50)
@given(
    lengths=st.lists(st.none() | st.integers(0, 12), max_size=30),
    most_bytes=st.integers(1, 20),
    n_chunks=st.integers(1, 3),
)
def test_pieces_have_few_bytes_of_texts_or_one_row(
    lengths: list[int | None], most_bytes: int, n_chunks: int
) -> None:
    texts = pa.array([None if length is None else "x" * length for length in lengths], pa.string())
    table = pa.table({"n": pa.array(range(len(lengths)), pa.int64()), "text": texts, "same": texts})
    table = pa.concat_tables([table.slice(at * len(table) // n_chunks, None) for at in range(n_chunks)])
    pieces = list(cut_long_texts(table, most_bytes))
    assert pa.concat_tables([table.slice(0, 0), *pieces]).equals(table)
    for piece in pieces:
        n_bytes = sum(len(text) for text in piece["text"].to_pylist() if text is not None)
        assert n_bytes <= most_bytes or piece.num_rows == 1
