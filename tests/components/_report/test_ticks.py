from datetime import UTC, datetime

import pytest

from components._report.ticks import (
    compute_log_ticks,
    compute_number_ticks,
    compute_share_ticks,
    compute_time_ticks,
    format_number,
    shorten_label,
)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 100, 5, ["0", "25", "50", "75", "100"]),
        (0, 0.3, 4, ["0.0", "0.1", "0.2", "0.3"]),
        (1895, 2020, 5, ["1900", "1925", "1950", "1975", "2000"]),
        (0, 538_777, 5, ["0", "200k", "400k"]),
        (-2e6, 3e6, 6, ["-2M", "-1M", "0", "1M", "2M", "3M"]),
        (0, 1.2e-7, 4, ["0", "5e-08", "1e-07"]),
        (0.695, 0.83, 5, ["0.70", "0.75", "0.80"]),
    ],
)
def test_numbers_have_round_ticks_in_one_unit(
    low: float, high: float, most: int, expected: list[str]
) -> None:
    assert [tick.text for tick in compute_number_ticks(low, high, most)] == expected


def test_shares_are_in_per_cent() -> None:
    assert [tick.text for tick in compute_share_ticks(0, 1, 5)] == ["0%", "25%", "50%", "75%", "100%"]
    assert [tick.text for tick in compute_share_ticks(0, 0.012, 3)] == ["0.0%", "0.5%", "1.0%"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1, 10, ["1", "2", "5", "10"]), (0.003, 40_000, ["0.01", "1", "100", "10k"]), (20, 40, ["20"])],
)
def test_logarithms_have_powers_of_ten(low: float, high: float, expected: list[str]) -> None:
    assert [tick.text for tick in compute_log_ticks(low, high, 5)] == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("1961-01-01", "2020-06-01", ["1980", "2000", "2020"]),
        ("2021-02-01", "2023-03-01", ["2021-07", "2022-01", "2022-07", "2023-01"]),
        ("2024-01-30", "2024-06-02", ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]),
        ("2024-03-01", "2024-03-04", ["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"]),
        ("2024-03-01T00:00", "2024-03-01T12:00", ["03-01 00:00", "03-01 03:00", "03-01 06:00"]),
        ("2024-03-01T10:00:00", "2024-03-01T10:00:20", ["10:00:00", "10:00:05", "10:00:10"]),
    ],
)
def test_times_have_ticks_where_a_period_starts(low: str, high: str, expected: list[str]) -> None:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for text in (low, high))
    texts = [tick.text for tick in compute_time_ticks(first, last, 5)]
    assert texts[: len(expected)] == expected
    assert len(texts) <= 6


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (1961, "1960"), (0.12345, "0.123"), (-12_345, "-12.3k"), (5.388e5, "539k"), (2e9, "2G")],
)
def test_a_number_has_three_digits_and_a_unit(value: float, expected: str) -> None:
    assert format_number(value) == expected


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 28, "short"),
        ("abcdefghijkl", 12, "abcdefghijkl"),
        ("abcdefghijklm", 9, "abcde…klm"),
        ("", 28, ""),
    ],
)
def test_a_label_is_cut_in_the_middle(text: str, most: int, expected: str) -> None:
    assert shorten_label(text, most) == expected
