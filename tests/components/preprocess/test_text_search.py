import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._table.long_texts import LONGEST_TEXT
from components.preprocess import text_search
from components.preprocess.text_search import (
    TextSample,
    count_texts,
    describe_part,
    have_many_sentences,
    merge_samples,
)

_PARTS = st.lists(st.lists(st.none() | st.sampled_from("abcdefgh"), max_size=30), min_size=1, max_size=5)


@given(parts=_PARTS, least=st.sampled_from([1.0, 1.5, 3.0, 10.0]))
@settings(max_examples=100, deadline=None)
def test_a_frequent_text_is_a_candidate_of_some_part(parts: list[list[str | None]], least: float) -> None:
    everything = [text for part in parts for text in part]
    columns = [pa.chunked_array([pa.array(part, pa.string())]) for part in parts]
    found = [describe_part(column, len(column), least, len(everything)) for column in columns]
    candidates = sorted({text for part in found for text in part.candidates})
    frequent = {text for text in everything if text is not None and everything.count(text) >= least}
    assert frequent <= set(candidates)
    counts = np.sum([count_texts(column, candidates) for column in columns], axis=0)
    assert counts.tolist() == [everything.count(text) for text in candidates]


def test_a_text_of_few_rows_is_no_candidate() -> None:
    texts = pa.chunked_array([["a"] * 90 + [f"b{at}" for at in range(10)]])
    assert describe_part(texts, 100, 20.0, 1_000).candidates == ["a"]


def test_a_long_text_is_no_candidate() -> None:
    texts = pa.chunked_array([["a"] * 10 + ["x" * (LONGEST_TEXT + 1)] * 20])
    assert describe_part(texts, 30, 5.0, 30).candidates == ["a"]


def test_samples_of_parts_are_that_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_search, "SAMPLE_TEXTS", 50)
    texts = [f"text {at % 300}" for at in range(1_000)]
    parts = [pa.chunked_array([texts[start : start + 100]]) for start in range(0, 1_000, 100)]
    samples = [describe_part(part, 100, 1.0, 1_000).sample for part in parts]
    whole = describe_part(pa.chunked_array([texts]), 1_000, 1.0, 1_000).sample
    merged = merge_samples(samples)
    assert len(merged.texts) == 50
    assert merged.texts.tolist() == whole.texts.tolist()


@pytest.mark.parametrize(
    ("n_texts", "words", "expected"), [(11, "a b c", True), (10, "a b c", False), (11, "a", False)]
)
def test_many_texts_of_several_words_are_sentences(n_texts: int, words: str, expected: bool) -> None:
    column = pa.chunked_array([[f"{words}{at}" for at in range(n_texts)]])
    sample: TextSample = describe_part(column, n_texts, 1.0, n_texts).sample
    assert have_many_sentences(sample, 10) is expected
