import math

import pytest

from components._files.alphabets import DOUBLE_BYTE, SINGLE_BYTE
from components._files.plausibility import rate_encoding
from tests.components._files.texts import TEXTS

ENCODINGS = [*SINGLE_BYTE, *DOUBLE_BYTE]


@pytest.mark.parametrize(
    ("language", "encoding"),
    [("pl", "cp1250"), ("ru", "cp1251"), ("ru", "koi8-r"), ("el", "cp1253"), ("tr", "cp1254")],
)
def test_the_encoding_of_a_language_is_the_most_plausible(language: str, encoding: str) -> None:
    words = " ".join(word for word in TEXTS[language][0].split() if not word.isascii())
    ratings = {other: rate_encoding(words.encode(encoding), other) for other in ENCODINGS}
    best = max(ratings, key=lambda other: ratings[other])
    assert words.encode(encoding).decode(best) == words


@pytest.mark.parametrize("language", ["ja", "zh", "zh-tw", "ko"])
def test_double_bytes_are_more_plausible_than_the_letters_they_would_be(language: str) -> None:
    text, encodings = TEXTS[language]
    content = text.replace(" ", "").encode(encodings[0])
    ratings = {other: rate_encoding(content, other) for other in ENCODINGS}
    assert max(ratings, key=lambda other: ratings[other]) in DOUBLE_BYTE


def test_bytes_that_an_encoding_does_not_have_cannot_be_it() -> None:
    assert rate_encoding(b"\x81", "cp1252") == -math.inf


def test_odd_places_of_signs_and_capitals_make_a_text_less_plausible() -> None:
    def rate(text: str) -> float:
        return rate_encoding(text.encode("cp1252"), "cp1252")

    assert rate("5 €") > rate("a€b")
    assert rate("Übung") > rate("aÜbung")
    assert rate("’s") > rate("a§b")
