import pytest

from components._table.months import find_month


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("January", 1), ("JAN", 1), ("Jän.", 1), ("janv.", 1), ("février", 2), ("fevr", 2), ("März", 3),
        ("mrt", 3), ("Abr.", 4), ("avril", 4), ("Mai", 5), ("maj", 5), ("mayıs", 5), ("junho", 6),
        ("Juillet", 7), ("lug", 7), ("août", 8), ("Ago", 8), ("Sept.", 9), ("září", 9), ("Okt", 10),
        ("październik", 10), ("noviembre", 11), ("Dez", 12), ("diciembre", 12), ("aralık", 12),
        ("Foo", None), ("", None), ("Monday", None), ("j", None),
    ],
)  # fmt: skip
def test_a_months_name_is_its_number(word: str, expected: int | None) -> None:
    assert find_month(word) == expected
