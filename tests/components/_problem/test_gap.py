import pytest

from components._problem.gap import check_gap, parse_gap


@pytest.mark.parametrize(
    ("gap", "length"),
    [
        ("7 days", (604_800.0, True)),
        ("1 week", (604_800.0, True)),
        ("12 Hours", (43_200.0, True)),
        ("1.5hours", (5_400.0, True)),
        ("90 minutes", (5_400.0, True)),
        ("30 seconds", (30.0, True)),
        (2, (2.0, False)),
        (0.5, (0.5, False)),
        ("3", (3.0, False)),
    ],
)
def test_a_gap_is_a_length_of_time_or_a_number(gap: str | float, length: tuple[float, bool]) -> None:
    assert parse_gap(gap) == length
    assert check_gap(gap) == gap


@pytest.mark.parametrize("gap", ["", "0 days", 0, -1, "one day", "1 month", "7 days ago", "-2 days"])
def test_another_text_is_refused(gap: str | float) -> None:
    with pytest.raises(ValueError, match="is not a length of time: write it as 7 days"):
        check_gap(gap)
