"""Encodings are found from the bytes of the whole file."""

from pathlib import Path

import pytest

from components._files.encodings import find_encoding
from components.errors import InvalidSource
from tests.components._files.texts import write_texts

GERMAN = "Straße;Größe\nKöln;groß\nMünchen;klein\n"
FRENCH = "café,élève\nnaïve,garçon\n"
POLISH = "miasto,rzeka\nŁódź,Wisła\nKraków,Dunajec\nżółw,święto\nćma,gęś\n"
RUSSIAN = "город,страна\nМосква,Россия\nпривет,мир\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"a,b\n", "utf-8"),
        (GERMAN.encode(), "utf-8"),
        (GERMAN.encode("utf-8-sig"), "utf-8-sig"),
        (GERMAN.encode("utf-16"), "utf-16"),
        ("\ufeff".encode("utf-16-be") + GERMAN.encode("utf-16-be"), "utf-16"),
        (GERMAN.encode("utf-32"), "utf-32"),
        (GERMAN.encode("latin-1"), "cp1252"),
        (FRENCH.encode("latin-1"), "cp1252"),
        ("name\nJosé\n".encode("latin-1"), "cp1252"),
        ("preis\n5 €\n„neu“\n".encode("cp1252"), "cp1252"),
        (("make\n" + "Škoda\n" * 130 + "Citroën\n" * 60).encode("cp1252"), "cp1252"),
        (POLISH.encode("cp1250"), "cp1250"),
        (RUSSIAN.encode("cp1251"), "cp1251"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, content: bytes, encoding: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    assert find_encoding(file, "table.csv") == encoding


def test_a_character_far_into_the_file_counts(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b"plain,text\n" * 300_000 + "Köln,Düsseldorf\n".encode("latin-1"))
    assert find_encoding(file, "table.csv") == "cp1252"


def test_a_character_across_two_chunks_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b"x" * ((1 << 20) - 1) + "é\n".encode())
    assert find_encoding(file, "table.csv") == "utf-8"


def test_damage_to_utf8_is_named_and_not_taken_for_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("Köln\n".encode() * 10 + "Köln\n".encode("latin-1"))
    with pytest.raises(InvalidSource, match="UTF-8 text with damaged characters in line 11"):
        find_encoding(file, "table.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b".encode("utf-16")[:-1], "has the byte-order mark of utf-16, but other text"),
        (b"\xef\xbb\xbfa,\xff\n", "has the byte-order mark of utf-8-sig, but other text"),
    ],
)
def test_a_wrong_byte_order_mark_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidSource, match=message):
        find_encoding(file, "table.csv")


def test_texts_of_many_languages_are_read(tmp_path: Path) -> None:
    misread = []
    files = write_texts()
    for name, text, encoding in files:
        file = tmp_path / "table.csv"
        file.write_bytes(text.encode(encoding))
        if file.read_bytes().decode(find_encoding(file, "table.csv")) != text:
            misread.append((name, encoding))
    assert len(files) > 250
    # Western text in the usual encodings must be read. Other files may fail if they have a single word.
    assert [(name, encoding) for name, encoding in misread if encoding in ("cp1252", "latin-1")] == []
    assert [name for name, _ in misread if not name.endswith(" one")] in ([], ["it short"])
    assert len(misread) <= 30
