"""Errors of this machine's files, as errors of a source."""

import errno
from datetime import UTC, datetime

import pytest

from components.errors import InvalidSource
from components.ingest.sources.source import explain_file_errors, parse_moment


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EACCES, "Check the path and its permissions"), (errno.ENOSPC, "Free disk space")],
)
def test_an_error_of_a_file_says_what_to_do(number: int, remedy: str) -> None:
    with (
        pytest.raises(InvalidSource, match=rf"table\.csv cannot be read: .*\n{remedy}"),
        explain_file_errors("table.csv"),
    ):
        raise OSError(number, "The system's words")


@pytest.mark.parametrize("text", ["2026-11-30T08:15:00Z", "2026-11-30T09:15:00+01:00"])
def test_a_moment_has_a_time_zone(text: str) -> None:
    assert parse_moment(text) == datetime(2026, 11, 30, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-30", "2026-11-30T08:15:00", ""])
def test_a_time_without_its_zone_is_no_moment(text: str) -> None:
    assert parse_moment(text) is None
