"""Fingerprints: which content a source has, in a short text that differs if the content does.

A fingerprint holds no part of an address, because addresses may have credentials.
"""

import hashlib
import os
import re
from datetime import timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from components.errors import InvalidSource, format_count

if TYPE_CHECKING:
    from components._store.download import ObjectVersion

_HASH = "sha256 "
_UNKNOWN = "unknown, so that it is read in every run: "
# A time of change is in whole seconds. A file that changed just now may change again within this second:
# https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.2.2
_SETTLED = timedelta(seconds=60)


def describe_object(version: "ObjectVersion") -> str:
    """Return the fingerprint of an object: its version, else its ETag and size."""
    if version.lasting_id is not None:
        return f"version {version.lasting_id}"
    return f"etag {version.etag}, {format_count(version.size, 'byte')}"


def describe_response(headers: Message) -> str | None:
    """Return the fingerprint that the headers of an HTTP response give; None if they give none.

    It is the ETag, unless that is weak and may be the same for two contents, else time of change and size.
    """
    etag = headers.get("ETag", "").strip()
    if etag.startswith('"'):
        return f"etag {etag}"
    modified, size = headers.get("Last-Modified"), headers.get("Content-Length")
    if modified is None or size is None or not _is_settled(modified, headers.get("Date", "")):
        return None
    return f"changed {modified}, {size} bytes"


def describe_files(path: Path, files: list[Path]) -> str:
    """Return the fingerprint of a file, or of the files of a folder: their names, sizes and times of change.

    Their content is not read: ingest reads a file several times, and only an unchanged time of change shows
    that it was the same each time.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    digest, total = hashlib.sha256(), 0
    for file in files:
        # Network file systems ask the server when a file is opened; otherwise they may remember an old state.
        with file.open("rb") as content:
            found = os.fstat(content.fileno())
        total += found.st_size
        digest.update(f"{file.relative_to(path)}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return f"{format_count(len(files), 'file')}, {format_count(total, 'byte')}, {digest.hexdigest()}"


def format_hash(digest: str) -> str:
    """Return the fingerprint of a content whose SHA-256 is known."""
    return f"{_HASH}{digest}"


def make_unknown(reason: str) -> str:
    """Return the fingerprint of a content that nothing is known about, and why: no two are the same."""
    return f"{_UNKNOWN}{reason} ({uuid4().hex})"


def is_unknown(fingerprint: str) -> bool:
    """Return whether nothing is known about the content with a fingerprint."""
    return fingerprint.startswith(_UNKNOWN)


def check_download(file: Path, headers: Message, expected: str, source: str) -> None:
    """Check that a download has the content with a fingerprint.

    Parameters
    ----------
    file : Path
        The download.
    headers : Message
        Headers of the response.
    expected : str
        The fingerprint; empty for any content.
    source : str
        The address.

    Raises
    ------
    InvalidSource
        It has another content.
    """
    if not expected.startswith(_HASH):
        check_fingerprint(describe_response(headers), expected, source)
        return
    with file.open("rb") as content:
        check_fingerprint(format_hash(hashlib.file_digest(content, "sha256").hexdigest()), expected, source)


def check_fingerprint(found: str | None, expected: str, source: str) -> None:
    """Check that a content has the fingerprint that the run saw first.

    Otherwise every later run that sees this fingerprint would reuse the table of another content.

    Parameters
    ----------
    found : str or None
        The fingerprint of what was read.
    expected : str
        The fingerprint that the run saw; empty or unknown for any content.
    source : str
        The source.

    Raises
    ------
    InvalidSource
        They differ.
    """
    if not expected or is_unknown(expected) or found == expected:
        return
    name = re.sub(r"//[^/@]*@", "//", source).partition("?")[0]
    raise InvalidSource(
        f"The source {name} changed while the run was reading it.",
        "Start the run again. A retry of this one fails again: it compares with what was there at its start.",
    )


def _is_settled(modified: str, date: str) -> bool:
    """Return whether a content has not changed for some time before its response was made."""
    try:
        return parsedate_to_datetime(date) - parsedate_to_datetime(modified) >= _SETTLED
    except (TypeError, ValueError):
        return False
