import pytest

from components._files.file_records import (
    FIXED,
    WHITESPACE,
    Delimiter,
    FileRecord,
    build_line_cutter,
    is_divider,
    parse_records,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("----+-----", True),
        ("|--|--|", True),
        ("==", False),
        ("-", False),
        ("-- total --", False),
        ("", False),
    ],
)
def test_a_line_of_dashes_only_separates(text: str, expected: bool) -> None:
    assert is_divider(text) is expected


@pytest.mark.parametrize(
    ("delimiter", "head", "cells"),
    [
        (Delimiter(","), 'a,"b,c"\n', ["a", "b,c"]),
        (Delimiter(",", escape="\\"), '"a \\"b\\"",c\n', ['a "b"', "c"]),
        (Delimiter(",", is_quoting=False), 'a,"b\n', ["a", '"b']),
        (Delimiter(", "), 'a, "b, c"\n', ["a", "b, c"]),
        (Delimiter("::"), "a::b:c\n", ["a", "b:c"]),
        (Delimiter(WHITESPACE), 'a  "b c" d\n', ["a", "b c", "d"]),
        (Delimiter(FIXED, ((2, 4), (7, 8))), "a   b c d\n", ["a", "b c", "d"]),
        # A longer text reaches into the gap from either side.
        (Delimiter(FIXED, ((2, 5),)), "abc d\n", ["abc", "d"]),
        (Delimiter(FIXED, ((2, 4),)), "a title of all\n", ["a title of all"]),
    ],
)
def test_a_line_is_cut_at_its_delimiter(delimiter: Delimiter, head: str, cells: list[str]) -> None:
    assert parse_records(head, delimiter, is_whole=True) == [FileRecord(1, cells)]


def test_records_begin_in_the_line_after_the_one_before() -> None:
    head = 'a,b\n\n"1\n2",3\n4,5\n'
    assert [record.line for record in parse_records(head, Delimiter(","), is_whole=True)] == [1, 3, 5]
    assert [
        record.line for record in parse_records("a b\n\nc d\n", Delimiter(WHITESPACE), is_whole=True)
    ] == [1, 3]


def test_the_last_record_of_a_part_is_not_whole() -> None:
    assert len(parse_records("a,b\n1,2\n3", Delimiter(","), is_whole=False)) == 2
    assert len(parse_records("a,b\n1,2\n3", Delimiter(","), is_whole=True)) == 3
    assert parse_records("", Delimiter(","), is_whole=True) == [FileRecord(1, [""])]


def test_only_the_first_rows_are_parsed() -> None:
    assert len(parse_records("a,b\n" * 1000, Delimiter(","), is_whole=True)) == 200


def test_a_cell_that_is_too_long_ends_the_records() -> None:
    head = "a,b\n1,2\n" + '"' + "x" * 200_000
    assert parse_records(head, Delimiter(","), is_whole=True) == [
        FileRecord(1, ["a", "b"]),
        FileRecord(2, ["1", "2"]),
    ]


def test_lines_are_cut_without_their_end() -> None:
    assert build_line_cutter(Delimiter("::"))("a::b") == ["a", "b"]
    assert build_line_cutter(Delimiter(FIXED, ((2, 8),)))("a\tb") == ["a", "b"]
    assert build_line_cutter(Delimiter("; "))("") == []


def test_a_record_is_shown_by_its_filled_cells() -> None:
    record = FileRecord(1, [" a ", "", "x" * 70])
    assert record.n_filled == 2
    assert record.text == "a " + "x" * 57 + "…"
