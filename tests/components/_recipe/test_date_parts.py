import numpy as np
import pytest

from components._recipe.date_parts import choose_parts


def make_dates(*values: str | None) -> np.ndarray:
    return np.array(values, dtype="datetime64[us]")


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (("2024-01-01", "2024-01-08", None), ["days", "day"]),
        (("2024-01-01T01:00", "2024-01-01T07:00"), ["days", "hour"]),
        (("2024-01-01", "2024-02-29"), ["days", "month", "day", "weekday"]),
        (("2024-01-01", "2024-01-01"), []),
        ((None, None), []),
        ((), []),
    ],
)
def test_parts_that_do_not_vary_are_left_out(values: tuple[str | None, ...], parts: list[str]) -> None:
    chosen = choose_parts({"d": make_dates(*values)}, "")
    assert chosen.parts == [["d", part] for part in parts]
    assert len(chosen.values) == len(parts)


def test_days_count_from_the_first_date() -> None:
    chosen = choose_parts({"d": make_dates("1970-01-03", None, "1970-01-02T12:00")}, "")
    assert chosen.first == {"d": 36 * 60 * 60 * 1_000_000}
    np.testing.assert_array_equal(chosen.values[0], [0.5, np.nan, 0.0])


def test_an_event_time_has_a_first_date_and_no_parts() -> None:
    dates = make_dates("1970-01-01", "1970-01-08")
    chosen = choose_parts({"t": dates, "d": dates}, "t")
    assert chosen.first == {"t": 0, "d": 0}
    assert chosen.parts == [["d", "days"], ["d", "day"]]
