import pytest

from components._table.clock_text import is_time_unit, parse_minutes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00", 0.0),
        ("9:05", 545.0),
        ("14:30 Uhr", 870.0),
        ("14h30", 870.0),
        ("14:30 h", 870.0),
        ("23:22", 1402.0),
        ("24:00", 1440.0),
        ("100:15", 6015.0),
        ("12:30:15", 750.25),
        ("12:30:15.6", 750.26),
        ("12:30:15,6", 750.26),
        ("12:00 AM", 0.0),
        ("12:00 PM", 720.0),
        ("11:22 pm", 1402.0),
        ("11:22 p.m.", 1402.0),
        ("1:05AM", 65.0),
        ("-1:30", -90.0),
        ("2 days 03:00:00", 3060.0),
        ("1 day, 0:30:00", 1470.0),
        ("P3DT4H", 4560.0),
        ("PT1H30M", 90.0),
        ("PT0.5H", 30.0),
        ("PT45S", 0.75),
        ("P1W", 10_080.0),
        ("P1M", 43_830.0),
        ("-PT5M", -5.0),
        ("1h 30min", 90.0),
        ("1 hour and 30 minutes", 90.0),
        ("2 hrs, 5 mins.", 125.0),
        ("1h30m", 90.0),
        ("45 days", 64_800.0),
        ("3 Wochen", 30_240.0),
        ("2 jours", 2880.0),
        ("1.5 h", 90.0),
        ("500 ms", 500 / 60_000),
    ],
)
def test_a_time_is_minutes(text: str, expected: float) -> None:
    assert parse_minutes(text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a time of day or a duration"),
        ("12", "not a time"),
        ("12:61", "not a time"),
        ("12:30:61", "not a time"),
        ("16:9", "not a time"),
        ("P", "not a time"),
        ("PT", "not a time"),
        ("2024-01-31", "not a time"),
        ("13:00 PM", "hour that does not go with AM or PM"),
        ("0:30 am", "hour that does not go with AM or PM"),
        ("5 kg", "'kg', which is not a unit of time"),
    ],
)
def test_what_is_no_time_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_minutes(text)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("min", True), ("Std.", True), ("días", True), ("weken", False), ("kg", False), ("", False)],
)
def test_units_of_time_are_known(word: str, expected: bool) -> None:
    assert is_time_unit(word) == expected
