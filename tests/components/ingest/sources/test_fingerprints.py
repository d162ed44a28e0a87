"""Fingerprints by what servers and file systems say; what real servers say is tested with the plan."""

import os
from email.message import Message
from pathlib import Path

import pytest

from components._store.download import ObjectVersion
from components.errors import InvalidSource
from components.ingest.sources.fingerprints import (
    check_fingerprint,
    describe_files,
    describe_object,
    describe_response,
    is_unknown,
    make_unknown,
)

NOON, LATER = "Sat, 28 Nov 2026 12:00:00 GMT", "Sat, 28 Nov 2026 12:01:00 GMT"


def make_headers(**headers: str) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("version_id", "expected"),
    [
        ("3sL4kqtJlcpXro", "version 3sL4kqtJlcpXro"),
        (None, "etag 9b2cf5, 1,200 bytes"),
        # Such an object is overwritten where it is.
        ("null", "etag 9b2cf5, 1,200 bytes"),
    ],
)
def test_an_object_is_known_by_its_version_or_by_its_etag_and_size(
    version_id: str | None, expected: str
) -> None:
    assert describe_object(ObjectVersion("9b2cf5", version_id, 1200, has_digest=True)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"a-1"', "Last_Modified": NOON, "Content_Length": "8"}, 'etag "a-1"'),
        ({"Last_Modified": NOON, "Content_Length": "8", "Date": LATER}, f"changed {NOON}, 8 bytes"),
        (
            {"ETag": 'W/"a"', "Last_Modified": NOON, "Content_Length": "8", "Date": LATER},
            f"changed {NOON}, 8 bytes",
        ),
        # It may change again within the second, or the server says the time of each answer.
        ({"Last_Modified": NOON, "Content_Length": "8", "Date": NOON}, None),
        ({"Last_Modified": NOON, "Content_Length": "8"}, None),
        ({"Last_Modified": "yesterday", "Content_Length": "8", "Date": NOON}, None),
        ({"Last_Modified": NOON, "Date": LATER}, None),
        ({"ETag": 'W/"a"'}, None),
        ({"ETag": ""}, None),
        ({}, None),
    ],
)
def test_a_response_is_known_by_what_changes_with_its_content(
    headers: dict[str, str], expected: str | None
) -> None:
    assert describe_response(make_headers(**headers)) == expected


def test_files_are_known_by_their_names_sizes_and_times_of_change(tmp_path: Path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    seen = set()

    def describe() -> str:
        fingerprint = describe_files(tmp_path, sorted(tmp_path.iterdir()))
        assert describe_files(tmp_path, sorted(tmp_path.iterdir())) == fingerprint
        seen.add(fingerprint)
        return fingerprint

    first.write_bytes(b"1234")
    second.write_bytes(b"56")
    assert describe().startswith("2 files, 6 bytes, ")
    os.utime(first, ns=(0, 1_700_000_000_000_000_001))
    describe()
    os.utime(first, ns=(0, 1_700_000_000_000_000_002))
    describe()
    second.rename(tmp_path / "c.parquet")
    describe()
    (tmp_path / "c.parquet").unlink()
    describe()
    assert len(seen) == 5


def test_no_two_unknown_contents_are_the_same() -> None:
    fingerprint = make_unknown("why")
    assert is_unknown(fingerprint)
    assert make_unknown("why") != fingerprint


@pytest.mark.parametrize("expected", ["", make_unknown("why"), "etag a"], ids=["any", "unknown", "same"])
def test_a_content_is_accepted_if_it_is_the_same_or_may_be_any(expected: str) -> None:
    check_fingerprint("etag a", expected, "table.csv")


@pytest.mark.parametrize("found", [None, "etag b"])
def test_another_content_is_refused_without_showing_credentials(found: str | None) -> None:
    source = "https://ann:secret@host/table.csv?X-Amz-Signature=secret"
    with pytest.raises(
        InvalidSource, match=r"The source https://host/table\.csv changed while.*\nStart"
    ) as e:
        check_fingerprint(found, "etag a", source)
    assert "secret" not in str(e.value)
