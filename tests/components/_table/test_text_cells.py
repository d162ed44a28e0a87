"""Text cells: what is found once is what would be found again."""

import numpy as np
import pyarrow as pa
import pytest

from components._table.plain_texts import parse_numbers, parse_whole
from components._table.text_cells import CellBatch, TextCells


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "-20", "0"],
        ["1", "-0"],
        ["1", "1.5", "1e-05"],
        ["0.5", "-0.0", "1.050"],
        ["007", "1"],
        ["9999999999999999999", "1"],
        ["1", "9" * 400],
    ],
)
def test_sorted_numbers_have_the_values_of_numbers_that_are_parsed(texts: list[str]) -> None:
    cells = TextCells(pa.array(texts))
    plain = cells.plain
    assert plain is not None
    cells.sort_numbers(plain)
    for found, expected in (
        (cells.parse_whole(plain), parse_whole(plain.texts)),
        (cells.parse_numbers(plain), parse_numbers(plain.texts)),
    ):
        assert found == expected
        if found is not None and expected is not None:
            # 0.0 and -0.0 are equal, but not the same.
            assert repr(found.to_pylist()) == repr(expected.to_pylist())


def test_texts_of_one_form_are_times() -> None:
    cells = TextCells(pa.array(["2024-01-31", "2024-02-29"]))
    assert cells.moments is not None
    assert cells.moments is cells.moments
    assert TextCells(pa.array(["a", "b"])).moments is None


def test_a_batch_shares_columns_of_texts_without_nulls() -> None:
    columns = {"text": pa.array(["a", "b"]), "gap": pa.array(["a", None]), "number": pa.array([1, 2])}
    batch = CellBatch.from_batch(pa.record_batch(columns))
    assert batch.n_rows == 2
    text = batch.columns["text"]
    assert isinstance(text, TextCells)
    assert text.encoded.dictionary.to_pylist() == ["a", "b"]
    assert [batch.columns[name] for name in ("gap", "number")] == [columns["gap"], columns["number"]]


@pytest.mark.parametrize(
    ("n_different", "n_texts", "expected"),
    [(400, 1_000, True), (900, 1_000, False), (4_000, 16_000, True), (30_000, 16_000, False), (9, 0, True)],
)
def test_most_texts_repeat_if_the_first_ones_do(n_different: int, n_texts: int, expected: bool) -> None:
    texts = list(map(str, np.random.default_rng(0).integers(0, n_different, n_texts)))
    assert TextCells(pa.array(texts, pa.string())).has_repeats == expected


@pytest.mark.parametrize(
    ("texts", "has_few"),
    [
        (["a", "b"] * 10, True),
        ([str(i % 600) for i in range(16_000)], True),
        # The first thousand have few, all of them have many.
        ([str(i % 600) for i in range(1_000)] + [str(i) for i in range(15_000)], False),
        ([str(i) for i in range(1_000)], False),
    ],
)
def test_few_different_texts_are_found_by_the_first_ones(texts: list[str], has_few: bool) -> None:
    assert TextCells(pa.array(texts)).has_few == has_few


def test_different_texts_are_counted_in_the_order_of_their_numbers() -> None:
    cells = TextCells(pa.array(["b", "a", "b"]))
    assert cells.encoded.dictionary.to_pylist() == ["b", "a"]
    assert cells.count_different().to_pylist() == [2, 1]
