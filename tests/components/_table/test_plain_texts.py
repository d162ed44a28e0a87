import numpy as np
import pyarrow as pa
import pytest

from components._table.plain_texts import (
    TextBytes,
    find_first,
    find_last,
    find_plain,
    parse_dates,
    parse_numbers,
    parse_whole,
    sort_numbers,
)


def make_slice(*texts: str) -> pa.StringArray:
    """Return texts as a slice of a longer array."""
    return pa.array(["9.99", *texts, "x"], pa.string())[1:-1]


@pytest.mark.parametrize(
    ("texts", "plain"),
    [
        (["1", "-2", "3.5"], ["1", "-2", "3.5"]),
        (["", "1", "", "2"], ["1", "2"]),
        (["1", "2", "n/a", "-"], ["1", "2"]),
        (["1"] * 90 + ["1E5", "item 7"], ["1"] * 90 + ["1E5"]),
        (["2024-01-31", "n/a", "2024-02-01"], ["2024-01-31", "2024-02-01"]),
    ],
)
def test_texts_of_plain_bytes_are_found(texts: list[str], plain: list[str]) -> None:
    found = find_plain(make_slice(*texts))
    assert found is not None
    assert found.texts.to_pylist() == plain
    is_plain = np.ones(len(texts), np.bool_) if found.is_plain is None else found.is_plain
    assert [text for text, is_found in zip(texts, is_plain, strict=True) if is_found] == plain


@pytest.mark.parametrize(
    "texts", [[], [""], ["a", "b", "1"], ["item 1", "item 2"], ["٣", "٤"], ["1 €"], ["\x00", "1\x00"]]
)
def test_other_texts_are_not_plain(texts: list[str]) -> None:
    assert find_plain(make_slice(*texts)) is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["0", "-12", "007", "999999999999999999"], [0, -12, 7, 10**18 - 1]),
        (["1", "9999999999999999999"], None),
        (["1", "+2"], None),
        (["1", "2.0"], None),
        ([], []),
    ],
)
def test_whole_numbers_are_parsed_or_refused(texts: list[str], expected: list[int] | None) -> None:
    found = parse_whole(make_slice(*texts))
    assert (None if found is None else found.to_pylist()) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-2.5", ".5", "+1.5"], [1.0, -2.5, 0.5, 1.5]),
        (["1.5e-05", "1e5", "-2E+3"], [1.5e-05, 1e5, -2e3]),
        (["1.5", "9" * 400], None),
        (["1e400"], None),
        (["1e0005"], None),
        (["1.2.3"], None),
        (["1,5"], None),
        (["1/2"], None),
    ],
)
def test_numbers_are_parsed_or_refused(texts: list[str], expected: list[float] | None) -> None:
    found = parse_numbers(make_slice(*texts))
    assert (None if found is None else found.to_pylist()) == expected


@pytest.mark.parametrize(
    "form",
    [
        "2024-01-31",
        "2024-01-31 10:20",
        "2024-01-31T10:20",
        "2024-01-31 10:20:30",
        "2024-01-31T10:20:30.123456",
    ],
)
def test_dates_of_one_form_are_parsed(form: str) -> None:
    found = parse_dates(make_slice(form, form.replace("01-31", "02-29")))
    assert found is not None
    assert [str(value)[:10] for value in found.to_pylist()] == ["2024-01-31", "2024-02-29"]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["2024-02-30"],
        ["0999-12-31"],
        ["2900-01-01"],
        ["2024-01-31", "2024-01-31 10:20"],
        ["2024-01-31 10:20", "2024-01-31T10:20"],
        ["2024-01-31 10"],
        ["2024-01-31 24:00"],
        ["2024-01-31 10:20:30.1234567"],
        ["20240131.5"],
    ],
)
def test_other_dates_are_refused(texts: list[str]) -> None:
    assert parse_dates(make_slice(*texts)) is None


def test_numbers_are_sorted_by_their_form() -> None:
    found = sort_numbers(
        make_slice("1", "1.050", "0.125", "-20", "-2.600", "1000.125", "0", "1.5", "1.e-5", "1e+05")
    )
    assert found is not None
    assert found.whole.to_pylist() == ["1", "-20", "0"]
    assert found.integers.to_pylist() == [1, -20, 0]
    assert found.fractions.filter(found.has_mark).to_pylist() == ["1.050", "-2.600"]
    assert found.scientific.to_pylist() == ["1.e-5", "1e+05"]
    assert found.values is not None
    assert found.values.to_pylist() == [1, 1.05, 0.125, -20, -2.6, 1000.125, 0, 1.5, 1e-5, 1e5]
    whole = sort_numbers(make_slice("1", "20"))
    assert whole is not None
    assert whole.values is None


@pytest.mark.parametrize(
    "text", ["007", "-01", "1.2.3", "31.12.2024", "9999999999999999999", "1-2", "12E5", ".5e-5"]
)
def test_one_other_text_refuses_all(text: str) -> None:
    assert sort_numbers(make_slice("1", "1.5", text)) is None


@pytest.mark.parametrize(
    ("texts", "is_ascii", "is_trimmed"),
    [
        (["a b", "", "c"], True, True),
        (["a ", "b"], True, False),
        (["\ta", "b"], True, False),
        (["", ""], True, True),
        (["ä"], False, False),
    ],
)
def test_blanks_around_texts_are_found_by_bytes(texts: list[str], is_ascii: bool, is_trimmed: bool) -> None:
    found = TextBytes.from_texts(make_slice(*texts))
    assert (found.are_ascii(), found.are_trimmed()) == (is_ascii, is_trimmed)


def test_words_are_longer_than_null_marks_and_begin_no_number() -> None:
    texts = ["word", "Word", "null", "inf", "infinity", "12345", "word ", " word", "-word", "", "x"]
    found = TextBytes.from_texts(make_slice(*texts)).find_words(3)
    assert [text for text, is_word in zip(texts, found, strict=True) if is_word] == ["word", "Word", "null"]


@pytest.mark.parametrize(
    "texts", [["7"], ["-1", "10", "9", "10.5"], ["é", "z", "𝄞", "\uffff"], ["1", "12", "1"]]
)
def test_first_and_last_text_are_those_by_code_points(texts: list[str]) -> None:
    assert find_first(make_slice(*texts)) == min(texts)
    assert find_last(make_slice(*texts)) == max(texts)
