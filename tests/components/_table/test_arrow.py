import pyarrow as pa
import pytest

from components._table.arrow import ARROW_TYPES, decode_texts, get_kind, pack_batches, rechunk


@pytest.mark.parametrize("kind", ARROW_TYPES)
def test_each_kind_has_one_type(kind: str) -> None:
    assert get_kind(ARROW_TYPES[kind]) == kind  # type: ignore[index]


@pytest.mark.parametrize(
    "type_", [pa.int32(), pa.float32(), pa.timestamp("ns"), pa.large_string(), pa.null()]
)
def test_other_types_have_no_kind(type_: pa.DataType) -> None:
    assert get_kind(type_) is None


def build_batches(sizes: list[int]) -> list[pa.RecordBatch]:
    """Return batches of these sizes, whose rows are numbered."""
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [
        pa.record_batch({"x": pa.array(range(start, start + size), pa.int64())})
        for start, size in zip(starts, sizes, strict=True)
    ]


def list_values(batches: list[pa.RecordBatch]) -> list[int]:
    return [value for batch in batches for value in batch.column(0).to_pylist()]


@pytest.mark.parametrize("sizes", [[], [0], [10], [1, 0, 8, 1], [5, 5]])
def test_batches_get_one_size_and_keep_their_rows(sizes: list[int]) -> None:
    found = list(rechunk(build_batches(sizes), 4))
    assert [batch.num_rows for batch in found] == ([4, 4, 2] if sum(sizes) else [])
    assert list_values(found) == list(range(sum(sizes)))


@pytest.mark.parametrize(
    ("sizes", "most_bytes", "expected"),
    [
        ([], 1000, []),
        ([0, 0], 1000, []),
        ([1, 1, 1, 1, 1], 1000, [4, 1]),
        ([1, 0, 9, 1, 2], 1000, [1, 9, 3]),
        ([3, 2], 1000, [3, 2]),
        # A number takes 8 bytes.
        ([1, 1, 1, 3, 1], 16, [2, 1, 3, 1]),
    ],
)
def test_small_batches_are_joined_and_large_ones_kept(
    sizes: list[int], most_bytes: int, expected: list[int]
) -> None:
    found = list(pack_batches(build_batches(sizes), 4, most_bytes))
    assert [batch.num_rows for batch in found] == expected
    assert list_values(found) == list(range(sum(sizes)))


def test_dictionaries_become_texts_and_other_columns_stay() -> None:
    texts, numbers = pa.array(["b", None, "a", "b"]), pa.array([1, 2, None, 4])
    batch = pa.record_batch({"x": texts.dictionary_encode(), "n": numbers})
    assert decode_texts(batch).equals(pa.record_batch({"x": texts, "n": numbers}))
