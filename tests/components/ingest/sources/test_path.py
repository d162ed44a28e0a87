"""Files and folders on this machine."""

from pathlib import Path

import pytest

from components.errors import InvalidSource
from components.ingest.sources.catalogue import fetch_source

CSV = b"a,b\n1,2\n"


def test_a_path_is_used_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(CSV)
    assert fetch_source(str(file), tmp_path).path == file


def test_a_folder_is_passed_on(tmp_path: Path) -> None:
    assert fetch_source(str(tmp_path), tmp_path).path == tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tabel.csv", "There is no file .*tabel.csv.\nDid you mean 'table.csv'"),
        ("no/table.csv", "the folder .*no does not exist"),
        ("empty/table.csv", "Nothing in .*empty has a similar name"),
    ],
)
def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "table.csv").write_bytes(CSV)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidSource, match=message):
        fetch_source(str(tmp_path / name), tmp_path)
