import pytest

from pipelines.local.number_format import format_clock, format_score


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "–"), (0.84196, "0.842"), (12.3456, "12.35"), (538_777.2, "538,777")]
)
def test_a_score_has_four_digits_or_all_before_its_point(value: float | None, expected: str) -> None:
    assert format_score(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-3.0, "0:00"), (5.4, "0:05"), (70, "1:10"), (6_000, "100:00")]
)
def test_a_time_is_in_minutes_and_seconds(seconds: float, expected: str) -> None:
    assert format_clock(seconds) == expected
