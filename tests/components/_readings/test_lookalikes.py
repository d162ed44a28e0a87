"""Warnings about columns that look like something else, or whose century is in doubt."""

import re

import pyarrow as pa
import pytest

from components._readings.inference import infer_readings


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        (
            ["true", "false", "false"] * 5 + ["unbekannt"],
            r"93.8% of its values are true or.*'unbekannt'",
        ),
        (["true"] * 6 + ["partly"] * 4, r"60.0% of its values are true or false.*kind: boolean, unreadable"),
        (["1"] * 20 + ["many"], r"95.2% of its values are numbers.*'many'"),
        (["2024-01-01"] * 20 + ["2nd of May or so"], r"95.2% of its values are dates.*'2nd of May or so'"),
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
    ("dates", "has_warning"),
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
def test_years_of_two_digits_are_warned_of_if_their_century_is_in_doubt(
    dates: list[str], has_warning: bool
) -> None:
    notices = infer_readings([pa.record_batch({"born": pa.array(dates)})]).notices
    found = [notice for notice in notices if notice.level == "warning" and "two digits" in notice.text]
    assert bool(found) == has_warning
    assert all("'born'" in notice.text for notice in found)
