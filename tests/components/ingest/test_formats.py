"""Formats are told by content, whatever the file is called."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from components.errors import InvalidSource
from components.ingest.formats import open_rows


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return content.getvalue()


def tarred() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("table.csv"))
    return content.getvalue()


def feather() -> bytes:
    content = io.BytesIO()
    pa.feather.write_feather(pa.table({"a": [1]}), content)
    return content.getvalue()


def parquet() -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (b"a,b\n1,2\n", "CSV"),
        (b"{x},{y}\n1,2\n", "CSV"),
        (b"GIF8 sales,b\n1,2\n", "CSV"),
        (b"ORC,b\n1,2\n", "CSV"),
        (b'{"a": 1}\n', "JSON lines"),
        (b"\n\xef\xbb\xbf"[1:] + b'{"a": 1}\n', "JSON lines"),
        (b'\n {"a": 1}\n', "JSON lines"),
        (b"{}\n", "JSON lines"),
        (parquet(), "Parquet"),
    ],
)
def test_the_content_says_what_a_file_is(tmp_path: Path, content: bytes, format_: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    assert open_rows(file, "table.csv").format == format_


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped("table.csv"), "seems to be a zip archive"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "seems to be an Excel workbook"),
        (tarred(), "seems to be a tar archive"),
        (feather(), "seems to be an Arrow or Feather file"),
        (bz2.compress(b"a,b\n1,2\n"), "seems to be a bzip2 file"),
        (lzma.compress(b"a,b\n1,2\n"), "seems to be an xz file"),
        (gzip.compress(b"a,b", mtime=0), "a gzip file inside a gzip file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "seems to be a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "seems to be a JPEG image"),
        (b"%PDF-1.7\n%text only", "seems to be a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "seems to be an old Excel or Word file"),
        (bytes(range(256)), "seems to be a binary file"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b'[{"a": 1}, {"a": 2}]', "is one JSON array"),
        (b"\xff\xfea", "does not go on so"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidSource, match=f"table.csv .*{message}"):
        open_rows(file, "table.csv")


def test_a_guessed_encoding_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("ort,n\nKöln,1\n".encode("latin-1"))
    assert open_rows(file, "table.csv").notes == (
        "the text encoding cp1252 is a guess; save the file as UTF-8 to be sure",
    )
