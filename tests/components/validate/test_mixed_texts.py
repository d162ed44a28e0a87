import pytest

from components.validate.mixed_texts import find_texts_among_numbers

NUMBERS = {f"{i}": 1 for i in range(21)}


@pytest.mark.parametrize("text", ["unknown", "n/a", "1-2", "2024-01-31", "12 apples"])
def test_a_few_other_texts_are_found(text: str) -> None:
    assert find_texts_among_numbers({**NUMBERS, text: 3}.items()) == {text: 3}


@pytest.mark.parametrize("text", ["-7", "1,234.5", "1’000", "$5", "12%", "(3)", "7-", ".5", " 5 m²"])
def test_numbers_as_people_write_them_are_numbers(text: str) -> None:
    assert find_texts_among_numbers({**NUMBERS, text: 3}.items()) == {}


@pytest.mark.parametrize(
    "counts",
    [
        {**dict(list(NUMBERS.items())[:20]), "x": 1},
        {**NUMBERS, **{f"w{chr(97 + i)}": 1 for i in range(21)}},
        {**NUMBERS, "x": 22},
    ],
    ids=["few numbers", "many texts", "most rows are texts"],
)
def test_a_column_of_classes_or_texts_has_none(counts: dict[str, int]) -> None:
    assert find_texts_among_numbers(counts.items()) == {}
