import pytest

from components._table.accents import fold_accents


@pytest.mark.parametrize(
    ("text", "expected"), [("Févr.", "fevr."), ("Größe", "grosse"), ("ÅÇ", "ac"), ("ﬁn", "fin"), ("да", "да")]
)
def test_case_and_accents_are_taken_off(text: str, expected: str) -> None:
    assert fold_accents(text) == expected
