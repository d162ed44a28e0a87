import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components._readings.facts import ShapeFacts
from components._readings.shape_groups import ShapeGroups

DIGITS = str.maketrans("0123456789", "9" * 10)


def collect_each(texts: list[str], counts: list[int]) -> dict[str, ShapeFacts]:
    """Return the facts of each shape, one text after the other."""
    shapes: dict[str, ShapeFacts] = {}
    for text, n in zip(texts, counts, strict=True):
        shape = text.translate(DIGITS)
        if shape in shapes:
            shapes[shape].add(text, n)
        else:
            shapes[shape] = ShapeFacts.from_text(text, n)
    return shapes


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 99_999), max_size=60, unique=True),
    form=st.sampled_from(
        ["{:05}", "{:,}", "0,{:03}", "x{}-{:02}.2024", "{} €", "{}" * 5, "\u0663{}", "{:02}\x00"]
    ),
    others=st.lists(st.text("0123.-: x\u0663", min_size=1, max_size=6), max_size=5),
)
@example(numbers=list(range(40)), form="{:02}.01.2024", others=["a", "007"])
@example(numbers=list(range(40)), form="{:030}", others=[])
def test_the_texts_of_a_shape_have_the_facts_of_each(
    numbers: list[int], form: str, others: list[str]
) -> None:
    texts = list(dict.fromkeys([*(form.format(*[number] * 5) for number in numbers), *others]))
    counts = [1 + i % 3 for i in range(len(texts))]
    groups = ShapeGroups(pa.array(["x", *texts], pa.string())[1:], pa.array(counts, pa.int64()))
    expected = collect_each(texts, counts)
    assert groups.shapes == list(expected)
    if texts:
        assert dict(groups.iterate_facts()) == expected


@pytest.mark.parametrize("n_texts", [1, 100])
def test_facts_of_two_batches_are_merged(n_texts: int) -> None:
    texts = [f"{i:03},{i % 7}" for i in range(2 * n_texts)]
    counts = pa.array([1] * n_texts, pa.int64())
    batches = [
        dict(ShapeGroups(pa.array(part, pa.string()), counts).iterate_facts())["999,9"]
        for part in (texts[:n_texts], texts[n_texts:])
    ]
    batches[0].merge(batches[1])
    assert {"999,9": batches[0]} == collect_each(texts, [1] * len(texts))
