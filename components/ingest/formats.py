"""Formats: what a file is, found from its content, and how it is opened."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from components._problem.reading import FileOptions
from components.errors import InvalidSource
from components.ingest.delimited import delimited_rows
from components.ingest.encodings import find_encoding
from components.ingest.json_lines import json_rows
from components.ingest.parquet import MAGIC as PARQUET
from components.ingest.parquet import parquet_rows
from components.ingest.rows import Rows

_HEAD = 4096
# Bytes that no text needs.
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
# First bytes of files that people take for tables, and what to do with each.
_EXPORT = "Export the table as CSV or Parquet, and give that file."
_UNPACK = "Unpack it, and give the CSV, Parquet or JSON-lines file."
_CONVERT = "Save the table as Parquet, and give that file."
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", _EXPORT),
    (b"\x89PNG", "a PNG image", _EXPORT),
    (b"\xff\xd8\xff", "a JPEG image", _EXPORT),
    (b"GIF87a", "a GIF image", _EXPORT),
    (b"GIF89a", "a GIF image", _EXPORT),
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"SQLite format 3", "an SQLite database", _EXPORT),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ", "an xz file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", _UNPACK),
    (b"\x1f\x8b", "a gzip file inside a gzip file", _UNPACK),
    (b"ARROW1\0", "an Arrow or Feather file", _CONVERT),
    (b"FEA1", "a Feather file", _CONVERT),
    (b"ORC", "an ORC file", _CONVERT),
    (b"Obj\x01", "an Avro file", _CONVERT),
    (b"\x89HDF", "an HDF5 file", _CONVERT),
    (b"\x7fELF", "a program", _EXPORT),
)


def open_rows(
    file: Path, source: str, options: FileOptions = FileOptions(), expected: Sequence[str] = ()
) -> Rows:
    """Open a local, uncompressed file, or a folder of Parquet parts, as a stream of batches.

    Parameters
    ----------
    file : Path
        The file. Its name does not matter.
    source : str
        What to call it in an error.

    Raises
    ------
    InvalidSource
        Where it is empty or is not a table; the message says what it seems to be.
    """
    if file.is_dir():
        return parquet_rows(file, source)
    with file.open("rb") as start:
        head = start.read(_HEAD)
    if head.startswith(PARQUET):
        return parquet_rows(file, source)
    _refuse_other_formats(head, source)
    encoding = find_encoding(file, source)
    beginning = _beginning(file, encoding, source)
    if re.match(r"\{\s*[\"}]", beginning):
        return _with_guess_noted(json_rows(file, encoding, source), encoding)
    if re.match(r"\[\s*[\[{]", beginning):
        raise InvalidSource(
            f"{source} is one JSON array.",
            "Write JSON lines: one object per line, without brackets and commas between.",
        )
    if re.match(r"<(!doctype|html|\?xml)", beginning, re.IGNORECASE):
        raise InvalidSource(
            f"{source} is a web page or XML, not a table.",
            "Give the address of the file itself, not of its page.",
        )
    return _with_guess_noted(delimited_rows(file, encoding, source), encoding)


def _refuse_other_formats(head: bytes, source: str) -> None:
    for magic, kind, remedy in _OTHERS:
        # A text may begin with the letters of a short mark; in a file of that format no text follows.
        is_sure = len(magic) > 4 or not magic.isascii() or not _CONTROLS.isdisjoint(head)
        if head.startswith(magic) and is_sure:
            raise InvalidSource(f"{source} seems to be {kind}, not a table.", remedy)
    if head.startswith(b"PK\x03\x04"):
        if b"xl/" in head or b"[Content_Types].xml" in head:
            raise InvalidSource(f"{source} seems to be an Excel workbook.", _EXPORT)
        raise InvalidSource(f"{source} seems to be a zip archive.", _UNPACK)
    if head[257:262] == b"ustar":
        raise InvalidSource(f"{source} seems to be a tar archive.", _UNPACK)
    if not _is_text(head):
        raise InvalidSource(
            f"{source} seems to be a binary file: it is no text and no format known here.", _EXPORT
        )


def _is_text(head: bytes) -> bool:
    # UTF-16 and UTF-32 have nulls, and a mark to tell them.
    return b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))


def _with_guess_noted(rows: Rows, encoding: str) -> Rows:
    if encoding.startswith("utf"):
        return rows
    note = f"the text encoding {encoding} is a guess; save the file as UTF-8 to be sure"
    return replace(rows, notes=(*rows.notes, note))


def _beginning(file: Path, encoding: str, source: str) -> str:
    with file.open(encoding=encoding) as text:
        while chunk := text.read(_HEAD):
            if not chunk.isspace():
                return chunk.lstrip()
    raise InvalidSource(f"{source} is empty.", "Give a file with a header and rows.")
