"""Formats: find the format of a file from its content, and open it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from components._files.delimited_text import open_delimited
from components._files.encodings import check_encoding, find_encoding
from components._files.file_folder import open_folder
from components._files.json_array import has_array, is_array, open_json_array
from components._files.json_lines import open_json_lines
from components._files.parquet import MAGIC as PARQUET
from components._files.parquet import is_parquet, open_parquet
from components._files.row_stream import NO_OPTIONS, RowStream
from components._files.table_folder import list_files
from components._files.workbook import is_workbook, open_workbook
from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource

_HEAD = 4096
# Bytes that do not occur in text.
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
# First bytes of files that are not readable tables, what they are, and what to do.
_EXPORT = "Export the table as CSV or Parquet, and give that file."
_UNPACK = "Unpack it, and give the CSV, Parquet or JSON lines file."
_CONVERT = "Save the table as Parquet, and give that file."
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
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
    file: Path, source: str, options: FileOptions = NO_OPTIONS, expected: Sequence[str] = ()
) -> RowStream:
    """Open a local, uncompressed file, or a folder of such files, as a stream of batches.

    Parameters
    ----------
    file : Path
        The file. Its name does not matter.
    source : str
        What to call it in an error.
    options : FileOptions
        How to read it, where the problem says so instead of its content.
    expected : sequence of str
        Names that its header should contain: the target in training, the model's columns in scoring. The row
        with these names is the header, even if it looks like data.

    Raises
    ------
    InvalidSource
        The file is empty or not a table (the message says what it seems to be), or an option does not fit;
        or the files of the folder do not make one table.
    """
    if file.is_dir():
        return _open_folder(file, source, options, expected)
    with file.open("rb") as start:
        head = start.read(_HEAD)
    if head.startswith(PARQUET):
        return open_parquet(file, source)
    if is_workbook(head):
        return open_workbook(file, source, options, expected)
    _check_format(head, source)
    if options.encoding is not None:
        return _open_text(file, check_encoding(options.encoding, file, source), source, options, expected)
    encoding = find_encoding(file, source)
    rows = _open_text(file, encoding, source, options, expected)
    return (
        rows
        if encoding.startswith("utf")
        else replace(rows, initial_notices=(_build_encoding_notice(encoding), *rows.initial_notices))
    )


def _open_folder(folder: Path, source: str, options: FileOptions, expected: Sequence[str]) -> RowStream:
    files = list_files(folder)
    if not files:
        raise InvalidSource(f"{source} is a folder without files.", "Give a file, or a folder of files.")
    if is_parquet(files[0]):
        return open_parquet(folder, source)
    return open_folder(folder, files, source, lambda file, name: open_rows(file, name, options, expected))


def _open_text(
    file: Path, encoding: str, source: str, options: FileOptions, expected: Sequence[str]
) -> RowStream:
    beginning = _read_beginning(file, encoding, source)
    if is_array(beginning) or has_array(beginning):
        return open_json_array(file, encoding, source)
    if re.match(r"\{\s*[\"}]", beginning):
        return open_json_lines(file, encoding, source)
    if re.match(r"<(!doctype|html|\?xml)", beginning, re.IGNORECASE):
        raise InvalidSource(
            f"{source} is a web page or XML, not a table.",
            "Give the address of the file itself, not of the page about it.",
        )
    return open_delimited(file, encoding, source, options, expected)


def _build_encoding_notice(encoding: str) -> Notice:
    text = f"The text encoding {encoding} is a guess."
    remedy = f"If letters are wrong, save the file as UTF-8, or correct in problem.yaml: encoding: {encoding}"
    return Notice("warning", text, remedy)


def _check_format(head: bytes, source: str) -> None:
    for magic, kind, remedy in _OTHERS:
        # A text may begin with the letters of a short mark. In a file of that format, binary data follow.
        is_sure = len(magic) > 4 or not magic.isascii() or not _CONTROLS.isdisjoint(head)
        if head.startswith(magic) and is_sure:
            raise InvalidSource(f"{source} seems to be {kind}, not a table.", remedy)
    if head.startswith(b"PK\x03\x04"):
        raise InvalidSource(f"{source} seems to be a zip archive.", _UNPACK)
    if head[257:262] == b"ustar":
        raise InvalidSource(f"{source} seems to be a tar archive.", _UNPACK)
    if not _is_text(head):
        raise InvalidSource(
            f"{source} seems to be a binary file: it is not text, and its format is not supported.", _EXPORT
        )


def _is_text(head: bytes) -> bool:
    # UTF-16 and UTF-32 contain null bytes, and begin with a byte-order mark.
    return b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))


def _read_beginning(file: Path, encoding: str, source: str) -> str:
    with file.open(encoding=encoding) as text:
        while chunk := text.read(_HEAD):
            if not chunk.isspace():
                return chunk.lstrip()
    raise InvalidSource(f"{source} is empty.", "Give a file with a header and rows.")
