"""Formats are found from the content of a file, not from its name."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from components._files.formats import open_rows
from components._problem.reading_options import FileOptions
from components.errors import InvalidSource
from tests.foreign import find_foreign


def pack_zip(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return content.getvalue()


def pack_tar() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("table.csv"))
    return content.getvalue()


def write_feather() -> bytes:
    content = io.BytesIO()
    pa.feather.write_feather(pa.table({"a": [1]}), content)
    return content.getvalue()


def write_parquet() -> bytes:
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
        (b'[{"a": 1}]', "JSON array"),
        (b"[]", "JSON array"),
        (b'{"n": 1, "data": [{"a": 1}]}', "JSON array"),
        (b"[kg],[m]\n1,2\n", "CSV"),
        (write_parquet(), "Parquet"),
    ],
)
def test_the_format_is_found_from_the_content(tmp_path: Path, content: bytes, format_: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    assert open_rows(file, "table.csv").format == format_


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pack_zip("table.csv"), "seems to be a zip archive"),
        (pack_zip("[Content_Types].xml", "xl/workbook.xml"), "seems to be a workbook .* cannot be read"),
        (pack_tar(), "seems to be a tar archive"),
        (write_feather(), "seems to be an Arrow or Feather file"),
        (bz2.compress(b"a,b\n1,2\n"), "seems to be a bzip2 file"),
        (lzma.compress(b"a,b\n1,2\n"), "seems to be an xz file"),
        (gzip.compress(b"a,b", mtime=0), "a gzip file inside a gzip file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "seems to be a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "seems to be a JPEG image"),
        (b"%PDF-1.7\n%text only", "seems to be a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "seems to be a workbook or another Office document"),
        (bytes(range(256)), "seems to be a binary file"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"\xff\xfea", "has the byte-order mark of utf-16"),
    ],
)
def test_other_files_are_errors_that_name_their_format(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidSource, match=f"table.csv .*{message}"):
        open_rows(file, "table.csv")


def test_a_guessed_encoding_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("ort,n\nKöln,1\n".encode("latin-1"))
    (notice,) = open_rows(file, "table.csv").notices
    assert notice.level == "warning"
    assert notice.text == "The text encoding cp1252 is a guess."
    assert "encoding: cp1252" in notice.remedy


def test_an_encoding_that_is_given_wins(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("miasto,n\nŁódź,1\n".encode("cp1250"))
    rows = open_rows(file, "table.csv", FileOptions(encoding="cp1250"))
    assert rows.notices == ()
    assert next(rows.iterate_batches()).to_pydict() == {"miasto": ["Łódź"], "n": ["1"]}


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("cp1252x", "encoding: 'cp1252x' is not known.\nDid you mean 'cp1252'"),
        ("utf-8", "encoding: utf-8 does not fit table.csv"),
        ("base64", "encoding: 'base64' is not known"),
    ],
)
def test_an_encoding_that_does_not_fit_is_an_error(tmp_path: Path, encoding: str, message: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("ort\nKöln\n".encode("latin-1"))
    with pytest.raises(InvalidSource, match=message):
        open_rows(file, "table.csv", FileOptions(encoding=encoding))


@pytest.mark.parametrize(
    ("name", "target", "n_rows", "n_columns"),
    [
        ("encoding_french.csv", "parti", 300, 3),
        ("encoding_french_score.csv", "parti", 2, 2),
        ("encoding_pound.csv", "left", 60, 3),
        ("header_spectra.csv", "protein", 60, 25),
        ("header_month_columns.csv", "left", 80, 14),
        ("preamble_title.csv", "left", 300, 4),
        ("preamble_sep.csv", "left", 300, 4),
        ("header_again.csv", "left", 300, 4),
        ("total_row.csv", "price", 300, 4),
        ("delimiter_space.data", "left", 300, 4),
        ("json_array.json", "left", 300, 3),
    ],
)
def test_the_cases_are_read(name: str, target: str, n_rows: int, n_columns: int) -> None:
    rows = open_rows(find_foreign("cases", name), name, expected=(target,))
    batches = list(rows.iterate_batches())
    assert sum(batch.num_rows for batch in batches) == n_rows
    assert len(batches[0].schema.names) == n_columns
    assert list(rows.iterate_batches()) == batches


def write_folder(folder: Path) -> Path:
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("x,y\n" + "1,one\n" * 2000)
    return folder


def write_numbers(path: Path) -> Path:
    pq.write_table(pa.table({"x": range(150_000)}), path)
    return path


def write_text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "x,y\n" + "1,one\n" * 2000),
        # Its cells are cut by us, not by Arrow.
        lambda path: write_text(path, "x  y\n" + "10  one\n" * 2000),
        lambda path: write_text(path, '{"x": 1, "y": "one"}\n' * 20_000),
        lambda path: write_text(path, "[" + '{"x": 1}, ' * 20_000 + '{"x": 1}]'),
        write_numbers,
        write_folder,
    ],
    ids=["CSV", "blanks", "JSON lines", "JSON array", "Parquet", "folder"],
)
def test_a_pass_knows_how_far_it_is(write: Callable[[Path], Path], tmp_path: Path) -> None:
    rows = open_rows(write(tmp_path / "table"), "table")
    # A second pass begins anew.
    for _ in range(2):
        read = [rows.count_read() for _ in rows.iterate_batches()]
        assert read == sorted(read)
        assert 0 < read[0] <= read[-1]
        assert read[-1] == pytest.approx(rows.n_bytes, rel=0.02)
