import pytest

from components._problem.parts import Part, find_part, find_test_part


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("train", "training"),
        ("TRAINING", "training"),
        (" train_set ", "training"),
        ("test", "test"),
        ("Hold-out", "test"),
        ("held out rows", "test"),
        ("out-of-time", "test"),
        ("valid", "validation"),
        ("Validation data", "validation"),
        ("dev", "validation"),
        ("set", None),
        ("A", None),
        ("1", None),
        ("", None),
        ("contest", None),
    ],
)
def test_a_word_names_a_part(value: str, part: Part | None) -> None:
    assert find_part(value) == part


def test_validation_rows_are_the_test_rows_if_there_are_no_others() -> None:
    assert find_test_part({"training", "validation", "test"}) == "test"
    assert find_test_part({"training", "validation"}) == "validation"
