import pytest

from components._problem.duration import find_amount, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7 days", 604_800),
        ("1 day", 86_400),
        ("6hours", 21_600),
        (" 1.5 Minutes ", 90),
        ("2 weeks", 1_209_600),
    ],
)
def test_a_length_of_time_is_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "days", "0 days", "7 moons", "-1 day", "a week"])
def test_what_is_no_length_of_time_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time: write it as 7 days"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "amount"), [("7", (7.0, "")), ("3 hours", (3.0, "hour")), ("7 moons", (0.0, ""))]
)
def test_an_amount_may_have_no_unit(text: str, amount: tuple[float, str]) -> None:
    assert find_amount(text) == amount
