import pytest

from components._problem.task import Label, format_label


@pytest.mark.parametrize(("label", "text"), [("yes", "yes"), (True, "true"), (3, "3")])
def test_labels_are_written_as_in_json(label: Label, text: str) -> None:
    assert format_label(label) == text
