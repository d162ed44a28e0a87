import pyarrow as pa
import pytest

from components.validate.loaded_column import LoadedColumn

COLUMN = LoadedColumn("x", pa.chunked_array([["b", "a"], [None, "b", "c"]]))


def test_rows_and_values_are_counted() -> None:
    assert (COLUMN.kind, COLUMN.n_rows, COLUMN.n_null, COLUMN.n_known, COLUMN.n_distinct) == (
        "string", 5, 1, 4, 3,
    )  # fmt: skip
    assert dict(COLUMN.iterate_counts()) == {"a": 1, "b": 2, "c": 1}


def test_texts_are_chosen_by_their_rows_or_in_their_order() -> None:
    assert COLUMN.list_frequent(2) == ["b", "a"]
    assert (COLUMN.choose_texts(1), COLUMN.choose_texts(2)) == (["a", "b", "c"], ["a", "c"])


@pytest.mark.parametrize(
    ("values", "range_", "infinite"),
    [
        ([1.5, float("inf"), None, -2.0, float("-inf")], (-2.0, 1.5), (2, (2, 5))),
        ([float("inf")] * 7, (None, None), (7, (1, 2, 3, 4, 5))),
        ([None], (None, None), (0, ())),
    ],
)
def test_infinite_numbers_are_not_in_the_range(
    values: list[float], range_: tuple[float, float], infinite: tuple[int, tuple[int, ...]]
) -> None:
    column = LoadedColumn("x", pa.chunked_array([pa.array(values, pa.float64())]))
    assert (column.compute_range(), column.find_infinite()) == (range_, infinite)


def test_numbers_are_counted_as_floats_and_dates_as_seconds() -> None:
    numbers = LoadedColumn("x", pa.chunked_array([[2**53 + 1, 2**53, None, 3]])).count_numbers()
    assert (numbers.lowest.values.tolist(), numbers.lowest.counts.tolist()) == ([3, 2**53], [1, 2])
    dates = pa.array([1_500_000, 1_600_000, 1_500_000], pa.timestamp("us"))
    seconds = LoadedColumn("x", pa.chunked_array([dates])).count_numbers()
    assert (seconds.lowest.values.tolist(), seconds.lowest.counts.tolist()) == ([1, 1], [2, 1])
