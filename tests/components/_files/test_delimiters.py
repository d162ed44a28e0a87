"""Delimiters are found from the first rows, or taken from the options."""

import pytest

from components._files.delimiters import check_delimiter, find_delimiter
from components.errors import InvalidSource


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("1,5;2,5\n3,5;4,5\n", ";"),
        ("a,b\n1,x;y\n2,x;y\n", ","),
        ('a,b\n"x;y;z",2\n"u;v;w",3\n', ","),
        ('a;b\n"x\ny;z";2\n', ";"),
        ("a,b,c\n1,2\n3\n", ","),
        ("one\n1\n", ","),
        ("a^b\n1^2\n", "^"),
        ("a\x01b\n1\x012\n", "\x01"),
        ("a::b\n1::2\n", "::"),
        ("a b\n1 2\n3 4\n", "whitespace"),
        ("a  b\n10 2\n 3   4\n", "whitespace"),
        ('a b\n1 "x y"\n3 z\n', "whitespace"),
        # A comma may be a decimal mark, and a blank may be part of names.
        ("a b\n1,5 2,5\n3,5 4,5\n", "whitespace"),
        ("first name,last name\nAnn Lee,Bo Day\n", ","),
        # Row names, whose column has no name in R, and a header after a comment mark.
        ('"a" "b"\n"1" 2 3\n"2" 4 5\n', "whitespace"),
        ("# a b\n1 2\n3 4\n", "whitespace"),
        ('18.0   8   1\t"chevrolet malibu"\n15.0   8   1\t"buick skylark"\n', "whitespace"),
        ('a, b, c\n1, "x, y", no\n2, "z", yes\n', ", "),
        ('a,b\n"x, ""y""",1\n"z",2\n', ","),
        ("1::Toy Story::Comedy|Action\n2::Jumanji::Drama|Crime\n", "::"),
        ("a:b\n1:2\n", ":"),
        ("time\n10:20\n10:30\n", ","),
        ("a       b\nx y     1\nz       2\n", "fixed"),
        ("Report 2024, all\n\na;b;c\n1;2;3\n4;5;6\n", ";"),
        ("review\nI liked it a lot\nNot so good, at all\n", ","),
        ("+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+\n", "|"),
    ],
)
def test_the_delimiter_is_found(head: str, delimiter: str) -> None:
    assert find_delimiter(head, is_whole=True).mark == delimiter


def test_a_delimiter_that_finds_the_expected_names_is_taken() -> None:
    head = "a,x;left\n1,5;2\n2,5;3\n"
    assert find_delimiter(head, ("a,x",), is_whole=True).mark == ";"
    assert find_delimiter(head, ("a",), is_whole=True).mark == ","


@pytest.mark.parametrize(
    ("given", "head", "mark"),
    [
        (";", "a,b;c\n1,2;3\n", ";"),
        ("semicolon", "a;b\n", ";"),
        ("tab", "a\tb\n", "\t"),
        (" ", "a b\n", "whitespace"),
        ("whitespace", "a b\n", "whitespace"),
        ("fixed", "a    b\nx y  1\nz    2\n", "fixed"),
    ],
)
def test_the_delimiter_of_the_options_wins(given: str, head: str, mark: str) -> None:
    assert check_delimiter(given, head, "table").mark == mark


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("|", r"delimiter: '|' is not in the first rows of table.\n.*delimiter: comma fits"),
        ("whitespace", "is not in the first rows"),
        ("fixed", "delimiter: fixed does not fit table"),
    ],
)
def test_a_delimiter_that_is_not_in_the_file_is_an_error(given: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        check_delimiter(given, "a,b\n1,2\n", "table")
