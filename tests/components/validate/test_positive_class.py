import pytest

from components._problem.task import Label
from components._table.yes_words import YES_AND_NO
from components.validate.positive_class import choose_positive_class

PAIRS = [(yes, no) for ayes, noes in YES_AND_NO.values() for yes in ayes.split() for no in noes.split()]


@pytest.mark.parametrize("rows_of_yes", [1, 9])
@pytest.mark.parametrize(("yes", "no"), PAIRS)
def test_the_word_for_yes_beside_its_no_is_positive(yes: str, no: str, rows_of_yes: int) -> None:
    for label, other in ((yes, no), (yes.upper(), no.capitalize()), (f" '{yes}'", no)):
        counts: dict[Label, int] = dict(sorted({label: rows_of_yes, other: 5}.items()))
        assert choose_positive_class(counts)[0] == label


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("nao", "sim"),
        ("no", "si"),
        ("nie", "tak"),
        ("hayir", "evet"),
        ("οχι", "ναι"),
        # Greek "nai" is yes, Czech "ne" is no and Korean "ne" yes: the other class decides.
        ("ochi", "nai"),
        ("ne", "ano"),
        # Two languages.
        ("no", "oui"),
        ("maybe", "yes"),
        (False, True),
        (0, 1),
        (-1, 1),
        ("0", "1"),
        ("-", "+"),
        ("falsch", "wahr"),
        ("stayed", "churned"),
        ("legit", "Fraud"),
        ("healthy", "sick"),
        ("benign", "malignant"),
        ("not churned", "churned"),
        ("No default", "Default"),
        ("nondefault", "default"),
        ("no-recurrence-events", "recurrence-events"),
        ("nicht bestellt", "bestellt"),
        ("не ушел", "ушел"),
        ("未流失", "流失"),
    ],
)
def test_what_says_yes_is_positive_however_many_rows_it_has(negative: Label, positive: Label) -> None:
    for counts in ({negative: 1, positive: 9}, {positive: 9, negative: 1}, {negative: 9, positive: 1}):
        assert choose_positive_class(counts)[0] == positive


@pytest.mark.parametrize(
    ("common", "rare"),
    [
        ("a", "b"),
        ("b", "a"),
        # Both are words for yes, or neither is.
        ("yes", "nai"),
        ("nai", "yes"),
        ("oui", "yes"),
        # Letters and codes that only look like a short word for yes.
        ("co", "so"),
        ("t", "x"),
        (1, 2),
        (2, 1),
        ("married", "unmarried"),
        ("unmarried", "married"),
    ],
)
def test_else_the_rarer_class_is_positive(common: Label, rare: Label) -> None:
    assert choose_positive_class({common: 9, rare: 1}) == (rare, "the rarer of the two")


def test_of_two_equally_frequent_classes_the_last_is_positive() -> None:
    assert choose_positive_class({"a": 3, "b": 3}) == (
        "b",
        "the last in order of two equally frequent classes",
    )
