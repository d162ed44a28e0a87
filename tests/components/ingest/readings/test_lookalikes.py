"""What a person is told of columns that look like something else, or may be of another century."""

import re

import pyarrow as pa
import pytest

from components.ingest.readings.inference import infer_readings


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        (["true", "false", "false"] * 5 + ["unbekannt"], r"mostly true and false \(93.8%\).*'unbekannt'"),
        (["true"] * 6 + ["partly"] * 4, r"mostly true and false \(60.0%\).*kind: boolean, unreadable: null"),
        (["1"] * 20 + ["many"], r"mostly numbers \(95.2%\).*'many'"),
        (["2024-01-01"] * 20 + ["2nd of May or so"], r"mostly dates \(95.2%\).*'2nd of May or so'"),
    ],
)
def test_text_that_is_mostly_something_else_is_warned_of(values: list[str], warning: str) -> None:
    (notice,) = infer_readings([pa.record_batch({"a": pa.array(values)})]).notices
    assert notice.level == "warning"
    assert re.search(warning, str(notice))


@pytest.mark.parametrize("values", [["true", "false"], ["yes", "no"], ["true"] + ["other"] * 9, ["a", "b"]])
def test_other_text_is_not(values: list[str]) -> None:
    assert not infer_readings([pa.record_batch({"a": pa.array(values)})]).notices


@pytest.mark.parametrize(
    ("dates", "is_told"),
    [
        (["24.12.57", "01.02.15"], True),
        (["24.12.99", "31.02.15"], True),
        (["24-Dec-57", "1-Feb-15"], True),
        (["12/24/15 23:59:59", "01/02/15 00:00:00"], False),
        (["24.12.15", "01.02.35"], False),
        (["24.12.1957", "01.02.2015"], False),
        (["24.12.1957", "01.02.15"], False),
    ],
)
def test_years_of_two_digits_are_told_where_their_century_is_in_doubt(
    dates: list[str], is_told: bool
) -> None:
    notices = infer_readings([pa.record_batch({"born": pa.array(dates)})]).notices
    found = [notice for notice in notices if notice.level == "warning" and "two digits" in notice.text]
    assert bool(found) == is_told
    assert all("'born'" in notice.text for notice in found)
