import pytest

from components._app.uploads import shorten_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.csv", "t.csv"),
        ("../../etc/t.csv", "t.csv"),
        ("C:\\files\\t.csv", "t.csv"),
        ("a\nb\u202e.csv", "ab.csv"),
        ("", "table"),
        ("..", ".."),
        ("x" * 200, "x" * 99 + "…"),
    ],
)
def test_a_name_is_the_last_part_of_a_path(name: str, expected: str) -> None:
    assert shorten_name(name) == expected
