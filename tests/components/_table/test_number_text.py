import pytest

from components._table.number_text import (
    NumberStyle,
    build_core_pattern,
    build_number_reader,
    normalise_unit,
    split_number,
)

EUROS = NumberStyle(",", ".", ("€",))
DOLLARS = NumberStyle(".", ",", ("$", "usd"))


@pytest.mark.parametrize(
    ("style", "text", "expected"),
    [
        (NumberStyle(), "5", 5),
        (NumberStyle(), "+5", 5),
        (NumberStyle(), "-5", -5),
        (NumberStyle(), "− 5", -5),
        (NumberStyle(), "–5", -5),
        (NumberStyle(), "5-", -5),
        (NumberStyle(), "(5)", -5),
        (NumberStyle(), "007", 7),
        (NumberStyle(), ".5", 0.5),
        (NumberStyle(), "5.", 5.0),
        (NumberStyle(), "1e3", 1000.0),
        (NumberStyle(), "1.5E-7", 1.5e-7),
        (NumberStyle(), "123456789012345678901", 123456789012345678901),
        (NumberStyle(","), "1,5", 1.5),
        (NumberStyle(",", "."), "1.234.567,5", 1234567.5),
        (NumberStyle(".", ","), "1,234,567.5", 1234567.5),
        # India's groups.
        (NumberStyle(".", ","), "1,23,456", 123456),
        (NumberStyle(".", ","), "12,34,567.50", 1234567.5),
        # Switzerland's, with either apostrophe.
        (NumberStyle(".", "'"), "1'234.50", 1234.5),
        (NumberStyle(".", "'"), "1’234’567", 1234567),
        # France's, with any blank.
        *((NumberStyle(",", " "), f"1{blank}234,5", 1234.5) for blank in " \u00a0\u2007\u2009\u202f"),
        (NumberStyle(",", " "), "1234,5", 1234.5),
        (EUROS, "1.250,50 €", 1250.5),
        (EUROS, "€ 8", 8),
        (EUROS, "-€8", -8),
        (EUROS, "€-8", -8),
        (EUROS, "(1.000 €)", -1000),
        (DOLLARS, "$1,234.50", 1234.5),
        (DOLLARS, "USD 5", 5),
        (NumberStyle(affixes=("%",)), "12.5 %", 12.5),
        (NumberStyle(affixes=("kg",)), "5 kg", 5),
        (NumberStyle(affixes=("kg",)), "5KG.", 5),
        (NumberStyle(affixes=("day",)), "1 day", 1),
        (NumberStyle(affixes=("day",)), "3 days", 3),
        (NumberStyle(is_scaled=True), "3k", 3000),
        (NumberStyle(is_scaled=True), "1.1M", 1_100_000.0),
        (NumberStyle(",", is_scaled=True), "1,5 Mio.", 1_500_000.0),
        (NumberStyle(affixes=("€",), is_scaled=True), "2 Mrd €", 2_000_000_000),
    ],
)
def test_a_number_is_read_in_its_style(style: NumberStyle, text: str, expected: float) -> None:
    found = build_number_reader(style)(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("style", "text", "message"),
    [
        (NumberStyle(), "1,5", "not a number in this column's format"),
        (NumberStyle(), "1 000", "not a number"),
        (NumberStyle(), "1_000", "not a number"),
        (NumberStyle(), "0x1F", "not a number"),
        (NumberStyle(), "5 €", "not a number"),
        (NumberStyle(), "5%", "not a number"),
        (NumberStyle(), "(5", "not a number"),
        (NumberStyle(), "(-5)", "not a number"),
        (NumberStyle(), "--5", "not a number"),
        (NumberStyle(), "+-5", "not a number"),
        (NumberStyle(), "", "not a number"),
        (NumberStyle(".", ","), "1,2345", "not a number"),
        (NumberStyle(".", ","), "1234,567", "not a number"),
        (NumberStyle(",", "."), "1.5", "not a number"),
        (EUROS, "5 $", "not a number"),
        (NumberStyle(affixes=("kg",)), "5 lb", "not a number"),
        (NumberStyle(), "3k", "suffix that no training row has"),
        (NumberStyle(), "inf", "is infinite"),
        (NumberStyle(), "-Infinity", "is infinite"),
    ],
)
def test_a_text_of_another_style_is_refused(style: NumberStyle, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_number_reader(style)(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "12:30",
        "10-20",
        "2019-20",
        "16:9",
        "5+",
        "<5",
        "A12",
        "10²",
        "1/2",
        "#1",
        "(030) 123456",
        "5.6.7.8x9",
    ],
)
def test_what_is_no_number_in_any_style_has_no_parts(text: str) -> None:
    assert split_number(text) is None


@pytest.mark.parametrize(
    ("text", "core", "affixes", "is_signed", "scale"),
    [
        ("-1.234,50 €", "1.234,50", ("€",), True, 0),
        ("US$ 5k", "5", ("us$",), False, 3),
        ("+4930123456", "4930123456", (), True, 0),
        ("5 mg/kg", "5", ("mg/kg",), False, 0),
        ("1.1.2", "1.1.2", (), False, 0),
        ("12A", "12", ("a",), False, 0),
    ],
)
def test_a_number_is_taken_apart(
    text: str, core: str, affixes: tuple[str, ...], is_signed: bool, scale: int
) -> None:
    parts = split_number(text)
    assert parts is not None
    assert (parts.core, parts.affixes, parts.is_signed, parts.scale) == (core, affixes, is_signed, scale)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kg.", "kg"),
        ("days", "day"),
        ("day", "day"),
        ("ms", "ms"),
        ("gas", "gas"),
        ("%", "%"),
        (" EUR ", "eur"),
    ],
)
def test_spellings_of_a_unit_have_one_key(text: str, expected: str) -> None:
    assert normalise_unit(text) == expected


def test_without_a_mark_there_are_no_groups() -> None:
    assert build_core_pattern(".", "") == r"\d+(?:\.\d*)?|\.\d+"
