"""Errors of this machine's files, as errors of a source."""

import errno

import pytest

from components.errors import InvalidSource
from components.ingest.sources.source import explain_file_errors, is_full


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


def test_a_disk_is_full_when_the_system_says_so() -> None:
    assert is_full(OSError(errno.EDQUOT, "quota"))
    assert not is_full(OSError(errno.ENOENT, "none"))
    assert not is_full(ValueError())
