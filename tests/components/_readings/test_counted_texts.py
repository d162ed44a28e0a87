"""Counted texts: the texts of several batches are one, with the sum of their counts."""

import pyarrow as pa

from components._readings.counted_texts import CountedTexts
from components._table.text_cells import TextCells


def test_counts_of_batches_are_added() -> None:
    counted = CountedTexts()
    counted.add(TextCells(pa.array(["a", "b", "a"])))
    counted.add(TextCells(pa.array(["c", "a"])))
    found = counted.take()
    assert found is not None
    assert dict(zip(found.texts.to_pylist(), found.counts.to_pylist(), strict=True)) == {
        "a": 3,
        "b": 1,
        "c": 1,
    }


def test_texts_are_taken_once() -> None:
    counted = CountedTexts()
    counted.add(TextCells(pa.array(["a"])))
    assert counted.take() is not None
    assert counted.take() is None


def test_texts_are_enough_before_they_take_memory() -> None:
    counted = CountedTexts()
    seen = []
    for texts in ([str(i) for i in range(15_999)], ["a"]):
        counted.add(TextCells(pa.array(texts)))
        seen.append(counted.are_enough)
    counted.take()
    assert [*seen, counted.are_enough] == [False, True, False]


def test_few_long_texts_are_enough() -> None:
    counted = CountedTexts()
    counted.add(TextCells(pa.array(["x" * (9 << 20)])))
    assert not counted.are_enough
    counted.add(TextCells(pa.array(["y" * (9 << 20)])))
    assert counted.are_enough
