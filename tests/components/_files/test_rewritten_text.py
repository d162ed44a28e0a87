import io
from pathlib import Path

import pytest

from components._files.file_records import WHITESPACE, Delimiter
from components._files.rewritten_text import UNIT, RewrittenText


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_cells_are_separated_by_one_character_in_utf8(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "table"
    file.write_text("ä  b\r\n\r\n1 2", encoding=encoding, newline="")
    text = RewrittenText(file, encoding, Delimiter(WHITESPACE))
    assert text.readable()
    assert text.read().decode() == f"ä{UNIT}b\n\n1{UNIT}2\n"


def test_a_text_of_many_lines_is_read_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "table"
    file.write_text("a::b\n" * 25_000)
    reader = io.BufferedReader(RewrittenText(file, "utf-8", Delimiter("::")), 100)
    assert reader.read(7) == f"a{UNIT}b\na{UNIT}b"[:7].encode()
    assert reader.read().count(b"\n") == 24_999
