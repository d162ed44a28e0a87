import pyarrow as pa

from components._files.sums import compute_column_sums


def test_numbers_are_summed_for_both_decimal_marks() -> None:
    first = pa.record_batch([["1.5", "x", "$1,000"], ["1,5", "", "2"]], names=["a", "b"])
    second = pa.record_batch([["-2", "7"], ["1e2", "7"]], names=["a", "b"])
    # As 1.5, 1000 and -2; as 15, 1 and -2. As 15, 2 and 100; as 1.5, 2 and 100.
    assert compute_column_sums([first, second], 4, [0, 1]) == [
        [(999.5, 3), (14.0, 3)],
        [(117.0, 3), (103.5, 3)],
    ]


def test_only_the_first_rows_count() -> None:
    batch = pa.record_batch([["1", "2", "4"]], names=["a"])
    assert compute_column_sums([batch, batch], 2, [0]) == [[(3.0, 2), (3.0, 2)]]
