"""Words for yes and no, each beside its opposite."""

import pytest

from components._table.yes_no import find_flags


@pytest.mark.parametrize(
    ("words", "trues", "falses"),
    [
        (["yes", "no"], ("yes",), ("no",)),
        (["ja", "nein"], ("ja",), ("nein",)),
        (["y", "n", "yes", "no"], ("y", "yes"), ("n", "no")),
        (["churned", "not churned"], ("churned",), ("not churned",)),
        (["red", "blue"], (), ()),
        (["yes"], (), ()),
    ],
)
def test_flags_are_recognised_by_their_opposite(
    words: list[str], trues: tuple[str, ...], falses: tuple[str, ...]
) -> None:
    assert find_flags(words) == (trues, falses)
