from collections.abc import Iterator

import pyarrow as pa

from components._files.row_filters import RepeatFilter, UnnamedFilter, drop_last_rows


def make_batches(*columns: list[list[str]]) -> Iterator[pa.RecordBatch]:
    """Yield a batch for each list of rows of the columns x and y."""
    for rows in columns:
        yield pa.record_batch([list(column) for column in zip(*rows, strict=True)], names=["x", "y"])


def read(found: Iterator[pa.RecordBatch]) -> list[list[str]]:
    return [list(row.values()) for batch in found for row in batch.to_pylist()]


def test_rows_like_the_header_are_left_out() -> None:
    repeats = RepeatFilter([["x", "y"], ["kg", ""]])
    first, second = [["1", "a"], ["x", "y"], ["x", "z"]], [["2", "b"], ["\ufeffx", "y"], ["kg", ""]]
    assert read(repeats.apply(make_batches(first, second))) == [["1", "a"], ["x", "z"], ["2", "b"]]
    (notice,) = repeats.collect_notices()
    assert notice.text == "Rows that repeat the header are left out: 2, 5, 6 (counted below it)."


def test_a_table_without_a_header_repeats_none() -> None:
    repeats = RepeatFilter([])
    assert read(repeats.apply(make_batches([["x", "y"]]))) == [["x", "y"]]
    assert repeats.collect_notices() == []


def test_columns_without_a_name_are_left_out_until_they_have_a_value() -> None:
    unnamed = UnnamedFilter(["y"])
    found = list(unnamed.apply(make_batches([["1", " "]], [["2", "a"]], [["3", ""]])))
    assert [batch.schema.names for batch in found] == [["x"], ["x", "y"], ["x", "y"]]
    assert unnamed.collect_notices() == []


def test_columns_that_stay_empty_are_counted() -> None:
    unnamed = UnnamedFilter(["x", "y"])
    list(unnamed.apply(make_batches([["", ""]])))
    (notice,) = unnamed.collect_notices()
    assert notice.text == "2 columns without names and without values are left out."


def test_the_last_rows_are_decided_together() -> None:
    rows = [[str(number), "a"] for number in range(9)]
    asked = []

    def decide(tail: pa.Table, n_before: int) -> int:
        asked.append((tail.column("x").to_pylist(), n_before))
        return 2

    found = drop_last_rows(make_batches(rows[:4], rows[4:7], rows[7:]), 3, decide)
    assert [row[0] for row in read(found)] == list("0123456")
    assert asked == [(["6", "7", "8"], 6)]


def test_a_table_without_rows_has_no_last_ones() -> None:
    assert list(drop_last_rows(iter(()), 3, lambda tail, _: tail.num_rows)) == []
