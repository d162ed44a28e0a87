import pyarrow as pa
import pytest

from components._readings.facts import FEW_NUMBERS, PlainFacts, ShapeFacts


def test_the_facts_of_a_shape_do_not_depend_on_the_order_of_its_texts() -> None:
    texts = ["01.02.2024", "31.01.1999", "05.12.2026"]
    found = []
    for order in (texts, texts[::-1], texts[1:] + texts[:1]):
        facts = ShapeFacts.from_text(order[0], 2)
        for text in order[1:]:
            facts.add(text, 2)
        found.append(facts)
    assert found == [ShapeFacts(6, "01.02.2024", "31.01.1999", [31, 12, 2026], True, False)] * 3


@pytest.mark.parametrize(
    ("text", "largest", "is_code", "has_zero"),
    [
        ("abc", [], False, False),
        ("12345-6", [], False, False),
        ("1-2-3-45678", [1, 2, 3, 45678], False, False),
        ("0,125", [0, 125], False, True),
        ("A-007", [7], True, False),
    ],
)
def test_groups_that_are_too_long_are_no_part_of_a_date(
    text: str, largest: list[int], is_code: bool, has_zero: bool
) -> None:
    assert ShapeFacts.from_text(text, 1) == ShapeFacts(1, text, text, largest, is_code, has_zero)


def test_whole_numbers_are_counted_batch_by_batch() -> None:
    facts = PlainFacts()
    for batch in ([5, -1000], [], [20240131, 20241301, 7]):
        facts.add_whole(pa.array(batch, pa.int64()))
    assert (facts.n_whole, facts.n_small, facts.n_packed) == (5, 2, 1)
    assert (facts.smallest, facts.largest, facts.n_numbers) == (-1000, 20241301, 5)


def test_only_a_few_different_numbers_are_kept_whatever_their_order() -> None:
    numbers = list(range(100, 200))
    found = []
    for order in (numbers, numbers[::-1]):
        facts = PlainFacts()
        for number in order:
            facts.add_distinct(pa.array([number]))
        found.append(len(facts.distinct))
    assert found == [FEW_NUMBERS + 1] * 2
