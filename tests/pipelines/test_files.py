from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.files import check_place, replace_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    for text in ("one", "two"):
        replace_file(tmp_path / "a.txt", text)
        assert (tmp_path / "a.txt").read_text() == text
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_place_without_a_folder_or_with_one_is_an_error(tmp_path: Path) -> None:
    check_place(tmp_path / "a.txt")
    with pytest.raises(InvalidSetting, match=r"The folder .*no does not exist"):
        check_place(tmp_path / "no" / "a.txt")
    with pytest.raises(InvalidSetting, match="is a folder"):
        check_place(tmp_path)
