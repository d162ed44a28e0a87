from datetime import datetime

import pytest

from components._table.date_text import build_date_reader, convert_epoch, drop_placeholder_date, has_zone


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y-%m-%d", "2024-12-31", datetime(2024, 12, 31)),
        ("%Y-%m-%d", "2024-12-31 10:20", datetime(2024, 12, 31, 10, 20)),
        ("%Y-%m-%d", "2024-12-31T10:20:30.5", datetime(2024, 12, 31, 10, 20, 30, 500_000)),
        ("%Y-%m-%d", "2024-12-31T10:20:30.123456789", datetime(2024, 12, 31, 10, 20, 30, 123_456)),
        ("%Y-%m-%d", "2024-12-31T10:20:30Z", datetime(2024, 12, 31, 10, 20, 30)),
        ("%Y-%m-%d", "2024-12-31T10:20:30+02:00", datetime(2024, 12, 31, 8, 20, 30)),
        ("%Y-%m-%d", "2024-12-31 10:20 -0530", datetime(2024, 12, 31, 15, 50)),
        ("%Y-%m-%d", "2024-07-01 10:20 CEST", datetime(2024, 7, 1, 8, 20)),
        ("%Y-%m-%d", "2024-07-01 10:20 EST", datetime(2024, 7, 1, 15, 20)),
        ("%Y-%m-%d", "2024-07-01 10:20 Europe/Berlin", datetime(2024, 7, 1, 8, 20)),
        # Its first letters are not AM.
        ("%Y-%m-%d", "2024-07-01 10:20 America/New_York", datetime(2024, 7, 1, 14, 20)),
        ("%Y-%m-%d", "2024-12-31 10:20 PM", datetime(2024, 12, 31, 22, 20)),
        ("%Y-%m-%d", "2024-12-31 12:00 a.m.", datetime(2024, 12, 31)),
        ("%d/%m/%Y", "1/2/2024", datetime(2024, 2, 1)),
        ("%m/%d/%Y", "1/2/2024 9:05", datetime(2024, 1, 2, 9, 5)),
        ("%d.%m.%y", "01.02.68", datetime(2068, 2, 1)),
        ("%d.%m.%y", "01.02.69", datetime(1969, 2, 1)),
        ("%d. %m. %Y", "1. 2. 2024", datetime(2024, 2, 1)),
        ("%d-%b-%y", "31-JAN-24", datetime(2024, 1, 31)),
        ("%d %b %Y", "3 févr. 2024", datetime(2024, 2, 3)),
        ("%b %d, %Y", "May 1st, 2024 at 5:30 PM", datetime(2024, 5, 1, 17, 30)),
        ("%d de %b de %Y", "12 de enero de 2024", datetime(2024, 1, 12)),
        ("%a, %d %b %Y", "Mon, 31 Jan 2024 10:20:30 +0100", datetime(2024, 1, 31, 9, 20, 30)),
        ("%a %b %d %H:%M:%S %Y", "Thu Jan  4 10:20:30 2024", datetime(2024, 1, 4, 10, 20, 30)),
        ("%b %Y", "January 2024", datetime(2024, 1, 1)),
        ("%m/%Y", "12/2024", datetime(2024, 12, 1)),
        ("%G-W%V", "2024-W05", datetime(2024, 1, 29)),
        ("%G-W%V-%u", "2024-W05-3", datetime(2024, 1, 31)),
        ("%Y-%j", "2024-031", datetime(2024, 1, 31)),
        ("%Y%m%d", "20240131", datetime(2024, 1, 31)),
        ("%Y年%m月%d日", "2024年1月31日", datetime(2024, 1, 31)),
        ("%d.%m.%Y %I:%M %p", "31.12.2024 10:20 PM", datetime(2024, 12, 31, 22, 20)),
        ("%Y-%m-%d %H:%M %z", "2024-12-31 10:20 +0200", datetime(2024, 12, 31, 8, 20)),
        ("%Y-%m-%d", "9999-12-31", None),
        ("%Y-%m-%d", "0001-01-01", None),
        ("%Y-%m-%d", "0000-00-00", None),
        ("%Y-%m-%d", "0000-00-00 00:00:00", None),
        ("%Y-%m-%d", "9999-12-31T23:59:59Z", None),
        ("%Y-%m-%d", "9999-12-31T23:59:59-05:00", None),
        ("%d/%m/%Y", "00/00/0000", None),
        # ISO 8601 goes beside every form.
        ("%d/%m/%Y", "2024-12-31", datetime(2024, 12, 31)),
    ],
)
def test_a_date_is_read_by_its_form(form: str, text: str, expected: datetime | None) -> None:
    assert build_date_reader([form])(text) == expected


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        ("%d/%m/%Y", "31/02/2023", "day is out of range for month"),
        ("%d/%m/%Y", "29/02/2023", "day is out of range for month"),
        ("%d/%m/%Y", "12/31/2024", "month must be in 1..12"),
        ("%d/%m/%Y", "31.12.2024", "not a date in this column's format"),
        ("%d/%m/%Y", "31/12/24", "not a date in this column's format"),
        ("%d/%m/%Y", "31/12/2024 25:00", "hour must be in 0..23"),
        ("%d/%m/%Y", "31/12/2024 13:00 PM", "hour that does not go with AM or PM"),
        ("%d %b %Y", "31 Foo 2024", "unknown name of a month"),
        ("%Y-%m-%d", "2024-12-31 10:20 XYZ", "unknown time zone XYZ"),
        ("%Y-%m-%d", "2024-12-31 10:20 IST", "unknown time zone IST"),
        # A folder of the database of time zones.
        ("%Y-%m-%d", "2024-12-31 10:20 Asia", "unknown time zone Asia"),
        ("%G-W%V", "2024-W53", "Invalid week"),
        ("%Y-%m-%d", "", "not a date"),
        ("%Y-%m-%d", "5", "not a date"),
    ],
)
def test_what_is_no_date_of_the_form_is_refused(form: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_date_reader([form])(text)


def test_a_form_with_a_directive_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="'%Q-%m' has the unknown directive %Q"):
        build_date_reader(["%Q-%m"])


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (0, "unix seconds", datetime(1970, 1, 1)),
        (1_600_000_000, "unix seconds", datetime(2020, 9, 13, 12, 26, 40)),
        (1_600_000_000.5, "unix seconds", datetime(2020, 9, 13, 12, 26, 40, 500_000)),
        (1_600_000_000_123, "unix milliseconds", datetime(2020, 9, 13, 12, 26, 40, 123_000)),
        (-86_400, "unix seconds", datetime(1969, 12, 31)),
        (253_402_300_799, "unix seconds", None),
    ],
)
def test_a_number_since_1970_is_a_time(number: float, form: str, expected: datetime | None) -> None:
    assert convert_epoch(number, form) == expected


@pytest.mark.parametrize("number", [1e300, 10**30])
def test_a_number_beyond_all_times_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="too large for a time"):
        convert_epoch(number, "unix seconds")


@pytest.mark.parametrize(
    ("moment", "is_known"),
    [
        (datetime(1, 1, 1), False), (datetime(2, 1, 1), True), (datetime(2899, 12, 31), True),
        (datetime(2900, 1, 1), False), (datetime(9999, 12, 31), False),
    ],
)  # fmt: skip
def test_years_that_no_day_has_stand_for_no_value(moment: datetime, is_known: bool) -> None:
    assert drop_placeholder_date(moment) == (moment if is_known else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-12-31T10:20Z", True), ("2024-12-31 10:20 +02:00", True), ("2024-12-31 10:20 CET", True),
        ("2024-12-31 10:20", False), ("2024-12-31 10:20 PM", False), ("2024-12-31", False),
    ],
)  # fmt: skip
def test_a_zone_is_seen(text: str, expected: bool) -> None:
    assert has_zone(text) == expected
