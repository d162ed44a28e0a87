from datetime import UTC, datetime

import pytest

from components.errors import InvalidSetting
from pipelines.remote.cron import convert_to_utc, parse_interval, to_six_fields
from tests.kfp_api.recurring_runs import is_cron

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "six"),
    [
        ("0 6 * * 1", "0 0 6 * * 1"),
        ("*/15 8-17 * * mon-fri", "0 */15 8-17 * * mon-fri"),
        ("30 2 1,15 JAN-jun ?", "0 30 2 1,15 JAN-jun ?"),
        ("5/10 * * * *", "0 5/10 * * * *"),
        # Sunday is 0 or 7 to cron, and 0 alone to the backend.
        ("0 6 * * 7", "0 0 6 * * 0"),
        ("0 6 * * 5-7", "0 0 6 * * 0,5,6"),
        ("0 6 * * 0,7", "0 0 6 * * 0"),
        # With a star both days must fit, without one either: the star stays.
        ("0 6 13 * *", "0 0 6 13 * *"),
        ("0 6 13 * */2", "0 0 6 13 * */2"),
        # A step without an end ends at Saturday, as in the backend.
        ("0 6 * * 3/4", "0 0 6 * * 3/4"),
    ],
)
def test_five_fields_become_six(cron: str, six: str):
    assert to_six_fields(cron) == six
    assert is_cron(six)


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("60 6 * * 1", "minute of the cron cannot be '60'.\nWrite a number from 0 to 59"),
        ("0 24 * * 1", "hour of the cron cannot be '24'"),
        ("0 6 0 * *", "day of the month of the cron cannot be '0'"),
        ("0 6 L * *", "day of the month of the cron cannot be 'L'"),
        ("0 6 * 13 *", "month of the cron cannot be '13'"),
        ("0 6 * foo *", "month of the cron cannot be 'foo'"),
        ("0 6 * * 8", "day of the week of the cron cannot be '8'"),
        ("0 6 * * fri-mon", "day of the week of the cron cannot be 'fri-mon'"),
        ("*/0 6 * * 1", r"minute of the cron cannot be '\*/0'"),
        ("1,,2 6 * * 1", "minute of the cron cannot be '1,,2'"),
        ("1--2 6 * * 1", "minute of the cron cannot be '1--2'"),
        ("*-5 6 * * 1", r"minute of the cron cannot be '\*-5'"),
        ("٣ 6 * * 1", "minute of the cron cannot be"),
        ("0 0 6 * * 1", "has 6 fields, not 5.\nWrite minute, hour"),
        ("0 6 * *", "has 4 fields, not 5"),
        ("@daily", "has 1 fields, not 5"),
        ("", "has 0 fields, not 5"),
    ],
)
def test_a_wrong_cron_is_refused_and_its_field_named(cron: str, message: str):
    with pytest.raises(InvalidSetting, match=message):
        to_six_fields(cron)


@pytest.mark.parametrize(
    ("cron", "zone", "expected"),
    [
        ("0 6 * * 1", "UTC", "0 6 * * 1"),
        ("0 18 * * 1", "Asia/Tokyo", "0 9 * * 1"),
        # Monday at six in Tokyo is Sunday evening in UTC.
        ("0 6 * * 1", "Asia/Tokyo", "0 21 * * 0"),
        ("0 6 * * sun", "Asia/Tokyo", "0 21 * * 6"),
        ("0 20 * * 5-7", "America/Bogota", "0 1 * * 0,1,6"),
        ("15 6 * * *", "Asia/Kolkata", "45 0 * * *"),
        ("0 0,12 * * *", "Asia/Tokyo", "0 3,15 * * *"),
        ("0 18 13 * 5", "Asia/Tokyo", "0 9 13 * 5"),
    ],
)
def test_a_zone_of_constant_time_is_said_in_utc(cron: str, zone: str, expected: str):
    assert convert_to_utc(cron, zone, NOW) == expected


@pytest.mark.parametrize(
    "cron",
    [
        # The first of the month in Tokyo is the last in UTC, whichever that is.
        "0 6 1 * *",
        # Some hours fall on the day before, others do not.
        "0 6,18 * * 1",
        "0 6 * 3 *",
    ],
)
def test_a_cron_that_utc_cannot_say_is_refused(cron: str):
    with pytest.raises(InvalidSetting, match="cannot be written as one cron in UTC"):
        convert_to_utc(cron, "Asia/Tokyo", NOW)


def test_minutes_that_a_half_hour_tears_apart_are_refused():
    with pytest.raises(InvalidSetting, match="cannot be written as one cron in UTC"):
        convert_to_utc("0,45 6 * * *", "Asia/Kolkata", NOW)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Africa/Casablanca"])
def test_a_zone_whose_clocks_change_is_refused(zone: str):
    with pytest.raises(InvalidSetting, match=r"clocks of .* change.*\n.*CronJob"):
        convert_to_utc("0 6 * * 1", zone, NOW)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused(zone: str):
    with pytest.raises(InvalidSetting, match="There is no time zone"):
        convert_to_utc("0 6 * * 1", zone, NOW)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("30m", 1800), ("6h", 21600), ("1d", 86400), ("90m", 5400)]
)
def test_an_interval_is_in_seconds(text: str, seconds: int):
    assert parse_interval(text, "every") == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "59s", "0m", "-1h", "1.5h", "1w", "1h30m"])
def test_no_interval_is_refused(text: str):
    with pytest.raises(InvalidSetting, match=r"(?s)every = .*at least one minute"):
        parse_interval(text, "every")
