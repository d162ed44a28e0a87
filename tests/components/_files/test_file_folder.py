"""Folders of text files, read as one table."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._files.formats import open_rows
from components.errors import InvalidSource


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".").replace("_is_", "=")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def read_rows(folder: Path) -> list[dict[str, Any]]:
    rows = open_rows(folder, "the folder")
    found: list[dict[str, Any]] = []
    for batch in rows.iterate_batches():
        found += pa.Table.from_batches([batch]).to_pylist()
    return found


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, b_dot_csv="x,y\n3,c\n", a_dot_csv="x,y\n1,a\n2,b\n")
    assert read_rows(tmp_path) == [{"x": "1", "y": "a"}, {"x": "2", "y": "b"}, {"x": "3", "y": "c"}]
    rows = open_rows(tmp_path, "the folder")
    assert (rows.format, rows.facts["files"]) == ("CSV", "2")


def test_columns_may_have_another_order_in_another_file(tmp_path: Path) -> None:
    write(tmp_path, a_dot_csv="x,y\n1,a\n", b_dot_csv="y,x\nb,2\n")
    assert read_rows(tmp_path) == [{"x": "1", "y": "a"}, {"y": "b", "x": "2"}]


def test_folders_of_partitions_are_columns(tmp_path: Path) -> None:
    write(tmp_path, year_is_2024__a_dot_csv="x,z\n1,p\n", year_is_2025__a_dot_csv="x,z\n2,q\n")
    assert read_rows(tmp_path) == [
        {"x": "1", "z": "p", "year": "2024"},
        {"x": "2", "z": "q", "year": "2025"},
    ]


def test_a_file_with_other_columns_is_named(tmp_path: Path) -> None:
    same, other = "x,y\n1,a\n", "x,why\n1,a\n"
    write(tmp_path, a_dot_csv=same, b_dot_csv=same, c_dot_csv=other, d_dot_csv=same)
    message = (
        r"The files of the folder have different columns: compared with a\.csv, c\.csv lacks 'y' and also "
        r"has 'why'\.\nGive a folder of files that have the same columns\."
    )
    with pytest.raises(InvalidSource, match=message):
        read_rows(tmp_path)


def test_lines_of_json_may_leave_out_columns(tmp_path: Path) -> None:
    write(tmp_path, a_dot_json=json.dumps({"x": 1, "y": 2}), b_dot_json=json.dumps({"x": 3, "z": 4}))
    assert [{name: row[name] for name in row if row[name] is not None} for row in read_rows(tmp_path)] == [
        {"x": 1, "y": 2},
        {"x": 3, "z": 4},
    ]


def test_files_of_two_formats_are_refused(tmp_path: Path) -> None:
    write(tmp_path, a_dot_csv="x,y\n1,a\n", b_dot_json='{"x": 1, "y": "b"}\n')
    with pytest.raises(InvalidSource, match=r"two formats: a\.csv is CSV, b\.json is JSON lines"):
        open_rows(tmp_path, "the folder")


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").touch()
    with pytest.raises(InvalidSource, match="the folder is a folder without files"):
        open_rows(tmp_path, "the folder")


def test_files_that_are_written_differently_are_read_each_in_its_way_and_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, a_dot_csv="x,y\n1,a\n2,b\n", b_dot_csv="x;y\n3;c\n4;d\n")
    assert [row["y"] for row in read_rows(tmp_path)] == ["a", "b", "c", "d"]
    notices = [str(notice) for notice in open_rows(tmp_path, "the folder").notices]
    assert notices == [
        "The files are not written alike: b.csv differs from a.csv in delimiter. Each is read in its own way."
    ]


def test_a_notice_names_the_files_that_it_is_about(tmp_path: Path) -> None:
    plain = "x,y\n1,a\n2,b\n3,c\n"
    titled = f"Export of 2026-11-30\n\n{plain}"
    write(tmp_path, a_dot_csv=plain, b_dot_csv=titled, c_dot_csv=titled)
    rows = open_rows(tmp_path, "the folder")
    for _ in rows.iterate_batches():
        pass
    notices = [notice.text for notice in rows.notices]
    assert len(notices) == 1
    assert notices[0].startswith("2 files (b.csv, c.csv): ")
